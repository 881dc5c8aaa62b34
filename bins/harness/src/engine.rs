//! The three engines: the places of their binaries, and the capabilities of their sessions.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fmt};

use serde_json::{Map, Value, json};

use crate::error::{Context as _, Error, Result};
use crate::options::Options;
use crate::reach::Reach;
use crate::target_dir;

/// A browser engine that the product is tested in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Chromium or Chrome, through `chromedriver`.
    Chromium,
    /// Firefox, through `geckodriver`.
    Firefox,
    /// `WebKitGTK`'s `MiniBrowser`, through `WebKitWebDriver` under a virtual X server.
    WebKit,
}

/// The programs that a session of an engine needs.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) browser: PathBuf,
    pub(crate) driver: PathBuf,
    /// The X server, where the browser needs one.
    pub(crate) display: Option<PathBuf>,
}

impl Engine {
    /// All engines, in the order in which results are shown.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// The name in `C2C_ENGINES` and in test names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    /// Returns the engines that `C2C_ENGINES` asks for; all if it is not set.
    pub fn chosen() -> Result<Vec<Self>> {
        match env::var("C2C_ENGINES") {
            Ok(names) => {
                let engines: Result<_> = names.split(',').map(|name| name.trim().parse()).collect();
                engines.context("C2C_ENGINES")
            }
            Err(_) => Ok(Self::ALL.to_vec()),
        }
    }

    /// Returns why the tests in this engine are not run: it is missing, and neither `C2C_ENGINES`
    /// nor a run in CI requires it. Where one of them does, the tests run, and each fails for the
    /// same reason.
    pub fn not_run(self) -> Option<Error> {
        let ci = env::var("CI").is_ok_and(|ci| ci == "true");
        if ci || env::var_os("C2C_ENGINES").is_some() { None } else { self.programs().err() }
    }

    /// Finds the programs that a session needs, or says what to install.
    pub(crate) fn programs(self) -> Result<Programs> {
        let find = |variable, names| find(variable, names).map_err(|why| self.missing(&why));
        Ok(match self {
            Self::Chromium => Programs {
                browser: find(
                    "C2C_CHROMIUM",
                    &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
                )?,
                driver: find("C2C_CHROMEDRIVER", &["chromedriver", "chromium.chromedriver"])?,
                display: None,
            },
            Self::Firefox => Programs {
                browser: find("C2C_FIREFOX", &["firefox-esr", "firefox"])?,
                driver: find("C2C_GECKODRIVER", &["geckodriver"])?,
                display: None,
            },
            Self::WebKit => Programs {
                browser: find("C2C_MINIBROWSER", &["MiniBrowser"])?,
                driver: find("C2C_WEBKITDRIVER", &["WebKitWebDriver"])?,
                display: Some(find("C2C_XVFB", &["Xvfb"])?),
            },
        })
    }

    fn missing(self, why: &str) -> Error {
        let install = match self {
            Self::Chromium => "on Debian: apt-get install chromium chromium-driver",
            Self::Firefox => {
                "on Debian: apt-get install firefox-esr, then \
                 cargo install geckodriver --version 0.37.1 --locked"
            }
            Self::WebKit => "on Debian: apt-get install webkit2gtk-driver xvfb dbus",
        };
        Error::new(format!(
            "ENGINE MISSING: {self}: {why}. Install it ({install}; `cargo xtask test --only tools` \
             tries to), or name other engines in C2C_ENGINES."
        ))
    }

