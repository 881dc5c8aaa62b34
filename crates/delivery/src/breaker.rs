//! How much an endpoint may get at once, by how it has answered.
//!
//! Without this gate, an endpoint that does not answer would have each of its events tried by itself, and each such
//! attempt holds a place for many seconds. With it:
//!
//! 1. After [`Health::FAILURES_MAX`] failures in a row, nothing is sent for a while: [`Health::WAIT_MIN`] at first, then
//!    twice as long after each failure, up to [`Health::WAIT_MAX`].
//! 2. After each wait, one delivery is sent as a probe.
//! 3. If it succeeds, 1, 2 and 4 deliveries may be in flight, one step for each success, and then all again. A failure
//!    on the way blocks the endpoint again.
//!
//! Waiting for the gate costs a delivery none of its tries.

use std::time::Duration;

use crate::answer::Verdict;
use crate::schedule::Jitter;
use crate::time::Timestamp;
use crate::words::words;

/// The value of [`Health::failures`] when a probe has succeeded: three successes from all.
const RECOVERING: i32 = -3;

words! {
    /// Why the server disabled an endpoint.
    DisableReason {
        /// It failed for [`Health::FAILING_MAX`].
        Failing = "failing",
        /// It answered with the status 410.
        Gone = "gone",
        /// The vendor refused the credentials.
        Credentials = "credentials",
    }
}

/// The gate of an endpoint. That of an endpoint which becomes active is [`Health::default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The number of failures in a row. Below zero, the endpoint recovers: −3, −2 and −1 are for 1, 2 and 4 in flight.
    pub failures: i32,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before.
    pub blocked_until: Timestamp,
}

impl Health {
    /// After so many failures in a row, an endpoint is blocked.
    pub const FAILURES_MAX: i32 = 5;
    /// The first wait, without its jitter.
    pub const WAIT_MIN: Duration = Duration::from_secs(5);
    /// The longest wait, with its jitter. Only an endpoint that asks for more gets more.
    pub const WAIT_MAX: Duration = Duration::from_mins(5);
    /// An endpoint that fails for so long, without any success and at least [`Health::FAILURES_MAX`] times, is disabled.
    pub const FAILING_MAX: Duration = Duration::from_hours(5 * 24);

    /// How many deliveries may be in flight now, of at most `most`.
    pub fn room(&self, now: Timestamp, most: u32) -> u32 {
        match self.failures {
            _ if now < self.blocked_until => 0,
            Self::FAILURES_MAX.. => most.min(1),
            0.. => most,
            -1 => most.min(4),
            -2 => most.min(2),
            ..=RECOVERING => most.min(1),
        }
    }

    /// The gate after an attempt, and whether the endpoint is to be disabled.
    #[must_use]
    pub fn after(
        self,
        verdict: Verdict,
        now: Timestamp,
        jitter: Jitter,
    ) -> (Self, Option<DisableReason>) {
        match verdict {
            Verdict::Delivered | Verdict::Refused(_) => (self.succeeded(), None),
            Verdict::Gone => (self, Some(DisableReason::Gone)),
            Verdict::Credentials => (self, Some(DisableReason::Credentials)),
            Verdict::Failed { not_before, is_busy, .. } => {
                let mut health = self.failed(now, jitter);
                if let Some(not_before) = not_before.filter(|_| is_busy) {
                    health.blocked_until = health.blocked_until.max(not_before);
                }
                (health, health.is_dead(now).then_some(DisableReason::Failing))
            }
        }
    }

    /// A success does not end a wait: the endpoint may have asked for it.
    fn succeeded(self) -> Self {
        let failures = match self.failures {
            Self::FAILURES_MAX.. => RECOVERING,
            0.. => 0,
            recovering => recovering + 1,
        };
        Self { failures, failing_since: None, ..self }
    }

    fn failed(self, now: Timestamp, jitter: Jitter) -> Self {
        let failing_since = self.failing_since.or(Some(now));
        // Sent before the wait began: all of them failing once is one outage, not many.
        if now < self.blocked_until {
            return Self { failing_since, ..self };
        }
        let failures =
            if self.failures < 0 { Self::FAILURES_MAX } else { self.failures.saturating_add(1) };
        let blocked_until = match u32::try_from(failures - Self::FAILURES_MAX) {
            Ok(beyond) => now.after(wait(beyond, jitter)),
            Err(_) => self.blocked_until,
        };
        Self { failures, failing_since, blocked_until }
    }

    fn is_dead(&self, now: Timestamp) -> bool {
        let is_long = self.failing_since.is_some_and(|since| now.since(since) >= Self::FAILING_MAX);
        is_long && self.failures >= Self::FAILURES_MAX
    }
}

fn wait(beyond: u32, jitter: Jitter) -> Duration {
    let wait = Health::WAIT_MIN.saturating_mul(2_u32.saturating_pow(beyond)).min(Health::WAIT_MAX);
    jitter.stretch(wait).min(Health::WAIT_MAX)
}
