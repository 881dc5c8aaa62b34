//! The writer, as its parent sees it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

/// The start of the line with which a child process reports its failure.
pub(crate) const FAILED: &str = "failed: ";

/// Long enough for a loaded machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Writing {
    child: Child,
    lines: Receiver<String>,
    /// All lines so far: the acknowledged writes.
    pub(crate) acknowledged: Vec<String>,
}

impl Writing {
    pub(crate) fn start(database: &str, seed: u64) -> Result<Self, Failed> {
        Self::start_as("writer", database, seed)
    }

    /// Starts one of the processes that are killed.
    pub(crate) fn start_as(name: &str, database: &str, seed: u64) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([name, database, &seed.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines, acknowledged: Vec::new() })
    }

    /// Waits for this many more acknowledged writes.
    pub(crate) fn wait_for(&mut self, writes: usize) -> Result<(), Failed> {
        let (goal, end) = (self.acknowledged.len() + writes, Instant::now() + DEADLINE);
        while self.acknowledged.len() < goal {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.read(line)?,
                Err(RecvTimeoutError::Timeout) => return Err("the writer writes nothing".into()),
                Err(RecvTimeoutError::Disconnected) => return Err("the writer has ended".into()),
            }
        }
        Ok(())
    }

    /// Reads the writes that were acknowledged until now, without waiting for others.
    pub(crate) fn read_all(&mut self) -> Result<(), Failed> {
        while let Ok(line) = self.lines.try_recv() {
            self.read(line)?;
        }
        Ok(())
    }

    /// Kills the writer, and gives all writes that were acknowledged.
    pub(crate) fn kill(mut self) -> Result<Vec<String>, Failed> {
        self.child.kill()?;
        self.child.wait()?;
        // Until the end of its output.
        while let Ok(line) = self.lines.recv_timeout(DEADLINE) {
            self.read(line)?;
        }
        Ok(std::mem::take(&mut self.acknowledged))
    }

    fn read(&mut self, line: String) -> Result<(), Failed> {
        if line.starts_with(FAILED) {
            return Err(format!("the writer {line}").into());
        }
        self.acknowledged.push(line);
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
