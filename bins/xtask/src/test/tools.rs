//! The tools that the other steps need: finds them, and installs missing ones where it may.
//!
//! It may install system packages on Debian and its derivatives, as root or with a passwordless
//! `sudo`. Everywhere else it prints exactly what to run. It never installs a tool that is already
//! there.
//!
//! A browser engine may be missing: its tests then do not run, which is printed here and counted at
//! the end. In CI, and if `C2C_ENGINES` names the engine, that is a failure.

use std::env;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::npm;
use crate::run::{Result, show, target};

/// A required tool.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    what: &'static str,
    /// The program's possible names.
    programs: &'static [&'static str],
    /// The variable that gives the browser harness another path; empty if there is none.
    variable: &'static str,
    /// Its source.
    source: Source,
}

#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// Debian packages.
    Debian(&'static [&'static str]),
    /// A Debian package, and the choice among alternatives that it needs. It is unpacked, with all that this
    /// machine lacks, into a folder of its own: installed, it would set up a service.
    Unpacked(&'static str, &'static str),
    /// Debian packages that are only an installer for snaps on Ubuntu.
    DebianNotUbuntu(&'static [&'static str]),
    /// A program that Debian 12 lacks: a crate and its version.
    Crate(&'static str, &'static str),
}

/// Tools for one purpose, which are useless unless they are complete.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// The name of an engine, or `None`.
    engine: Option<&'static str>,
    needs: &'static [Need],
}

const COMPILER: Need = Need {
    what: "a C++ compiler (for libFuzzer)",
    programs: &["c++", "g++", "clang++"],
    variable: "CXX",
    source: Source::Debian(&["g++"]),
};

/// npm installs packages for tests. It comes with Node, which runs some of them.
const NPM: Need = Need {
    what: "Node and npm (for TypeScript and what browser tests run)",
    programs: &["npm"],
    variable: "",
    source: Source::Debian(&["nodejs", "npm"]),
};

/// It runs a receiver of docs/integrations.md.
const PYTHON: Need = Need {
    what: "Python (for a receiver of webhooks in the documentation)",
    programs: &["python3"],
    variable: "",
    source: Source::Debian(&["python3"]),
};

/// It runs another.
const PHP: Need = Need {
    what: "PHP (for a receiver of webhooks in the documentation)",
    programs: &["php"],
    variable: "",
    source: Source::Debian(&["php-cli"]),
};

/// Debian's package of a database server.
const SERVER: &str = "postgresql";

/// The client comes with it. Both have the version of the system's release.
const POSTGRESQL: Need = Need {
    what: "a PostgreSQL server (for tests of what is stored in one)",
    programs: &["postgres"],
    variable: "",
    source: Source::Debian(&[SERVER]),
};

/// The proxies of docs/deploy.md.
const NGINX: Need = Need {
    what: "nginx (for tests of deployments)",
    programs: &["nginx"],
    variable: "",
    source: Source::Debian(&["nginx"]),
};

const CADDY: Need = Need {
    what: "Caddy (for tests of deployments)",
    programs: &["caddy"],
    variable: "",
    source: Source::Debian(&["caddy"]),
};

/// It judges the unit of docs/deploy.md without a running system.
const SYSTEMD: Need = Need {
    what: "systemd-analyze (for the test of the systemd unit)",
    programs: &["systemd-analyze"],
    variable: "",
    source: Source::Debian(&["systemd"]),
};

/// The tools of `cargo xtask deployment`, which only root can run.
const DEPLOYMENT: Group = Group {
    engine: None,
    needs: &[
        Need {
            what: "mmdebstrap (for a clean Debian)",
            programs: &["mmdebstrap"],
            variable: "",
            source: Source::Debian(&["mmdebstrap"]),
        },
        Need {
            what: "systemd-nspawn (to boot it)",
            programs: &["systemd-nspawn"],
            variable: "",
            source: Source::Debian(&["systemd-container"]),
        },
        Need {
            what: "Pebble (an authority for its certificates)",
            programs: &["pebble"],
            variable: "",
            source: Source::Debian(&["pebble"]),
        },
        Need {
            what: "ip (for its network)",
            programs: &["ip"],
            variable: "",
            source: Source::Debian(&["iproute2"]),
        },
        Need {
            what: "curl (for its visitors)",
            programs: &["curl"],
            variable: "",
            source: Source::Debian(&["curl"]),
        },
        Need {
            what: "openssl (for the authority)",
            programs: &["openssl"],
            variable: "",
            source: Source::Debian(&["openssl"]),
        },
    ],
};

