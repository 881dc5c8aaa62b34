//! A process that takes part.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::spread::ONE_THREAD;

/// A process. Dropped, it is killed.
pub(crate) struct Program {
    pub(crate) child: Child,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self { child: command.spawn().expect("it starts") }
    }

    /// Starts this program again, as a peer. Gives the line that it prints first, too.
    pub(crate) fn peer(arguments: &[&str], settings: &[(&str, &str)]) -> (Self, String) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(arguments).envs(settings.iter().copied()).env(ONE_THREAD.0, ONE_THREAD.1);
        let mut program = Self::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let line = program.line();
        (program, line)
    }

    /// The next line that it prints. It prints no other before it is asked for one.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.child.stdout.as_mut().expect("piped");
        BufReader::with_capacity(1, stdout).read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// Lets it do nothing until [`Self::go_on`].
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Ends it as an operator does.
    pub(crate) fn end(mut self) {
        self.signal("-TERM");
        assert!(self.child.wait().expect("it ends").success(), "it failed");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let done = Command::new("kill").args([name, &id]).status().expect("kill");
        assert!(done.success(), "{name} {id}");
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
