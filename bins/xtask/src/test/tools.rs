//! The tools that the other steps need: finds them, and installs what is missing where it may.
//!
//! Packages of the system: it may on Debian and its relatives, as root or with a `sudo` that asks no
//! password. Everywhere else it says exactly what to run. It never installs anything that is there
//! already.

use std::env;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::npm;
use crate::run::{Result, show};

/// Something that must be there.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    what: &'static str,
    /// Names that the program goes by.
    programs: &'static [&'static str],
    /// The variable with which the browser harness is told another path; empty if there is none.
    variable: &'static str,
    /// Where it comes from.
    source: Source,
}

#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// Debian packages.
    Debian(&'static [&'static str]),
    /// Debian packages that are only an installer for snaps on Ubuntu.
    DebianNotUbuntu(&'static [&'static str]),
    /// A command for a person to run.
    Command(&'static str),
}

const COMPILER: Need = Need {
    what: "a C++ compiler (for libFuzzer)",
    programs: &["c++", "g++", "clang++"],
    variable: "CXX",
    source: Source::Debian(&["g++"]),
};

/// It installs what tests run, and it comes with Node, which some of that runs in.
const NPM: Need = Need {
    what: "Node and npm (for TypeScript and what browser tests run)",
    programs: &["npm"],
    variable: "",
    source: Source::Debian(&["nodejs", "npm"]),
};

/// Per engine. The harness (`bins/e2e`) looks in the same places.
const ENGINES: &[(&str, &[Need])] = &[
    (
        "chromium",
        &[
            Need {
                what: "Chromium",
                programs: &[
                    "chromium",
                    "chromium-browser",
                    "google-chrome-stable",
                    "google-chrome",
                ],
                variable: "C2C_CHROMIUM",
                source: Source::DebianNotUbuntu(&["chromium", "fonts-dejavu-core"]),
            },
            Need {
                what: "chromedriver",
                programs: &["chromedriver", "chromium.chromedriver"],
                variable: "C2C_CHROMEDRIVER",
                source: Source::DebianNotUbuntu(&["chromium-driver"]),
            },
        ],
    ),
    (
        "firefox",
        &[
            Need {
                what: "Firefox",
                programs: &["firefox-esr", "firefox"],
                variable: "C2C_FIREFOX",
                source: Source::DebianNotUbuntu(&["firefox-esr", "fonts-dejavu-core"]),
            },
            Need {
                what: "geckodriver",
                programs: &["geckodriver"],
                variable: "C2C_GECKODRIVER",
                source: Source::Command("cargo install geckodriver --locked"),
            },
        ],
    ),
    (
        "webkit",
        &[
            Need {
                what: "WebKitWebDriver and MiniBrowser",
                programs: &["WebKitWebDriver"],
                variable: "C2C_WEBKITDRIVER",
                source: Source::Debian(&["webkit2gtk-driver", "dbus", "fonts-dejavu-core"]),
            },
            Need {
                what: "a virtual X server",
                programs: &["xvfb-run"],
                variable: "C2C_XVFB_RUN",
                source: Source::Debian(&["xvfb", "xauth"]),
            },
        ],
    ),
];

/// Ubuntu's `chromium` package installs a snap, which cannot see the profile that a test gives it.
const UBUNTU_BROWSERS: &str = "\
Ubuntu has Chromium as a snap only, and that cannot be driven by the tests. Install Chrome and the
chromedriver of the same version instead:
  curl -fsSLO https://dl.google.com/linux/direct/google-chrome-stable_current_amd64.deb
  sudo apt-get install -y ./google-chrome-stable_current_amd64.deb unzip
  version=$(google-chrome-stable --version | cut -d ' ' -f 3)
  curl -fsSLO https://storage.googleapis.com/chrome-for-testing-public/$version/linux64/chromedriver-linux64.zip
  unzip -j chromedriver-linux64.zip chromedriver-linux64/chromedriver
  sudo install chromedriver /usr/local/bin/
(Firefox: the package of https://packages.mozilla.org/apt instead of the snap.)";

/// What this machine lets us do.
#[derive(Debug, Clone, Copy)]
struct Machine {
    apt: bool,
    ubuntu: bool,
    rights: Rights,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    Root,
    /// `sudo` works without asking.
    Sudo,
    User,
}

#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Nothing,
    /// Install these packages.
    Install(Vec<&'static str>),
    /// Say this; nothing can be installed for the user.
    Say(String),
}

pub(super) fn check() -> Result<()> {
    let mut missing_components = Vec::new();
    for (component, tool) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut version = crate::run::cargo(tool);
        let there =
            version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !there.success() {
            missing_components.push(component);
        }
    }
    if !missing_components.is_empty() {
        let components = missing_components.join(" ");
        return Err(format!("run: rustup component add {components}").into());
    }
    // As the harness reads it.
    let engines = env::var("C2C_ENGINES").unwrap_or_else(|_| "chromium".to_owned());
    let missing = missing(&engines);
    let machine = Machine::look();
    match plan(&missing, machine) {
        Plan::Nothing => {}
        Plan::Say(what) => return Err(what.into()),
        Plan::Install(packages) => {
            for need in missing {
                println!("missing: {}", need.what);
            }
            show(&mut apt(machine, &["update"]))?;
            let install = ["install", "-y", "--no-install-recommends"];
            show(apt(machine, &install).args(packages))?;
        }
    }
    if npm::TOOLS.are_there()? { Ok(()) } else { npm::TOOLS.install() }
}

