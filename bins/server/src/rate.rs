//! Limits on how often something happens, for each of many keys.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// The fewest calls between two times at which keys are forgotten that are as good as new.
const CALLS_MIN: usize = 10_000;

/// A limit, with how much of it each key has used.
///
/// Each call adds one key at most. Keys that are as good as new are forgotten after [`CALLS_MIN`] calls, or after as many
/// calls as keys were left the last time, if those are more. So a call looks at two keys on average at most, however many
/// there are, and the keys are at most twice as many as were left the last time, or [`CALLS_MIN`] more.
#[derive(Debug)]
pub(crate) struct Rate<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    /// Calls until keys are forgotten.
    left: AtomicUsize,
}

impl<K: Clone + Eq + Hash> Rate<K> {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), left: AtomicUsize::new(CALLS_MIN) }
    }

    /// Counts one. The error is how long the key has to wait.
    pub(crate) fn count(&self, key: &K) -> Result<(), Duration> {
        self.count_many(key, NonZeroU32::MIN)
    }

    /// Counts so many at once, or none of them. The error is how long the key has to wait; if there are more than
    /// it can ever have at once, that is a minute.
    pub(crate) fn count_many(&self, key: &K, number: NonZeroU32) -> Result<(), Duration> {
        self.forget();
        match self.limiter.check_key_n(key, number) {
            Ok(counted) => {
                counted.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
            }
            Err(_) => Err(Duration::from_mins(1)),
        }
    }

    /// Forgets keys if it is time.
    fn forget(&self) {
        // Of calls at the same time, one has the last number.
        if self.left.fetch_sub(1, Relaxed) == 1 {
            self.limiter.retain_recent();
            self.left.store(self.limiter.len().max(CALLS_MIN), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).expect("not zero")
    }

    #[test]
    fn keys_of_long_ago_are_forgotten() {
        let rate = Rate::new(Quota::per_second(NonZeroU32::MAX));
        for key in 0..30_000 {
            assert_eq!(rate.count(&key), Ok(()));
        }
        assert!(rate.limiter.len() <= CALLS_MIN, "{}", rate.limiter.len());
    }

    /// Looking at all of them on each call would take minutes.
    #[test]
    fn many_keys_in_use_cost_little() {
        let rate = Rate::new(Quota::per_hour(number(1)));
        let mut looks = 0;
        for key in 0..100_000 {
            let before = rate.left.load(Relaxed);
            assert_eq!(rate.count(&key), Ok(()));
            looks += usize::from(rate.left.load(Relaxed) >= before);
        }
        // After 10,000 calls, and then whenever there are twice as many keys.
        assert_eq!((looks, rate.limiter.len()), (4, 100_000));
    }

    #[test]
    fn many_count_together_or_not_at_all() {
        let rate = Rate::new(Quota::per_hour(number(10)));
        assert_eq!(rate.count_many(&1, number(8)), Ok(()));
        assert!(rate.count_many(&1, number(3)).is_err());
        assert_eq!(rate.count_many(&1, number(2)), Ok(()));
        assert_eq!(rate.count_many(&2, number(11)), Err(Duration::from_mins(1)));
        assert_eq!(rate.count_many(&2, number(10)), Ok(()));
    }
}
