//! When a failed attempt is repeated.

use std::time::Duration;

const fn minutes(number: u64) -> Duration {
    Duration::from_mins(number)
}

const fn hours(number: u64) -> Duration {
    Duration::from_hours(number)
}

/// The waits after the first failure, the second, and so on: those of
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability),
/// 75:35:05 hours in all. So there are ten attempts, and each weekend's outage (Friday 18:00 to Monday 9:00, 63 hours) has one
/// after it.
pub const DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    minutes(5),
    minutes(30),
    hours(2),
    hours(5),
    hours(10),
    hours(14),
    hours(20),
    hours(24),
];

/// A random number, of which all values are equally likely. The caller draws one for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(pub u64);

impl Jitter {
    /// Makes a wait up to a quarter longer, in whole milliseconds, so that those who failed together do not come back together.
    ///
    /// *Full* jitter, which draws from zero up, would halve the schedule on average, and a weekend would be too long for it.
    pub fn stretch(self, delay: Duration) -> Duration {
        let quarter = delay.as_millis() / 4;
        let more = (quarter.saturating_mul(u128::from(self.0) + 1)) >> 64;
        delay + Duration::from_millis(u64::try_from(more).unwrap_or(u64::MAX))
    }
}
