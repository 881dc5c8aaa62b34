//! The fate of a delivery after an attempt.
//!
//! A delivery waits in the outbox until its time. A server claims it for a while, tries once, and asks [`next`].
//! If the server dies, the claim ends, and another server tries: that counts as an attempt, but not as a try, since nothing
//! is known about the endpoint. So each delivery ends, at the latest some time after [`Due::AGE_MAX`].

use std::time::Duration;

use crate::answer::Verdict;
use crate::outcome::{Outcome, Reason};
use crate::schedule::{DELAYS, Jitter};
use crate::time::Timestamp;

/// A delivery whose attempt has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// How often it has failed before, since it was accepted or replayed.
    pub tries: u32,
    /// When it was accepted or replayed.
    pub since: Timestamp,
    /// When its endpoint became active. The time before does not count: after a pause, each delivery has its whole time.
    pub active_since: Timestamp,
}

impl Due {
    /// A delivery that fails when it is older ends. The whole schedule with its jitter is shorter; the rest is for
    /// deliveries that had to wait for their endpoint.
    pub const AGE_MAX: Duration = Duration::from_hours(4 * 24);
}

/// The fate of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It ends.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Reason,
    },
    /// It waits for the next attempt.
    Again {
        /// Not to be claimed before.
        at: Timestamp,
        /// How often it has failed now.
        tries: u32,
    },
}

/// Decides what becomes of a delivery.
pub fn next(due: Due, verdict: Verdict, now: Timestamp, jitter: Jitter) -> Next {
    let ended = |outcome, reason| Next::Ended { outcome, reason };
    let (reason, not_before) = match verdict {
        Verdict::Delivered => return ended(Outcome::Delivered, Reason::Success),
        Verdict::Refused(reason) => return ended(Outcome::Refused, reason),
        Verdict::Gone => return ended(Outcome::Refused, Reason::Gone),
        Verdict::Credentials => (Reason::Credentials, None),
        Verdict::Failed { reason, not_before, .. } => (reason, not_before),
    };
    let is_old = now.since(due.since.max(due.active_since)) > Due::AGE_MAX;
    let delay = usize::try_from(due.tries).ok().and_then(|tries| DELAYS.get(tries));
    match delay {
        Some(&delay) if !is_old => {
            let at = now.after(jitter.stretch(delay));
            let at = not_before.map_or(at, |not_before| at.max(not_before));
            Next::Again { at, tries: due.tries + 1 }
        }
        _ => ended(Outcome::Expired, reason),
    }
}