fn missing(engines: &str) -> Vec<&'static Need> {
    let chosen: Vec<_> = engines.split(',').map(str::trim).collect();
    let engines = ENGINES.iter().filter(|(name, _)| chosen.contains(name));
    let needs = [&COMPILER, &NPM].into_iter().chain(engines.flat_map(|(_, needs)| *needs));
    needs.filter(|need| !is_there(need)).collect()
}

fn is_there(need: &Need) -> bool {
    if env::var_os(need.variable).is_some() {
        return true; // the user's word; what uses it says so if it is wrong
    }
    let mut folders: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    folders.extend(env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo/bin")));
    need.programs.iter().any(|program| folders.iter().any(|folder| folder.join(program).is_file()))
}

fn plan(missing: &[&'static Need], machine: Machine) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    let mut packages = Vec::new();
    let mut by_hand = Vec::new();
    for need in missing {
        match &need.source {
            Source::DebianNotUbuntu(_) if machine.ubuntu => by_hand.push(UBUNTU_BROWSERS),
            Source::Debian(names) | Source::DebianNotUbuntu(names) => {
                packages.extend_from_slice(names);
            }
            Source::Command(command) => by_hand.push(command),
        }
    }
    // Each once, in a stable order.
    packages.sort_unstable();
    packages.dedup();
    by_hand.dedup();
    if by_hand.is_empty() && machine.apt && machine.rights != Rights::User {
        return Plan::Install(packages);
    }
    let names: Vec<_> = missing.iter().map(|need| need.what).collect();
    let mut say = format!("missing: {}. Install it and run this again:", names.join(", "));
    if !packages.is_empty() {
        let packages = packages.join(" ");
        say += if machine.apt {
            "\n  sudo apt-get install -y --no-install-recommends "
        } else {
            "\n  what Debian has as: "
        };
        say += &packages;
    }
    for command in by_hand {
        say += "\n  ";
        say += command;
    }
    Plan::Say(say)
}

impl Machine {
    fn look() -> Self {
        let quiet = |program: &str, arguments: &[&str]| {
            Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let rights = if root {
            Rights::Root
        } else if quiet("sudo", &["-n", "true"]) {
            Rights::Sudo
        } else {
            Rights::User
        };
        Self { apt: quiet("apt-get", &["--version"]), ubuntu: is_ubuntu(&release), rights }
    }
}

/// Ubuntu or built on it, by `/etc/os-release`.
fn is_ubuntu(release: &str) -> bool {
    let values = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
    values.flat_map(str::split_whitespace).any(|word| word.trim_matches('"') == "ubuntu")
}

fn apt(machine: Machine, arguments: &[&str]) -> Command {
    let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if machine.rights != Rights::Root {
        words.splice(0..0, ["sudo", "-n"]);
    }
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(arguments).stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT_ON_DEBIAN: Machine = Machine { apt: true, ubuntu: false, rights: Rights::Root };

    fn chromium() -> Vec<&'static Need> {
        ENGINES[0].1.iter().collect()
    }

    #[test]
    fn nothing_is_done_when_nothing_is_missing() {
        assert_eq!(plan(&[], ROOT_ON_DEBIAN), Plan::Nothing);
    }

    #[test]
    fn root_on_debian_gets_it_installed() {
        let packages = vec!["chromium", "chromium-driver", "fonts-dejavu-core"];
        assert_eq!(plan(&chromium(), ROOT_ON_DEBIAN), Plan::Install(packages.clone()));
        let sudo = Machine { rights: Rights::Sudo, ..ROOT_ON_DEBIAN };
        assert_eq!(plan(&chromium(), sudo), Plan::Install(packages));
    }

    #[test]
    fn npm_comes_with_what_it_runs_on() {
        assert_eq!(plan(&[&NPM], ROOT_ON_DEBIAN), Plan::Install(vec!["nodejs", "npm"]));
    }

    fn check_said(machine: Machine, needs: &[&'static Need], expected: &str) {
        match plan(needs, machine) {
            Plan::Say(said) => assert!(said.contains(expected), "{said}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn others_are_told_what_to_run() {
        let user = Machine { rights: Rights::User, ..ROOT_ON_DEBIAN };
        check_said(
            user,
            &chromium(),
            "sudo apt-get install -y --no-install-recommends chromium chromium-driver",
        );
        let elsewhere = Machine { apt: false, ..user };
        check_said(elsewhere, &chromium(), "what Debian has as: chromium");
        let ubuntu = Machine { ubuntu: true, ..ROOT_ON_DEBIAN };
        check_said(ubuntu, &chromium(), "google-chrome-stable_current_amd64.deb");
        let gecko: Vec<_> = ENGINES[1].1.iter().collect();
        check_said(ROOT_ON_DEBIAN, &gecko, "cargo install geckodriver --locked");
    }

    #[test]
    fn ubuntu_is_known_by_its_release_file() {
        assert!(is_ubuntu("NAME=\"Ubuntu\"\nID=ubuntu\n"));
        assert!(is_ubuntu("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_ubuntu("ID=debian\n"));
    }
}
