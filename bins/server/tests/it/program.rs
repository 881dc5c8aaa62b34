//! The program, in its own process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::client::Client;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_c2c-server");
pub(crate) const FREE_PORTS: [&str; 4] =
    ["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0,[::1]:0"];

/// A server in its own process. Dropped, it is killed.
pub(crate) struct Process {
    pub(crate) child: Child,
    /// The address of its admin listener, if it has one.
    pub(crate) admin: Option<SocketAddr>,
    client: Client,
    /// Removed with the process, database included.
    _data: TempDir,
}

impl Process {
    /// Starts a server on free ports. `command` makes it, for a data directory.
    pub(crate) fn start(command: impl FnOnce(&Path) -> Command) -> Self {
        Self::start_with_log(command, Stdio::null())
    }

    /// The same with a place for its log.
    pub(crate) fn start_with_log(
        command: impl FnOnce(&Path) -> Command,
        log: impl Into<Stdio>,
    ) -> Self {
        let data = TempDir::new().expect("a directory");
        let mut command = command(data.path());
        let mut child = command.args(FREE_PORTS).stderr(log).spawn().expect("starts");
        let addresses = addresses(&mut child);
        let host = |at: usize| addresses[at].1.split('/').nth(2).expect("a host").to_owned();
        let admin = (addresses.len() > 4).then(|| host(4).parse().expect("an address"));
        Self { child, admin, client: Client::new(std::array::from_fn(host)), _data: data }
    }

    /// Ends it as an operator does. Returns whether it succeeded.
    pub(crate) fn stop(mut self) -> bool {
        signal(&self.child, "-TERM");
        self.child.wait().expect("ends").success()
    }
}

impl Deref for Process {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(data: &Path) -> Command {
    command_of(PROGRAM, data)
}

/// The same of another version.
pub(crate) fn command_of(program: &str, data: &Path) -> Command {
    with_data(Command::new(program), data)
}

/// The program with a limit, given as an argument of `ulimit`.
pub(crate) fn command_within(limit: &str, data: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" \"$@\"")).arg(PROGRAM);
    with_data(shell, data)
}

pub(crate) fn with_data(mut command: Command, data: &Path) -> Command {
    command.arg("--data-dir").arg(data).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Not as an argument: an older version would not start with it.
    command.env("C2C_ACCESS", "open");
    command
}

/// Reads the addresses that the program prints at its start.
pub(crate) fn addresses(child: &mut Child) -> Vec<(String, String)> {
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut found = Vec::new();
    for line in stdout.lines() {
        let line = line.expect("UTF-8");
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [label, url] = words[..]
            && url.starts_with("http")
        {
            found.push((label.to_owned(), url.to_owned()));
        }
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    found
}

pub(crate) fn port(url: &str) -> u16 {
    let authority = url.split('/').nth(2).expect("an authority");
    authority.rsplit_once(':').expect("a port").1.parse().expect("a port")
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
}
