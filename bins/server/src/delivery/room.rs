//! How much may begin: by the server's own limits, and by those of each endpoint.

use std::collections::HashMap;
use std::time::Duration;

use c2c_delivery::EndpointId;
use c2c_names::AppId;
use c2c_store::{Lane, Timestamp};

use super::{health, time};
use crate::delivery_limits::DeliveryLimits;

/// The time for which an endpoint says how many requests it wants.
pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// Deliveries that wait for their turn behind the requests under way.
const WAITING_MAX: usize = 1024;
/// Those of them that are for one endpoint.
const WAITING_OF_ENDPOINT_MAX: u32 = 512;
/// How many wait, for each request to the endpoint that ended well since the last look: those that end during the next
/// look, those that end during the one after it, which claims more, and some more, since looks differ.
const WAITING_PER_ENDED: u32 = 3;

/// How much may begin.
pub(super) struct Room {
    places: u32,
    waiting: u32,
    of_suspects: u32,
    of_app_max: u32,
    /// Requests under way.
    of_apps: HashMap<AppId, u32>,
    /// Requests in this minute to endpoints that want only so many.
    pub(super) sent: HashMap<EndpointId, u32>,
    /// The claimed deliveries of endpoints.
    pub(super) held: HashMap<EndpointId, Held>,
    /// The endpoints that were looked at.
    pub(super) plans: HashMap<EndpointId, Plan>,
}

/// The deliveries of an endpoint that this server has claimed, before a look.
#[derive(Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) in_flight: u32,
    pub(super) waiting: u32,
    /// Requests that ended well since the look before.
    pub(super) ended: u32,
}

/// How this server goes on with an endpoint.
pub(super) struct Plan {
    /// How many of its deliveries may be in flight, on this server.
    pub(super) permits: u32,
    /// It failed last, or has never answered well.
    pub(super) is_suspect: bool,
    /// It wants only so many requests a minute.
    pub(super) is_paced: bool,
}

impl Room {
    /// The room beside so many requests, of which some hang and some are for suspects, and beside so many deliveries that
    /// wait. Those that hang take no places of others, until there are very many.
    pub(super) fn new(
        limits: &DeliveryLimits,
        requests: usize,
        hanging: usize,
        suspects: usize,
        waiting: usize,
    ) -> Self {
        let prompt = limits.prompt_requests_max.saturating_sub(requests - hanging);
        Self {
            places: number(prompt.min(limits.requests_max.saturating_sub(requests))),
            waiting: number(WAITING_MAX.saturating_sub(waiting)),
            of_suspects: limits.suspect_requests_max.saturating_sub(number(suspects)),
            of_app_max: limits.app_requests_max,
            of_apps: HashMap::new(),
            sent: HashMap::new(),
            held: HashMap::new(),
            plans: HashMap::new(),
        }
    }

    /// Counts a request under way to an endpoint of an app.
    pub(super) fn count(&mut self, app: &AppId) {
        *self.of_apps.entry(app.clone()).or_default() += 1;
    }

    /// Whether nothing may begin.
    pub(super) fn is_none(&self) -> bool {
        self.places == 0
    }

    /// Whether nothing may begin for suspects.
    pub(super) fn is_none_for_suspects(&self) -> bool {
        self.of_suspects == 0
    }

    /// Whether most of the endpoints that were looked at are suspects.
    pub(super) fn is_among_suspects(&self) -> bool {
        let suspects = self.plans.values().filter(|plan| plan.is_suspect).count();
        suspects > self.plans.len() / 2
    }

    /// The most that can be claimed.
    pub(super) fn all(&self) -> u32 {
        self.places + self.waiting
    }

    /// How many of an endpoint may be claimed. Those that may begin are taken from the room of its app; if fewer begin,
    /// that does no harm.
    ///
    /// Claims of other servers count as if all of them were in flight. So whatever waits here or there, no more are in
    /// flight on all servers together than the endpoint's settings permit.
    pub(super) fn take(&mut self, lane: &Lane, now: Timestamp) -> u32 {
        let Held { in_flight, waiting, ended } =
            self.held.get(&lane.endpoint).copied().unwrap_or_default();
        let others = lane.leased.saturating_sub(in_flight + waiting);
        let gate = health(lane.health).room(time(now), lane.in_flight_max);
        let of_app = self.of_apps.entry(lane.app.clone()).or_default();
        let mut begin = gate
            .saturating_sub(others + in_flight)
            .min(self.of_app_max.saturating_sub(*of_app))
            .min(self.places);
        if let Some(rate) = lane.rate_per_minute {
            let sent = self.sent.get(&lane.endpoint).copied().unwrap_or_default();
            begin = begin.min(rate.saturating_sub(sent));
        }
        let (is_suspect, is_paced) = (lane.is_suspect(), lane.rate_per_minute.is_some());
        if is_suspect {
            begin = begin.min(self.of_suspects);
            self.of_suspects -= begin;
        }
        *of_app += begin;
        self.places -= begin;
        // Fewer than are in flight, if the limit is lower than it was.
        let permits = (in_flight + begin).min(gate);
        self.plans.insert(lane.endpoint, Plan { permits, is_suspect, is_paced });
        let calm = !is_suspect
            && !is_paced
            && gate == lane.in_flight_max
            && permits > 0
            && others + permits <= gate;
        let ahead = if calm { WAITING_PER_ENDED.saturating_mul(ended) } else { 0 };
        let more = ahead.min(WAITING_OF_ENDPOINT_MAX).saturating_sub(waiting).min(self.waiting);
        self.waiting -= more;
        begin + more
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(requests: usize, hanging: usize, suspects: usize) -> Room {
        let limits = DeliveryLimits {
            prompt_requests_max: 10,
            requests_max: 30,
            suspect_requests_max: 7,
            ..DeliveryLimits::default()
        };
        Room::new(&limits, requests, hanging, suspects, 0)
    }

    #[test]
    fn requests_that_hang_leave_places_until_there_are_too_many() {
        let places = |prompt, hanging| room(prompt + hanging, hanging, 0).places;
        assert_eq!(places(0, 0), 10);
        assert_eq!(places(4, 0), 6);
        assert_eq!(places(11, 0), 0);
        // Beside many that hang, there are as many places.
        assert_eq!(places(4, 16), 6);
        assert_eq!(places(4, 21), 5);
        assert_eq!(places(0, 30), 0);
        assert_eq!(places(0, 31), 0);
    }

    #[test]
    fn requests_to_suspects_are_counted() {
        assert_eq!(room(7, 0, 5).of_suspects, 2);
        assert_eq!(room(9, 0, 9).of_suspects, 0);
    }
}
