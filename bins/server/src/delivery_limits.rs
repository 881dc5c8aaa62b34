//! Limits on the work for endpoints.

use std::num::NonZeroU32;
use std::time::Duration;

/// Limits on what is under way to endpoints, on each server.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryLimits {
    /// How many requests are under way at once, without those that hang.
    pub prompt_requests_max: usize,
    /// A request that takes longer hangs.
    pub prompt: Duration,
    /// How many requests are under way at once, with those that hang.
    pub requests_max: usize,
    /// How many of them are for the endpoints of one app.
    pub app_requests_max: u32,
    /// How many of them are for endpoints which failed last, or have never answered well. However many hang, the others
    /// have places.
    pub suspect_requests_max: u32,
    /// The longest time between two looks at the outbox, also if nothing is announced.
    pub look: Duration,
    /// How many endpoints are in memory with their secrets opened.
    pub opened_max: usize,
    /// How many questions and tests people may send to the endpoints of one app in an hour, on average. Each is a request
    /// to what may be a stranger.
    pub app_tries_per_hour: NonZeroU32,
    /// How many of them they may send at once.
    pub app_tries_burst: NonZeroU32,
}

impl Default for DeliveryLimits {
    fn default() -> Self {
        Self {
            prompt_requests_max: 256,
            prompt: Duration::from_secs(2),
            requests_max: 512,
            app_requests_max: 64,
            suspect_requests_max: 64,
            look: Duration::from_secs(1),
            opened_max: 1000,
            app_tries_per_hour: const { NonZeroU32::new(60).expect("not zero") },
            app_tries_burst: const { NonZeroU32::new(20).expect("not zero") },
        }
    }
}
