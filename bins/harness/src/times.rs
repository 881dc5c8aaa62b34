//! Where a run's time went: the slowest tests, and the starts and ends of browsers.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Number of tests listed.
const SLOWEST: usize = 20;

/// The time that one test took.
#[derive(Debug, Clone)]
struct Time {
    name: String,
    /// Until it had a browser.
    start: Duration,
    /// From then to its verdict.
    test: Duration,
    /// Until its browser was gone.
    end: Duration,
}

impl Time {
    fn total(&self) -> Duration {
        self.start + self.test + self.end
    }
}

/// The times of a run's tests.
#[derive(Debug, Default)]
pub(crate) struct Times(Mutex<Vec<Time>>);

impl Times {
    /// Records how long a test took to get its browser, to run, and to end its browser.
    pub(crate) fn add(&self, name: String, [start, test, end]: [Duration; 3]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Time { name, start, test, end });
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|time| std::cmp::Reverse(time.total()));
        let sum = |part: fn(&Time) -> Duration| all.iter().map(part).sum::<Duration>().as_secs();
        writeln!(
            f,
            "times of {} tests, one after the other: {} s in tests, {} s starting browsers, {} s ending them; the slowest:",
            all.len(),
            sum(|time| time.test),
            sum(|time| time.start),
            sum(|time| time.end),
        )?;
        for time in all.iter().take(SLOWEST) {
            writeln!(f, "{:>7.1} s  {}", time.total().as_secs_f64(), time.name)?;
        }
        Ok(())
    }
}