    /// Returns the capabilities of one session.
    pub(crate) fn capabilities(
        self,
        programs: &Programs,
        profile: &Path,
        reach: Reach<'_>,
        options: &Options,
    ) -> Map<String, Value> {
        let capabilities = match self {
            Self::Chromium => {
                let mut args = chromium_args(profile, reach);
                args.extend(options.chromium_args.iter().cloned());
                json!({
                    "browserName": "chrome",
                    "goog:chromeOptions": {
                        "binary": programs.browser,
                        "args": args,
                        "prefs": options.chromium_prefs,
                    },
                    "goog:loggingPrefs": {"browser": "ALL"},
                })
            }
            Self::Firefox => {
                // Firefox ends a site's process with its last page, and with it a handler of
                // `pagehide` that still runs. A test leaves a page sooner than any visitor.
                let ours = ("dom.abort_script_on_child_shutdown".to_owned(), json!(false));
                let prefs: Map<_, _> =
                    [ours].into_iter().chain(options.firefox_prefs.clone()).collect();
                json!({
                    "browserName": "firefox",
                    "moz:firefoxOptions": {
                        "binary": programs.browser,
                        "args": ["-headless"],
                        "prefs": prefs,
                    },
                })
            }
            Self::WebKit => json!({
                "browserName": "MiniBrowser",
                "webkitgtk:browserOptions": {"binary": programs.browser, "args": ["--automation"]},
            }),
        };
        let Value::Object(mut capabilities) = capabilities else {
            return Map::new(); // every arm above is an object
        };
        // The other engines cannot be made to trust a single key. Nothing but the stand-ins, or the
        // deployment, speaks TLS here.
        if reach.accepts_certificates(self == Self::Chromium) {
            capabilities.insert("acceptInsecureCerts".to_owned(), json!(true));
        }
        // `WebKitGTK` takes its proxy from its environment (`driver.rs`).
        if let Some(port) = reach.proxy_port().filter(|_| self != Self::WebKit) {
            let proxy = format!("127.0.0.1:{port}");
            capabilities.insert(
                "proxy".to_owned(),
                json!({
                    "proxyType": "manual",
                    "httpProxy": proxy,
                    "sslProxy": proxy,
                    // This machine.
                    "noProxy": ["localhost", "*.localhost", "127.0.0.0/8", "::1"],
                }),
            );
        }
        capabilities.insert("timeouts".to_owned(), timeouts());
        capabilities
    }
}

/// A driver's timeouts for a script and for a page, in milliseconds.
pub(crate) fn timeouts() -> Value {
    json!({"script": 30_000, "pageLoad": 30_000, "implicit": 0})
}

/// Returns Chromium's arguments, with or without a driver.
pub(crate) fn chromium_args(profile: &Path, reach: Reach<'_>) -> Vec<String> {
    let mut args: Vec<String> = [
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    .map(str::to_owned)
    .to_vec();
    if is_root() {
        // Chromium refuses to start as root with its own sandbox. Every other user keeps it.
        args.push("--no-sandbox".to_owned());
    }
    args.push(format!("--user-data-dir={}", profile.display()));
    if let Some(collector) = reach.collector() {
        let key = collector.public_key_sha256();
        args.push(format!("--ignore-certificate-errors-spki-list={key}"));
        // For features that ask a resolver in spite of the proxy.
        args.push(
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, \
             EXCLUDE *.localhost, EXCLUDE 127.*, EXCLUDE [::1]"
                .to_owned(),
        );
    }
    args
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name).ok_or_else(|| {
            Error::new(format!(
                "no engine is called `{name}`: there are chromium, firefox and webkit"
            ))
        })
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Returns the program that `variable` names, else the first of `names` on `PATH` or in a usual
/// folder.
fn find(variable: &str, names: &[&str]) -> Result<PathBuf, String> {
    if let Some(path) = env::var_os(variable) {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("{variable} is {}, no file", path.display()))
        };
    }
    let mut folders: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    folders
        .extend(["/usr/bin", "/usr/local/bin", "/usr/lib/chromium", "/snap/bin"].map(Into::into));
    if let Some(home) = env::var_os("HOME") {
        folders.push(PathBuf::from(home).join(".cargo/bin"));
    }
    folders.extend(webkit_folders());
    // `cargo xtask test` installs programs here that are not Debian packages.
    folders.extend(target_dir().map(|target| target.join("tools/bin")));
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("`{}` was not found (set {variable} to its path)", names[0]))
}

/// `MiniBrowser` is on no `PATH`: it is in `/usr/lib/<architecture>/webkit2gtk-4.1` or a sibling.
fn webkit_folders() -> impl Iterator<Item = PathBuf> {
    const KINDS: [&str; 3] = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];
    let architectures = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    architectures
        .map(|entry| entry.path())
        .chain(["/usr/libexec".into()])
        .flat_map(|folder| KINDS.map(|kind| folder.join(kind)))
        .filter(|folder| folder.is_dir())
}
