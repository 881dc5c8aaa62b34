//! A server that hangs: all of its processes are stopped, and its sockets stay open.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Context as _, Error, Result};

/// A server whose processes are stopped. The system accepts connections for it, and nothing answers.
///
/// Dropped, the server continues. Drop it before the [`Cluster`](crate::Cluster).
#[derive(Debug)]
pub struct Paused(Vec<Pid>);

impl Paused {
    pub(crate) fn new(server: u32) -> Result<Self> {
        let mut paused = Self(Vec::new());
        // The parent first, so that it starts no others.
        paused.stop(&server.to_string())?;
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"))
            .context("cannot list the processes of PostgreSQL")?;
        for child in children.split_whitespace() {
            paused.stop(child)?;
        }
        Ok(paused)
    }

    fn stop(&mut self, id: &str) -> Result<()> {
        let id = id.parse().ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| Error::new("a process of PostgreSQL has no id"))?;
        // A child may have ended.
        if kill_process(id, Signal::STOP).is_ok() {
            self.0.push(id);
        }
        Ok(())
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for id in &self.0 {
            // It may have been killed.
            let _ = kill_process(*id, Signal::CONT);
        }
    }
}
