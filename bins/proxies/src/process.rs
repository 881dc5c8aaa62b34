//! The proxy's process, its user, and its end.

use std::fs;
use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest time until a proxy listens.
const START: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// `$0` is the proxy's id, and `$1` its folder. The script reads from a pipe that only the test process
/// holds open for writing, so any end of that process ends the proxy.
const WATCHER: &str = "read -r _; kill -s TERM \"$0\"; rm -rf -- \"$1\"";

/// The user and group that own no files.
const OVERFLOW: u32 = 65534;

/// The user whom a proxy runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    /// The user of this process.
    Own,
    /// A user without rights, because this process runs as root.
    Overflow,
}

impl Account {
    pub(crate) fn without_rights() -> Self {
        if rustix::process::geteuid().is_root() { Self::Overflow } else { Self::Own }
    }

    /// A command that runs `program` under this account.
    pub(crate) fn command(self, program: &str) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::Overflow => {
                // setpriv becomes the program, so its process id is the program's.
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={OVERFLOW}")).arg(format!("--regid={OVERFLOW}"));
                command.args(["--clear-groups", program]);
                command
            }
        }
    }

    /// Gives a folder and all in it to this account.
    pub(crate) fn give(self, path: &Path) -> io::Result<()> {
        if matches!(self, Self::Own) {
            return Ok(());
        }
        chown(path, Some(OVERFLOW), Some(OVERFLOW))?;
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                self.give(&entry?.path())?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Process {
    proxy: Child,
    watcher: Child,
    /// Everything that it has printed.
    output: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a proxy, and waits until it listens on all addresses.
    pub(crate) fn start(
        mut command: Command,
        folder: &Path,
        listens: &[SocketAddr],
    ) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut proxy = command.spawn()?;
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, &proxy.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = Arc::<Mutex<String>>::default();
        let reader = proxy.stderr.take().map(|stderr| read(stderr, Arc::clone(&output)));
        let mut process = Self { proxy, watcher, output, reader };
        let end = Instant::now() + START;
        for address in listens {
            while TcpStream::connect(address).is_err() {
                if let Some(status) = process.proxy.try_wait()? {
                    process.read_all();
                    let message = format!("it ended, {status}:\n{}", process.output());
                    return Err(io::Error::other(message));
                }
                if Instant::now() > end {
                    let message = format!("{address}: nothing listens:\n{}", process.output());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                thread::sleep(POLL);
            }
        }
        Ok(process)
    }

    pub(crate) fn output(&self) -> String {
        self.output.lock().map(|output| output.clone()).unwrap_or_default()
    }

    fn read_all(&mut self) {
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

fn read(mut stderr: std::process::ChildStderr, output: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            if let Ok(mut output) = output.lock() {
                output.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        }
    })
}

impl Drop for Process {
    /// Waits until both have ended.
    fn drop(&mut self) {
        drop::<Option<ChildStdin>>(self.watcher.stdin.take());
        let ended = self.watcher.wait().and_then(|_| self.proxy.wait());
        debug_assert!(ended.is_ok(), "{ended:?}");
        self.read_all();
    }
}
