//! The number of connections for which the system has file descriptors.
//!
//! Each connection takes a file descriptor, and a process has a limit: often 1,024, which is less
//! than both doors together may serve. A server without free descriptors cannot accept a connection
//! at *any* door, and its database may fail. So the server raises the limit as far as its
//! connection limits need. If the system does not allow that, the connection limits shrink: a
//! reserve is left for the rest of the process, and each door has its own share of the remainder.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not for connections. The database takes four times three, the runtime ten
/// or so, and each listener two: its own, and that of a connection that does not yet have a place.
const RESERVE: usize = 64;

/// Descriptors for requests to customers' servers, if the system allows more than is needed for connections. Without them,
/// such requests fail at times, and are sent again.
const REQUESTS: usize = 512;

/// The smallest limit worth starting with. A browser opens six connections to each host.
const CONNECTIONS_MIN: usize = 64;

/// An error: the system allows too few descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFew {
    /// The number that it allows.
    pub(crate) limit: usize,
    /// The smallest sufficient number.
    pub(crate) least: usize,
}

/// How many connections each door may serve at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Console and API.
    pub(crate) console: usize,
    /// Parent page, widget and sandbox.
    pub(crate) pages: usize,
}

impl Bounds {
    /// Raises the process's limit as far as `connections_max` at each door needs it, and returns
    /// the number of connections that fit.
    pub(crate) fn provide(connections_max: usize) -> Result<Self, TooFew> {
        let limit = raise(connections_max.saturating_mul(2).saturating_add(RESERVE + REQUESTS));
        let bounds = Self::within(limit, connections_max)?;
        let Self { console, pages } = bounds;
        if pages < connections_max {
            tracing::warn!(
                "the limit of {limit} open files leaves room for {console} connections to the console \
                 and {pages} to the pages at once, not {connections_max} each; `ulimit -Hn`, or \
                 LimitNOFILE= of a systemd unit, raises it"
            );
        }
        Ok(bounds)
    }

    /// Divides the descriptors between the doors. The console has few users, so it needs fewer than
    /// the pages.
    pub(crate) fn within(limit: usize, connections_max: usize) -> Result<Self, TooFew> {
        let free = limit.saturating_sub(RESERVE);
        if free / 2 >= connections_max {
            return Ok(Self { console: connections_max, pages: connections_max });
        }
        if free < CONNECTIONS_MIN {
            return Err(TooFew { limit, least: RESERVE + CONNECTIONS_MIN });
        }
        let console = connections_max.min(free / 4);
        Ok(Self { console, pages: connections_max.min(free - console) })
    }
}

/// Raises the soft limit to `needed` if it is lower, but not beyond the hard one. Returns the
/// resulting limit.
fn raise(needed: usize) -> usize {
    let count = |limit: Option<u64>| {
        limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    };
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = needed.min(count(maximum));
    if count(current) >= wanted {
        return count(current);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted as u64), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files to {wanted}");
            count(current)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, TooFew};

    #[track_caller]
    fn check(limit: usize, connections_max: usize, expected: Result<(usize, usize), TooFew>) {
        let bounds = Bounds::within(limit, connections_max);
        assert_eq!(bounds.map(|Bounds { console, pages }| (console, pages)), expected);
    }

    #[test]
    fn a_limit_that_suffices_changes_nothing() {
        check(usize::MAX, 1024, Ok((1024, 1024)));
        check(2112, 1024, Ok((1024, 1024)));
        check(68, 2, Ok((2, 2)));
    }

    #[test]
    fn a_lower_limit_is_shared_after_the_reserve() {
        check(2111, 1024, Ok((511, 1024)));
        check(1024, 1024, Ok((240, 720)));
        check(128, 1024, Ok((16, 48)));
    }

    #[test]
    fn a_limit_that_leaves_next_to_nothing_is_refused() {
        check(127, 1024, Err(TooFew { limit: 127, least: 128 }));
        check(0, 1, Err(TooFew { limit: 0, least: 128 }));
    }
}