/// Debian's folder of programs that are in root's `PATH` only.
const ROOTS_PROGRAMS: &str = "/usr/sbin";

/// Packages start their services at once, unless this program forbids it (`invoke-rc.d`). The tests
/// start their own, so it is there during the installation.
const START_POLICY: &str = "/usr/sbin/policy-rc.d";
const FORBID_START: &str =
    "test -e \"$0\" || { printf '#!/bin/sh\\n# c2c\\nexit 101\\n' >\"$0\" && chmod 755 \"$0\"; }";
const ALLOW_START: &str = "! grep -q '^# c2c$' \"$0\" || rm \"$0\"";

/// Debian's folder of the server's versions. Their programs are not in `PATH`; `bins/cluster` looks
/// here too.
const POSTGRESQL_VERSIONS: &str = "/usr/lib/postgresql";

/// The package sets up a server for the whole machine, on port 5432, unless this setting is there.
/// The tests start their own servers, so the setting is there during the installation.
const SERVER_SETTING: &str = "/etc/postgresql-common/createcluster.d/c2c.conf";
const WRITE_SERVER_SETTING: &str =
    "mkdir -p \"${0%/*}\" && echo 'create_main_cluster = false' >\"$0\"";

/// A real provider for the tests of single sign-on. `bins/server/tests/it/glewlwyd.rs` looks in the same folder.
const GLEWLWYD: Need = Need {
    what: "Glewlwyd (an OpenID Connect provider, for tests of single sign-on)",
    programs: &["glewlwyd"],
    variable: "",
    source: Source::Unpacked("glewlwyd", "dbconfig-no-thanks"),
};

