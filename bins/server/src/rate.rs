//! Limits on how often something happens, for each of many keys.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Keys in memory before those are forgotten that are as good as new.
const KEYS_MAX: usize = 10_000;

/// A limit, with how much of it each key has used.
#[derive(Debug)]
pub(crate) struct Rate<K: Clone + Eq + Hash>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Eq + Hash> Rate<K> {
    pub(crate) fn new(quota: Quota) -> Self {
        Self(RateLimiter::keyed(quota))
    }

    /// Counts one. The error is how long the key has to wait.
    pub(crate) fn count(&self, key: &K) -> Result<(), Duration> {
        self.count_many(key, NonZeroU32::MIN)
    }

    /// Counts so many at once, or none of them. The error is how long the key has to wait; if there are more than
    /// it can ever have at once, that is a minute.
    pub(crate) fn count_many(&self, key: &K, number: NonZeroU32) -> Result<(), Duration> {
        if self.0.len() > KEYS_MAX {
            self.0.retain_recent();
        }
        match self.0.check_key_n(key, number) {
            Ok(counted) => {
                counted.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
            }
            Err(_) => Err(Duration::from_mins(1)),
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
        assert!(rate.0.len() <= KEYS_MAX + 1, "{}", rate.0.len());
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
