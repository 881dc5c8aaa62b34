//! A server, its folder and its port.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::account::Account;
use crate::error::{Context as _, Error, Result};
use crate::pause::Paused;
use crate::programs::Programs;
use crate::server::Server;
use crate::watcher::Watcher;

/// The superuser of every cluster. It needs no password.
const SUPERUSER: &str = "postgres";

/// The database that every cluster has.
const FIRST_DATABASE: &str = "postgres";

/// Below the ports that Linux gives to outgoing connections (32768 and up), so that none of them
/// takes the port of a stopped server.
const PORTS: std::ops::Range<u16> = 20_000..32_768;

/// Number of ports to try: another process may take a free one before the server does.
const TRIES: usize = 10;

/// The error of a port that another process has.
const TAKEN: &str = "Address already in use";

/// Settings apart from the port. Sockets and shared memory stay inside the data folder, so that
/// nothing is left behind.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=32MB",
    "max_connections=100",
    "dynamic_shared_memory_type=mmap",
    "logging_collector=off",
    "fsync=on",
];

/// A database server of its own, with its data in a temporary folder.
///
/// Dropping it ends the server and removes the folder. The end of the process does the same, even
/// by SIGKILL.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    account: Account,
    port: u16,
    /// `None` after a stop or a kill.
    server: Option<Server>,
    watcher: Watcher,
    folder: TempDir,
}

impl Cluster {
    /// Creates a cluster and starts its server.
    ///
    /// Returns when the server accepts connections. Fails if no server is installed (the error
    /// says how to install it), or if the server is not ready within 30 s.
    pub fn start() -> Result<Self, Error> {
        let programs = Programs::find()?;
        let account = Account::for_server();
        let folder = tempfile::Builder::new()
            .prefix("c2c-cluster-")
            .tempdir()
            .context("cannot create a temporary folder")?;
        account.own(folder.path())?;
        let watcher = Watcher::start(folder.path())?;
        let mut cluster = Self { programs, account, port: 0, server: None, watcher, folder };
        cluster.create_data()?;
        for _ in 0..TRIES {
            cluster.port = free_port()?;
            match cluster.resume() {
                Err(error) if error.to_string().contains(TAKEN) => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(cluster),
            }
        }
        Err(Error::new(format!("all of {TRIES} free ports were taken by other processes")))
    }

    /// Creates an empty database and returns its URL.
    ///
    /// The name has 1 to 63 characters of `a-z`, `0-9` and `_`, so that it needs no escaping.
    /// Another name is an error, and so is the name of a database that exists.
    pub fn database(&self, name: &str) -> Result<String, Error> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=63).contains(&name.len()) || !name.bytes().all(is_plain) {
            return Err(Error::new(format!(
                "{name:?} is no name for a database: use up to 63 of a-z, 0-9 and _"
            )));
        }
        // Unlike template1, template0 has no connections, which would make this fail.
        self.psql(FIRST_DATABASE, &format!("CREATE DATABASE \"{name}\" TEMPLATE template0"))?;
        Ok(self.url(name))
    }

    /// Returns the URL of a database, which need not exist.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{SUPERUSER}@{}/{name}", self.address())
    }

    /// Returns the address of the server. It stays the same after [`resume`](Self::resume).
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Runs SQL in a database and returns the rows, one a line, with `|` between columns.
    ///
    /// Several statements, separated by `;`, are one transaction.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, Error> {
        let output = self
            .programs
            .of_client("psql")
            .args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"])
            .args(["--dbname", &self.url(database), "--command", sql])
            .env("PGCONNECT_TIMEOUT", "10")
            .stdin(Stdio::null())
            .output()
            .context("cannot run psql")?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(Error::new(format!("psql: {sql}: {}", why.trim_end())));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Kills all processes of the server with SIGKILL, and waits until they are gone.
    ///
    /// Does nothing if it does not run.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.end(Server::kill)
    }

    /// Shuts the server down as an administrator does: it ends all connections and writes
    /// everything to its files. Waits for that up to 30 s.
    ///
    /// Does nothing if it does not run.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.end(Server::stop)
    }

    /// Stops all processes of the server with SIGSTOP, until the result is dropped.
    ///
    /// Fails if it does not run.
    pub fn pause(&self) -> Result<Paused, Error> {
        let server = self.server.as_ref().filter(|server| !server.has_ended());
        Paused::new(server.ok_or_else(|| Error::new("the server does not run"))?.id())
    }

    /// Starts the server again, with the same port and data.
    ///
    /// Returns when it accepts connections. Fails if that takes more than 30 s. Does nothing if it
    /// runs.
    pub fn resume(&mut self) -> Result<(), Error> {
        if self.server.as_ref().is_some_and(|server| !server.has_ended()) {
            return Ok(());
        }
        self.end(Server::wait_for_end)?; // it may have ended by itself
        let mut command = self.server_program("postgres");
        command.arg("-D").arg(self.data()).args(["-c", &format!("port={}", self.port)]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let server = self.server.insert(Server::start(command)?);
        self.watcher.watch(server.id())?;
        let ready = server.wait_until_ready();
        if ready.is_err() {
            // The first error is the one to report.
            let _ = self.end(Server::abandon);
        }
        ready
    }

    /// Ends the server, and tells the watcher.
    fn end(&mut self, how: fn(&mut Server) -> Result<()>) -> Result<()> {
        let Some(server) = &mut self.server else { return Ok(()) };
        how(server)?;
        self.server = None;
        self.watcher.watch_none()
    }

    /// Creates the files of the cluster.
    fn create_data(&mut self) -> Result<()> {
        let mut command = self.server_program("initdb");
        command.arg("--pgdata").arg(self.data()).args(["--username", SUPERUSER]);
        command.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        // No messages but in English: this crate reads them. A crash now loses only an empty
        // cluster, so nothing is flushed.
        command.args(["--lc-messages=C", "--no-instructions", "--no-sync"]);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context(format_args!("cannot start {}", command.get_program().display()))?;
        let watched = self.watcher.watch(child.id());
        let output = child.wait_with_output().context("cannot wait for initdb")?;
        watched.and_then(|()| self.watcher.watch_none())?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(Error::new(format!("initdb: {}: {}", output.status, why.trim_end())));
        }
        Ok(())
    }

    /// A program of the server. It runs in the temporary folder, because its account may be unable
    /// to enter the current one.
    fn server_program(&self, name: &str) -> Command {
        let mut command = self.programs.of_server(name, self.account);
        command.current_dir(self.folder());
        command
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }
}

impl Drop for Cluster {
    /// Ends the server and waits for that. Then the watcher removes the folder.
    fn drop(&mut self) {
        let ended = self.end(Server::abandon);
        debug_assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}

/// A port on which no process listens.
fn free_port() -> Result<u16> {
    let span = u64::from(PORTS.end - PORTS.start);
    let mut last = None;
    for _ in 0..100 {
        // The standard library's only random numbers.
        let random = RandomState::new().hash_one(()) % span;
        let port = PORTS.start + u16::try_from(random).unwrap_or_default();
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = Some(error),
        }
    }
    Err(Error::new(format!("no port from {PORTS:?} is free: {last:?}")))
}