/// The harness (`bins/harness`) looks in the same places.
const GROUPS: &[Group] = &[
    Group {
        engine: None,
        needs: &[COMPILER, NPM, PYTHON, PHP, POSTGRESQL, NGINX, CADDY, SYSTEMD, GLEWLWYD],
    },
    Group {
        engine: Some("chromium"),
        needs: &[
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
    },
    Group {
        engine: Some("firefox"),
        needs: &[
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
                source: Source::Crate("geckodriver", "0.37.1"),
            },
        ],
    },
    Group {
        engine: Some("webkit"),
        needs: &[
            Need {
                what: "WebKitWebDriver and MiniBrowser",
                programs: &["WebKitWebDriver"],
                variable: "C2C_WEBKITDRIVER",
                source: Source::Debian(&["webkit2gtk-driver", "dbus", "fonts-dejavu-core"]),
            },
            Need {
                what: "a virtual X server",
                programs: &["Xvfb"],
                variable: "C2C_XVFB",
                source: Source::Debian(&["xvfb"]),
            },
        ],
    },
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

/// This machine's abilities.
#[derive(Debug, Clone, Copy)]
struct Machine {
    apt: bool,
    ubuntu: bool,
    rights: Rights,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    Root,
    /// `sudo` works without a password.
    Sudo,
    User,
}

/// Packages to install for the user.
#[derive(Debug, Default, PartialEq, Eq)]
struct Installation {
    packages: Vec<&'static str>,
    /// Packages to unpack, for which no rights are needed.
    unpacked: Vec<(&'static str, &'static str)>,
    /// Crates with their versions.
    crates: Vec<(&'static str, &'static str)>,
}

pub(super) fn check() -> Result<()> {
    check_components()?;
    // The harness reads both variables in the same way.
    let engines = env::var("C2C_ENGINES").ok();
    let ci = env::var("CI").is_ok_and(|ci| ci == "true");
    let machine = Machine::look();
    let mut groups = chosen(engines.as_deref());
    if machine.apt && !machine.ubuntu && machine.rights == Rights::Root {
        groups.push(DEPLOYMENT);
    }
    let mut wanted = Installation::default();
    for group in &groups {
        if let Some(more) = installation(&missing(*group)?, machine) {
            wanted.packages.extend(more.packages);
            wanted.unpacked.extend(more.unpacked);
            wanted.crates.extend(more.crates);
        }
    }
    if let Err(error) = install(wanted, machine) {
        println!("error: {error}"); // the tools that are missing because of it follow
    }
    let mut lacking = Vec::new();
    for group in &groups {
        let missing = missing(*group)?;
        if missing.is_empty() {
            continue;
        }
        let advice = advice(&missing, machine);
        match group.engine {
            Some(engine) if engines.is_none() && !ci => {
                println!("NOT RUN: the tests in {engine}. {advice}");
            }
            _ => lacking.push(advice),
        }
    }
    if !lacking.is_empty() {
        return Err(lacking.join("\n").into());
    }
    if npm::TOOLS.are_there()? { Ok(()) } else { npm::TOOLS.install() }
}

fn check_components() -> Result<()> {
    let mut missing = Vec::new();
    for (component, tool) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut version = crate::run::cargo(tool);
        let there =
            version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !there.success() {
            missing.push(component);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("run: rustup component add {}", missing.join(" ")).into())
}

/// The tools of every run, and of the engines that `C2C_ENGINES` names: all if it is not set.
fn chosen(engines: Option<&str>) -> Vec<Group> {
    let names: Option<Vec<_>> = engines.map(|engines| engines.split(',').map(str::trim).collect());
    let is_chosen = |group: &&Group| match (group.engine, &names) {
        (Some(engine), Some(names)) => names.contains(&engine),
        _ => true,
    };
    GROUPS.iter().filter(is_chosen).copied().collect()
}

fn missing(group: Group) -> Result<Vec<&'static Need>> {
    let mut folders: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    folders.extend(env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo/bin")));
    folders.push(crates_root()?.join("bin"));
    folders.push(ROOTS_PROGRAMS.into());
    let versions = std::fs::read_dir(POSTGRESQL_VERSIONS).into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.push(unpacked("glewlwyd")?.join("usr/bin"));
    let is_there = |need: &Need| {
        // The user's setting counts; the program that uses it reports a wrong path.
        env::var_os(need.variable).is_some()
            || need
                .programs
                .iter()
                .any(|program| folders.iter().any(|folder| folder.join(program).is_file()))
    };
    Ok(group.needs.iter().filter(|need| !is_there(need)).collect())
}

/// The folder for installed crates, apart from the user's own.
fn crates_root() -> Result<PathBuf> {
    Ok(target()?.join("tools"))
}

/// The folder of an unpacked package.
fn unpacked(package: &str) -> Result<PathBuf> {
    Ok(crates_root()?.join(package))
}

/// The installation that completes a group; `None` if the user has to do it.
fn installation(missing: &[&'static Need], machine: Machine) -> Option<Installation> {
    let mut wanted = Installation::default();
    for need in missing {
        match need.source {
            Source::DebianNotUbuntu(_) if machine.ubuntu => return None,
            Source::Debian(names) | Source::DebianNotUbuntu(names) => {
                wanted.packages.extend(names);
            }
            Source::Unpacked(..) if !machine.apt => return None,
            Source::Unpacked(name, choice) => wanted.unpacked.push((name, choice)),
            Source::Crate(name, version) => wanted.crates.push((name, version)),
        }
    }
    let may = wanted.packages.is_empty() || (machine.apt && machine.rights != Rights::User);
    may.then_some(wanted)
}

fn install(mut wanted: Installation, machine: Machine) -> Result<()> {
    if !wanted.packages.is_empty() {
        wanted.packages.sort_unstable();
        wanted.packages.dedup();
        install_packages(&wanted.packages, machine)?;
    }
    for (name, choice) in wanted.unpacked {
        unpack(name, choice, machine)?;
    }
    for (name, version) in wanted.crates {
        // Drivers wait for browsers, so optimizing them would take longer than it saves.
        let mut install = crate::run::cargo("install --locked --debug");
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        install.args([name, "--version", version, "--root"]);
        show(install.arg(crates_root()?))?;
    }
    Ok(())
}

fn install_packages(packages: &[&str], machine: Machine) -> Result<()> {
    show(&mut apt(machine, &["update"]))?;
    let with_server = packages.contains(&SERVER);
    if with_server {
        show(&mut as_root(machine, &["sh", "-c", WRITE_SERVER_SETTING, SERVER_SETTING]))?;
    }
    show(&mut as_root(machine, &["sh", "-c", FORBID_START, START_POLICY]))?;
    let install = ["install", "-y", "--no-install-recommends"];
    let installed = show(apt(machine, &install).args(packages));
    show(&mut as_root(machine, &["sh", "-c", ALLOW_START, START_POLICY]))?;
    if with_server {
        show(&mut as_root(machine, &["rm", SERVER_SETTING]))?;
    }
    installed
}

/// Unpacks a package, and those that it needs and that are not installed.
fn unpack(package: &str, choice: &str, machine: Machine) -> Result<()> {
    if machine.rights != Rights::User {
        show(&mut apt(machine, &["update"]))?;
    }
    let folder = unpacked(package)?;
    let downloads = folder.with_extension("debs");
    std::fs::create_dir_all(&downloads)?;
    let simulated = Command::new("apt-get")
        .args(["install", "-s", "--no-install-recommends", package, choice])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()?;
    let simulated = String::from_utf8(simulated.stdout)?;
    let missing: Vec<&str> = simulated.lines().filter_map(to_be_installed).collect();
    if missing.is_empty() {
        return Err(format!("apt-get knows no package {package}; run: apt-get update").into());
    }
    show(Command::new("apt-get").arg("download").args(missing).current_dir(&downloads))?;
    // Under its name it is complete.
    let partly = folder.with_extension("partly");
    for file in std::fs::read_dir(&downloads)? {
        show(Command::new("dpkg").arg("-x").arg(file?.path()).arg(&partly))?;
    }
    std::fs::rename(&partly, &folder)?;
    std::fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// The package in a line of `apt-get install -s`.
fn to_be_installed(line: &str) -> Option<&str> {
    line.strip_prefix("Inst ")?.split(' ').next()
}

/// Instructions for the user.
fn advice(missing: &[&'static Need], machine: Machine) -> String {
    let mut packages: Vec<&str> = Vec::new();
    let mut by_hand = Vec::new();
    for need in missing {
        match need.source {
            Source::DebianNotUbuntu(_) if machine.ubuntu => {
                by_hand.push(UBUNTU_BROWSERS.to_owned());
            }
            Source::Debian(names) | Source::DebianNotUbuntu(names) => packages.extend(names),
            Source::Unpacked(name, choice) => packages.extend([name, choice]),
            Source::Crate(name, version) => {
                by_hand.push(format!("cargo install {name} --version {version} --locked"));
            }
        }
    }
    by_hand.dedup();
    let names: Vec<_> = missing.iter().map(|need| need.what).collect();
    let mut say = format!("missing: {}. Install it and run this again:", names.join(", "));
    if !packages.is_empty() {
        say += if machine.apt {
            "\n  sudo apt-get install -y --no-install-recommends "
        } else {
            "\n  what Debian has as: "
        };
        say += &packages.join(" ");
    }
    for command in by_hand {
        say += "\n  ";
        say += &command;
    }
    say
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

/// Whether it is Ubuntu or built on it, by `/etc/os-release`.
fn is_ubuntu(release: &str) -> bool {
    let values = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
    values.flat_map(str::split_whitespace).any(|word| word.trim_matches('"') == "ubuntu")
}

fn apt(machine: Machine, arguments: &[&str]) -> Command {
    let mut command = as_root(machine, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command.args(arguments);
    command
}

fn as_root(machine: Machine, words: &[&str]) -> Command {
    let sudo: &[&str] = if machine.rights == Rights::Root { &[] } else { &["sudo", "-n"] };
    let words = [sudo, words].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT_ON_DEBIAN: Machine = Machine { apt: true, ubuntu: false, rights: Rights::Root };
    const USER: Machine = Machine { rights: Rights::User, ..ROOT_ON_DEBIAN };
    const UBUNTU: Machine = Machine { ubuntu: true, ..ROOT_ON_DEBIAN };
    const GECKODRIVER: (&str, &str) = ("geckodriver", "0.37.1");

    /// The tools of an engine.
    fn needs(engine: &str) -> Vec<&'static Need> {
        chosen(Some(engine))[1].needs.iter().collect()
    }

    #[test]
    fn all_engines_are_chosen_if_none_is_named() {
        let engines =
            |named| chosen(named).into_iter().map(|group| group.engine).collect::<Vec<_>>();
        let [chromium, firefox, webkit] = ["chromium", "firefox", "webkit"].map(Some);
        assert_eq!(engines(None), [None, chromium, firefox, webkit]);
        assert_eq!(engines(Some("webkit, chromium")), [None, chromium, webkit]);
    }

    #[test]
    fn root_on_debian_gets_it_installed() {
        let check = |missing: &[&'static Need], packages: &[&'static str], crates: &[_]| {
            let expected = Installation {
                packages: packages.to_vec(),
                crates: crates.to_vec(),
                ..Installation::default()
            };
            let sudo = Machine { rights: Rights::Sudo, ..ROOT_ON_DEBIAN };
            for machine in [ROOT_ON_DEBIAN, sudo] {
                assert_eq!(installation(missing, machine).as_ref(), Some(&expected));
            }
        };
        check(&[], &[], &[]);
        check(&[&NPM], &["nodejs", "npm"], &[]);
        check(&[&POSTGRESQL], &["postgresql"], &[]);
        check(&[&NGINX, &CADDY], &["nginx", "caddy"], &[]);
        check(&needs("chromium"), &["chromium", "fonts-dejavu-core", "chromium-driver"], &[]);
        check(&needs("firefox"), &["firefox-esr", "fonts-dejavu-core"], &[GECKODRIVER]);
        let webkit = ["webkit2gtk-driver", "dbus", "fonts-dejavu-core", "xvfb"];
        check(&needs("webkit"), &webkit, &[]);
    }

    #[test]
    fn unpacking_needs_no_rights() {
        let expected = Installation {
            unpacked: vec![("glewlwyd", "dbconfig-no-thanks")],
            ..Installation::default()
        };
        assert_eq!(installation(&[&GLEWLWYD], USER), Some(expected));
        assert_eq!(installation(&[&GLEWLWYD], Machine { apt: false, ..USER }), None);
        let line = "Inst libyder2.0 (1.4.19-1 Debian:12.1/oldstable [amd64])";
        assert_eq!(to_be_installed(line), Some("libyder2.0"));
        assert_eq!(to_be_installed("Conf libyder2.0 (1.4.19-1)"), None);
    }

    #[test]
    fn a_crate_needs_no_rights() {
        let geckodriver = needs("firefox")[1];
        let installation = installation(&[geckodriver], USER).expect("it can be installed");
        assert_eq!(installation.crates, [GECKODRIVER]);
    }

    #[test]
    fn others_are_told_what_to_run() {
        let check = |engine, machine, expected| {
            let missing = needs(engine);
            assert_eq!(installation(&missing, machine), None);
            let advice = advice(&missing, machine);
            assert!(advice.contains(expected), "{advice}");
        };
        let apt = "sudo apt-get install -y --no-install-recommends chromium fonts-dejavu-core";
        check("chromium", USER, apt);
        check("chromium", Machine { apt: false, ..USER }, "what Debian has as: chromium");
        check("chromium", UBUNTU, "google-chrome-stable_current_amd64.deb");
        check("firefox", USER, "\n  cargo install geckodriver --version 0.37.1 --locked");
        check("firefox", UBUNTU, "packages.mozilla.org");
    }

    #[test]
    fn ubuntu_is_known_by_its_release_file() {
        assert!(is_ubuntu("NAME=\"Ubuntu\"\nID=ubuntu\n"));
        assert!(is_ubuntu("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_ubuntu("ID=debian\n"));
    }
}
