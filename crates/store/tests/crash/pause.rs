//! A server that hangs: all of its processes are stopped, and its sockets stay open.

use std::fs;
use std::path::Path;

use c2c_cluster::Cluster;
use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};

/// The stopped processes. Dropped, they continue.
pub(crate) struct Paused(Vec<Pid>);

impl Paused {
    pub(crate) fn new(cluster: &Cluster) -> Result<Self, Failed> {
        let data = cluster.psql("postgres", "SHOW data_directory")?;
        let ids = fs::read_to_string(Path::new(&data).join("postmaster.pid"))?;
        let server = ids.lines().next().unwrap_or_default();
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"))?;
        let mut paused = Self(Vec::new());
        // The parent first, so that it starts no others.
        for id in std::iter::once(server).chain(children.split_whitespace()) {
            let id = Pid::from_raw(id.parse()?).ok_or("a process has the id 0")?;
            // A child may have ended.
            if kill_process(id, Signal::STOP).is_ok() {
                paused.0.push(id);
            }
        }
        Ok(paused)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for id in &self.0 {
            let _ = kill_process(*id, Signal::CONT);
        }
    }
}
