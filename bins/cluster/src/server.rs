//! One run of the server, from its start to the end of its last process.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Context as _, Error, Result};
use crate::log::{Log, Said};

/// Longest wait for a start or an end.
const DEADLINE: Duration = Duration::from_secs(30);

/// Longest wait for an immediate shutdown. The server itself kills its children after 5 s.
const IMMEDIATE: Duration = Duration::from_secs(8);

#[derive(Debug)]
pub(crate) struct Server {
    /// The postmaster, whose children serve the connections. It is waited for only after the end of
    /// its log, so until then its process id belongs to no other process.
    postmaster: Child,
    log: Log,
}

impl Server {
    /// Starts the server in its own process group, so that Ctrl-C reaches only the test.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut postmaster = command
            .spawn()
            .context(format_args!("cannot start {}", command.get_program().display()))?;
        let stderr = postmaster.stderr.take();
        let log = Log::read(stderr.ok_or_else(|| Error::new("the server has no log"))?);
        Ok(Self { postmaster, log })
    }

    pub(crate) fn id(&self) -> u32 {
        self.postmaster.id()
    }

    /// Whether all of its processes have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.log.wait_for(&[], Duration::ZERO) == Said::Ended
    }

    /// Waits until it accepts connections.
    pub(crate) fn wait_until_ready(&self) -> Result<()> {
        match self.log.wait_for(&[Said::Ready, Said::Ended], DEADLINE) {
            Said::Ready => Ok(()),
            Said::Ended => Err(self.failed("ended before it was ready")),
            Said::Nothing => Err(self.failed(&format!("is not ready after {DEADLINE:?}"))),
        }
    }

    /// Shuts it down fast: it ends its connections and writes a checkpoint.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.signal(Signal::INT)?;
        self.wait_for_end()
    }

    /// Shuts it down at once: it writes nothing more.
    pub(crate) fn abandon(&mut self) -> Result<()> {
        self.signal(Signal::QUIT)?;
        self.wait_up_to(IMMEDIATE).or_else(|_| self.kill())
    }

    /// Kills all of its processes, the postmaster first so that it starts no others.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        self.signal(Signal::KILL)?;
        // A child that is not listed ends by itself: it notices that the postmaster is gone.
        for child in children.unwrap_or_default().split_whitespace() {
            if let Some(child) = child.parse().ok().and_then(Pid::from_raw) {
                // Most have ended by now.
                let _ = kill_process(child, Signal::KILL);
            }
        }
        self.wait_for_end()
    }

    /// Waits until all of its processes have ended.
    pub(crate) fn wait_for_end(&mut self) -> Result<()> {
        self.wait_up_to(DEADLINE)
    }

    fn wait_up_to(&mut self, deadline: Duration) -> Result<()> {
        if self.log.wait_for(&[Said::Ended], deadline) != Said::Ended {
            return Err(self.failed(&format!("did not end within {deadline:?}")));
        }
        self.postmaster.wait().context("cannot wait for PostgreSQL")?;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.postmaster), signal)
            .context(format_args!("cannot send {signal:?} to PostgreSQL"))
    }

    fn failed(&self, how: &str) -> Error {
        Error::new(format!("PostgreSQL {how}; the end of its log:{}", self.log.end()))
    }
}
