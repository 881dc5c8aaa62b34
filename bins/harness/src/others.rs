//! Processor time that other programs take during a measurement.
//!
//! A benchmark in a browser compares moments, and a compiler beside it spoils them. The time of
//! others is all the time that Linux has counted, less that of this program and of everything it
//! started. Without `/proc` it is not known.

use std::collections::HashMap;
use std::fs;
use std::iter::successors;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// Ticks in a second: Linux shows processor time in hundredths, whatever its own clock is.
const TICKS_PER_SECOND: f64 = 100.0;

/// How long others are watched before they count as resting.
const GLANCE: Duration = Duration::from_millis(500);

/// Watches others from its creation on.
#[derive(Debug)]
pub struct Others {
    start: Instant,
    ticks: Option<f64>,
}

impl Others {
    /// Begins to watch.
    pub fn watch() -> Self {
        Self { start: Instant::now(), ticks: ticks() }
    }

    /// Average number of processors that others kept busy so far: 0.5 is half of one. `None` if
    /// that is not known.
    pub fn busy(&self) -> Option<f64> {
        Some((ticks()? - self.ticks?) / TICKS_PER_SECOND / self.start.elapsed().as_secs_f64())
    }

    /// Waits until others keep less than `processors` busy, at most for `limit`.
    pub async fn rest(processors: f64, limit: Duration) {
        let start = Instant::now();
        loop {
            let others = Self::watch();
            sleep(GLANCE).await;
            let rest = others.busy().is_none_or(|busy| busy < processors);
            if rest || start.elapsed() > limit {
                return;
            }
        }
    }
}

/// The ticks of others since the machine started.
fn ticks() -> Option<f64> {
    let mut processes = HashMap::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // The process may have ended meanwhile.
        let stat = fs::read_to_string(entry.path().join("stat"));
        if let (Some(pid), Ok(stat)) = (pid, stat) {
            processes.insert(pid, Process::read(&stat)?);
        }
    }
    let all = fs::read_to_string("/proc/stat").ok()?;
    Some(busy_ticks(&all)? - of_family(&processes, std::process::id()))
}

/// The busy ticks of all processors in `/proc/stat`: user, nice and system, then, after two idle
/// counters, interrupts and time that a host took.
fn busy_ticks(stat: &str) -> Option<f64> {
    let ticks = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<f64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    Some(ticks.get(..3)?.iter().chain(ticks.get(5..8)?).sum())
}

#[derive(Debug, PartialEq)]
struct Process {
    parent: u32,
    /// Includes those of its children that have ended.
    ticks: f64,
}

impl Process {
    /// Reads `/proc/<pid>/stat`.
    fn read(stat: &str) -> Option<Self> {
        // The name in parentheses can be any text.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks })
    }
}

/// The ticks of a process and of all its descendants.
fn of_family(processes: &HashMap<u32, Process>, head: u32) -> f64 {
    let parent = |pid: &u32| processes.get(pid).map(|process| process.parent);
    let of_family = |pid: u32| successors(Some(pid), parent).any(|pid| pid == head);
    processes.iter().filter(|(pid, _)| of_family(**pid)).map(|(_, process)| process.ticks).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_idle_processors_is_not_counted() {
        let stat = "cpu  100 20 3 5000 600 40 5 6 70 80\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(busy_ticks(stat), Some(174.0));
        assert_eq!(busy_ticks("cpu  1 2"), None);
    }

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "42 (a) S 9 (b)) R 7 42 42 0 -1 64 1 2 3 4 100 20 3 4 20 0 1 0 99";
        assert_eq!(Process::read(stat), Some(Process { parent: 7, ticks: 127.0 }));
    }

    #[test]
    fn a_family_has_grandchildren_and_no_strangers() {
        let process = |pid, parent, ticks| (pid, Process { parent, ticks });
        let processes =
            [process(1, 0, 1.0), process(5, 1, 20.0), process(6, 5, 300.0), process(7, 6, 4_000.0)];
        assert!((of_family(&processes.into(), 5) - 4_320.0).abs() < f64::EPSILON);
    }
}
