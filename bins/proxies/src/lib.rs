//! nginx and Caddy as `docs/deploy.md` sets them up, for tests.
//!
//! The configurations are the operator's own: the files in `docs/deploy`. A test cannot listen on port
//! 443, write to `/var/log` or have certificates of a public authority. So [`Proxy`] replaces exactly
//! these in a copy (`configuration.rs` lists them), and starts the real program with it: as a user
//! without rights, on free ports of 127.0.0.1, with certificates of a throw-away authority.
//!
//! Dropping a [`Proxy`] ends its processes and removes its folder. If the test process is killed, a
//! watcher does so.

mod authority;
mod configuration;
mod process;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use tempfile::TempDir;

use authority::Authority;
use process::{Account, Process};

/// The hosts of the console, the parent page, the widget and the sandbox, as the configurations name
/// them.
pub const HOSTS: [&str; 4] = [
    "console.company.example",
    "demo.company.example",
    "widget.company.example",
    "company-usercontent.example",
];

/// The hosts of the apps' sandboxes, if each has its own.
pub const APP_HOSTS: &str = "*.company-usercontent.example";

/// A reverse proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `docs/deploy/nginx.conf`
    Nginx,
    /// `docs/deploy/Caddyfile`
    Caddy,
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    /// Where it speaks TLS.
    pub tls: SocketAddr,
    /// Where it speaks HTTP without TLS.
    pub plain: SocketAddr,
    authority: Authority,
    /// Ended before the folder is removed: fields are dropped in this order.
    process: Process,
    folder: TempDir,
}

/// The free addresses of `c2c-server` behind a proxy.
#[derive(Debug, Clone, Copy)]
pub struct Backend {
    /// Console and API.
    pub console: SocketAddr,
    /// Parent page, widget and sandbox.
    pub pages: SocketAddr,
    /// Whether each app has a host of its own ([`APP_HOSTS`]): with the changes to the configuration that
    /// `docs/deploy.md` has for that.
    pub has_app_hosts: bool,
}

impl Backend {
    /// Two free addresses.
    pub fn free() -> io::Result<Self> {
        let [console, pages] = free()?;
        Ok(Self { console, pages, has_app_hosts: false })
    }

    /// The names of [`HOSTS`] as certificates have them.
    fn names(&self) -> [&'static str; 4] {
        let [console, parent, widget, sandbox] = HOSTS;
        [console, parent, widget, if self.has_app_hosts { APP_HOSTS } else { sandbox }]
    }

    /// The command line of a server at these addresses, for the hosts of the configurations.
    pub fn arguments(&self) -> Vec<String> {
        let [console, parent, widget, sandbox] = self.names().map(|name| format!("https://{name}"));
        let arguments = [
            ("--console-listen", self.console.to_string()),
            ("--pages-listen", self.pages.to_string()),
            ("--console-origin", console),
            ("--parent-origin", parent),
            ("--widget-origin", widget),
            ("--sandbox-origin", sandbox),
            ("--client-address-header", "x-forwarded-for".to_owned()),
        ];
        arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

impl Proxy {
    /// Starts a proxy in front of a server, and waits until it listens.
    pub fn start(kind: Kind, backend: Backend) -> io::Result<Self> {
        let folder = TempDir::with_prefix("c2c-proxy-")?;
        let [tls, plain] = free()?;
        let authority = Authority::throw_away(HOSTS, backend.names()).map_err(io::Error::other)?;
        authority.write(folder.path())?;
        let configuration = configuration::of_test(kind, folder.path(), tls, plain, backend)?;
        let account = Account::without_rights();
        account.give(folder.path())?;
        let command = configuration::command(kind, account, folder.path(), &configuration);
        let process = Process::start(command, folder.path(), &[tls, plain])?;
        Ok(Self { tls, plain, authority, process, folder })
    }

    /// The certificate of the throw-away authority, in DER.
    pub fn authority(&self) -> &[u8] {
        &self.authority.certificate
    }

    /// The same, in a PEM file.
    pub fn authority_file(&self) -> std::path::PathBuf {
        authority::file(self.folder.path())
    }

    /// All that it has written to its logs.
    pub fn log(&self) -> String {
        let mut log = self.process.output();
        for entry in fs::read_dir(logs(self.folder.path())).into_iter().flatten().flatten() {
            log += &fs::read_to_string(entry.path()).unwrap_or_default();
        }
        log
    }
}

fn logs(folder: &Path) -> std::path::PathBuf {
    folder.join("log")
}

/// Addresses that no other program gets.
fn free() -> io::Result<[SocketAddr; 2]> {
    let [one, other] = [c2c_ports::free()?, c2c_ports::free()?];
    Ok([one, other].map(|port| (Ipv4Addr::LOCALHOST, port).into()))
}
