//! The time limit of a step: a run that can hang is useless.
//!
//! At the limit, a step's programs are ended: the descendants of this process, except those in
//! other process groups. Those are browsers, drivers and servers of tests, whose watchers
//! (`bins/harness/src/process.rs`) end them and clean up once the test is gone.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::run::Result;

/// How often it prints that the step is still running.
const PROGRESS: Duration = Duration::from_secs(50);
/// Between `SIGTERM` and `SIGKILL`.
const GRACE: Duration = Duration::from_secs(5);

/// Watches one step in a separate thread.
#[derive(Debug)]
pub(super) struct Watchdog {
    stop: Sender<()>,
    thread: JoinHandle<bool>,
}

impl Watchdog {
    /// Starts watching the step `name`.
    pub(super) fn start(name: String, limit: Duration) -> Self {
        Self::watch(std::process::id(), name, limit, PROGRESS)
    }

    /// Like `start`, for the descendants of any process.
    fn watch(root: u32, name: String, limit: Duration, progress: Duration) -> Self {
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || watch(root, &name, limit, progress, &stopped));
        Self { stop, thread }
    }

    /// Stops watching. Returns whether the limit was reached.
    pub(super) fn stop(self) -> Result<bool> {
        // A watchdog that has already stopped receives nothing.
        let _heard = self.stop.send(());
        self.thread.join().map_err(|_| "the watchdog panicked".into())
    }
}

fn watch(
    root: u32,
    name: &str,
    limit: Duration,
    progress: Duration,
    stopped: &Receiver<()>,
) -> bool {
    let begun = Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break;
        }
        if stopped.recv_timeout(left.min(progress)) != Err(RecvTimeoutError::Timeout) {
            return false;
        }
        let elapsed = begun.elapsed().as_secs();
        println!("== {name}: {elapsed} s of at most {} s", limit.as_secs());
        let _shown = std::io::stdout().flush();
    }
    // Repeats until the step gives up, because it may start another program when one has ended.
    loop {
        for signal in ["TERM", "KILL"] {
            end(signal, &descendants(root));
            if stopped.recv_timeout(GRACE) != Err(RecvTimeoutError::Timeout) {
                return true;
            }
        }
    }
}

fn end(signal: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let mut kill = Command::new("kill");
    kill.args(["-s", signal]).args(processes.iter().map(u32::to_string));
    // A process may have ended meanwhile.
    let _ended = kill.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process: its id, its parent's, and its group's.
type Kin = (u32, u32, u32);

/// The descendants of a process that are in its group.
fn descendants(root: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<Kin> = entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            kin(id, &stat)
        })
        .collect();
    below(root, &all)
}

/// The contents of `/proc/<id>/stat`: `id (name) state parent group …`, where a name may have
/// parentheses.
fn kin(id: u32, stat: &str) -> Option<Kin> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    Some((id, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn below(root: u32, all: &[Kin]) -> Vec<u32> {
    let Some(&(.., group)) = all.iter().find(|(id, ..)| *id == root) else { return Vec::new() };
    let mut found = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for &(id, of, its) in all {
            if of == parent && its == group {
                found.push(id);
                parents.push(id);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use super::*;

    /// A shell in its own process group that waits for the processes of `script`.
    fn shell(script: &str) -> Result<std::process::Child> {
        Ok(Command::new("sh").args(["-c", script]).process_group(0).spawn()?)
    }

    #[test]
    fn a_step_that_does_not_end_is_ended_at_its_limit() -> Result<()> {
        let begun = Instant::now();
        let mut step = shell("sleep 600 & wait")?;
        let limit = Duration::from_millis(200);
        let watchdog = Watchdog::watch(step.id(), "a test".to_owned(), limit, PROGRESS);
        step.wait()?;
        assert!(watchdog.stop()?, "the limit was not reached");
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
        Ok(())
    }

    #[test]
    fn one_that_hears_no_term_is_killed() -> Result<()> {
        let mut step = shell("sh -c 'trap : TERM; while :; do sleep 1; done' & wait")?;
        let limit = Duration::from_millis(200);
        let watchdog = Watchdog::watch(step.id(), "a test".to_owned(), limit, PROGRESS);
        step.wait()?;
        assert!(watchdog.stop()?, "the limit was not reached");
        Ok(())
    }

    #[test]
    fn one_that_ends_in_time_is_left_alone() -> Result<()> {
        let mut step = shell("sleep 0.1 & wait $!")?;
        let limit = Duration::from_mins(1);
        let watchdog = Watchdog::watch(step.id(), "a test".to_owned(), limit, PROGRESS);
        assert!(step.wait()?.success());
        assert!(!watchdog.stop()?);
        Ok(())
    }

    #[test]
    fn other_groups_and_other_families_are_left_alone() {
        let all = [(1, 0, 1), (10, 1, 7), (11, 10, 7), (12, 11, 7), (13, 11, 13), (14, 13, 13)];
        let mut found = below(10, &all);
        found.sort_unstable();
        assert_eq!(found, [11, 12]);
        assert_eq!(below(99, &all), Vec::<u32>::new());
        assert_eq!(kin(5, "5 (a) b) S 4 3 2 1"), Some((5, 4, 3)));
    }
}
