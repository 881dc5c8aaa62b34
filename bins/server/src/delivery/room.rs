//! How much may begin, beside what is under way: for all endpoints, for those of one app, for those that may hang, and for
//! each by its health and its own wish.

use std::collections::HashMap;

use c2c_delivery::EndpointId;
use c2c_names::AppId;
use c2c_store::{Lane, Lease, Timestamp};
use tokio::time::Instant;

use super::{health, time};
use crate::delivery_limits::DeliveryLimits;

/// A request under way.
pub(super) struct UnderWay {
    pub(super) lease: Lease,
    pub(super) began: Instant,
    /// Its endpoint failed last, or has never answered well.
    pub(super) is_suspect: bool,
}

/// How much may begin.
pub(super) struct Room {
    pub(super) places: usize,
    of_suspects: u32,
    of_app_max: u32,
    /// Requests under way.
    of_apps: HashMap<AppId, u32>,
    /// Requests in this minute to endpoints that want only so many.
    sent: HashMap<EndpointId, u32>,
}

impl Room {
    /// The room beside these requests. Those that hang take no places of others, until there are very many.
    pub(super) fn beside<'a>(
        limits: &DeliveryLimits,
        requests: impl Iterator<Item = &'a UnderWay>,
        sent: HashMap<EndpointId, u32>,
        now: Instant,
    ) -> Self {
        let (mut all, mut prompt, mut suspects) = (0, 0, 0);
        let mut of_apps = HashMap::new();
        for UnderWay { lease, began, is_suspect } in requests {
            all += 1;
            prompt += usize::from(now.duration_since(*began) <= limits.prompt);
            suspects += u32::from(*is_suspect);
            *of_apps.entry(lease.app.clone()).or_default() += 1;
        }
        let prompt = limits.prompt_requests_max.saturating_sub(prompt);
        Self {
            places: prompt.min(limits.requests_max.saturating_sub(all)),
            of_suspects: limits.suspect_requests_max.saturating_sub(suspects),
            of_app_max: limits.app_requests_max,
            of_apps,
            sent,
        }
    }

    /// How many of an endpoint may begin. They are taken from the room of its app; if fewer begin, that does no harm.
    pub(super) fn take(&mut self, lane: &Lane, now: Timestamp) -> u32 {
        let gate = health(lane.health).room(time(now), lane.in_flight_max);
        let of_app = self.of_apps.entry(lane.app.clone()).or_default();
        let mut room =
            gate.saturating_sub(lane.leased).min(self.of_app_max.saturating_sub(*of_app));
        if let Some(rate) = lane.rate_per_minute {
            let sent = self.sent.get(&lane.endpoint).copied().unwrap_or_default();
            room = room.min(rate.saturating_sub(sent));
        }
        if is_suspect(lane) {
            room = room.min(self.of_suspects);
            self.of_suspects -= room;
        }
        *of_app += room;
        room
    }
}

/// Whether an endpoint may well hang: it failed last, or has never answered well.
pub(super) fn is_suspect(lane: &Lane) -> bool {
    lane.health.failures > 0 || lane.health.succeeded_at.is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Requests under way to one endpoint.
    fn requests(number: usize, app: &str, is_suspect: bool, began: Instant) -> Vec<UnderWay> {
        let endpoint = EndpointId::random();
        let one = |seq| {
            let app = app.parse().expect("an id");
            let lease = Lease { app, endpoint, seq, attempt: 1 };
            UnderWay { lease, began, is_suspect }
        };
        (0..).map(one).take(number).collect()
    }

    fn room(requests: &[Vec<UnderWay>], now: Instant) -> Room {
        let limits = DeliveryLimits {
            prompt_requests_max: 10,
            requests_max: 30,
            suspect_requests_max: 7,
            ..DeliveryLimits::default()
        };
        Room::beside(&limits, requests.iter().flatten(), HashMap::new(), now)
    }

    #[test]
    fn requests_that_hang_leave_places_until_there_are_too_many() {
        let long_ago = Instant::now();
        let now = long_ago + DeliveryLimits::default().prompt + Duration::from_secs(1);
        let places = |prompt, hanging| {
            let prompt = requests(prompt, "shop", false, now);
            room(&[prompt, requests(hanging, "shop", false, long_ago)], now).places
        };
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
    fn requests_to_suspects_and_of_apps_are_counted() {
        let now = Instant::now();
        let (few, many) = (requests(5, "shop", true, now), requests(9, "blog", true, now));
        let others = requests(2, "shop", false, now);
        let Room { of_suspects, of_apps, .. } = room(&[few, others], now);
        assert_eq!(of_suspects, 2);
        assert_eq!(of_apps, HashMap::from([("shop".parse().expect("an id"), 7)]));
        assert_eq!(room(&[many], now).of_suspects, 0);
    }
}
