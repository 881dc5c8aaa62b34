//! The server's dealings with the outbox: it writes results down, and claims what is due.
//!
//! Very many endpoints may have deliveries that are due, and for which there is no room: they hang, their app has used its
//! share, or they want only so many requests a minute. They must not delay others. So a look that has not come to the last
//! endpoint is followed by the next one as soon as the loop permits, which goes on from there: a short transaction in 10 ms
//! at most. After the last endpoint there is a pause. Suspects are passed by while there is no room for them, and in each
//! second look while most of the endpoints on the way are suspects.

use std::collections::HashMap;
use std::time::Duration;

use c2c_delivery::{EndpointId, Verdict};
use c2c_store::{
    self as store, Actor, Claimed, Claimer, EndpointHealth, Lane, Lease, Settled, Settlement,
    Store, StoreError, Timestamp,
};
use tokio::time::{Instant, timeout};

use super::attempt::Done;
use super::room::Room;
use super::under_way::{LEASE, Results};
use super::{health, jitter, stored, time};
use crate::metrics::METRICS;

/// The time to the next look if another server is looking at an endpoint, or if more may be due.
const SOON: Duration = Duration::from_millis(20);

/// The time to the next look if a walk over all endpoints is over, and all that is due has to wait for others.
const NO_ROOM: Duration = Duration::from_millis(200);

/// The outbox, as one server uses it.
pub(super) struct Books {
    store: Store,
    claimer: Claimer,
    /// The last look met mostly suspects, and has not come to the last endpoint.
    is_among_suspects: bool,
    by: Actor,
    /// The longest time between two looks.
    look: Duration,
    patience: Duration,
}

impl Books {
    pub(super) fn new(store: Store, look: Duration, patience: Duration) -> Self {
        let by = "c2c-server".parse().expect("an actor");
        Self { store, claimer: Claimer::new(), is_among_suspects: false, by, look, patience }
    }

    /// Writes results down, and claims as much as there is room for. Gives what was claimed, and the time to the next
    /// look.
    pub(super) async fn look(
        &mut self,
        results: &mut Results,
        room: &mut Room,
    ) -> Result<(Vec<Claimed>, Duration), StoreError> {
        self.write(results).await?;
        self.claim(room).await
    }

    /// Writes results down: those of one kind in one transaction. Those that could not be written stay.
    pub(super) async fn write(&self, results: &mut Results) -> Result<(), StoreError> {
        self.settle(&results.done).await?;
        results.done.clear();
        self.release(&results.back).await?;
        results.back.clear();
        Ok(())
    }

    async fn settle(&self, done: &[(Instant, Done)]) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now();
        let settled: Vec<_> = done.iter().map(|(_, done)| done.settled.clone()).collect();
        let verdicts: HashMap<_, _> = done
            .iter()
            .filter_map(|(_, done)| Some((place(&done.settled), done.verdict?)))
            .collect();
        let judge = |_, health, settled: &[&Settled]| {
            let verdicts = settled.iter().filter_map(|settled| verdicts.get(&place(settled)));
            judge(health, verdicts.copied(), now)
        };
        let written = self.store.settle(&self.claimer, &self.by, now, &settled, judge);
        let stale = within(self.patience, written).await?;
        METRICS.events.stale(stale);
        for settled in settled {
            if let Settlement::Ended { outcome, .. } = settled.to {
                METRICS.events.ended(outcome);
            }
        }
        Ok(())
    }

    async fn release(&self, leases: &[Lease]) -> Result<(), StoreError> {
        if leases.is_empty() {
            return Ok(());
        }
        let released = self.store.release(&self.claimer, leases, Timestamp::now());
        within(self.patience, released).await
    }

    async fn claim(&mut self, room: &mut Room) -> Result<(Vec<Claimed>, Duration), StoreError> {
        if room.is_none() {
            return Ok((Vec::new(), self.look));
        }
        // Suspects that begin and fail quickly leave room again and again, and others would wait for all of them.
        let none_for_suspects = room.is_none_for_suspects();
        let is_between = std::mem::take(&mut self.is_among_suspects) && !none_for_suspects;
        self.claimer.pass_suspects(none_for_suspects || is_between);
        let now = Timestamp::now();
        let places = room.all();
        let of_lane = |lane: &Lane| room.take(lane, now);
        let claim = self.store.claim_deliveries(&mut self.claimer, now, LEASE, places, of_lane);
        let claims = within(self.patience, claim).await?;
        self.is_among_suspects = claims.goes_on && !is_between && room.is_among_suspects();
        let (has_some, has_skipped) = (!claims.claimed.is_empty(), claims.skipped > 0);
        let wait = if claims.goes_on || is_between || (has_some && has_skipped) {
            Duration::ZERO
        } else if has_some || has_skipped {
            SOON
        } else {
            self.until_due().await?
        };
        Ok((claims.claimed, wait))
    }

    /// The time to the next look if a walk is over and nothing could be claimed.
    async fn until_due(&self) -> Result<Duration, StoreError> {
        let next = within(self.patience, self.store.next_delivery()).await?;
        let wait = next.map_or(i64::MAX, |at| at.as_millis() - Timestamp::now().as_millis());
        let wait = match u64::try_from(wait) {
            Ok(wait) => Duration::from_millis(wait).max(SOON),
            // It is due, and there is no room for it. Requests that end are noticed at once.
            Err(_) => NO_ROOM,
        };
        Ok(self.look.min(wait))
    }
}

/// How an endpoint fares after these verdicts.
fn judge(
    before: EndpointHealth,
    verdicts: impl Iterator<Item = Verdict>,
    now: Timestamp,
) -> store::Verdict {
    let (mut after, mut disable) = (health(before), None);
    let (mut succeeded_at, mut failed_at, mut last) =
        (before.succeeded_at, before.failed_at, before.last);
    for verdict in verdicts {
        let (health, dead) = after.after(verdict, time(now), jitter());
        (after, disable) = (health, disable.or(dead));
        last = Some(verdict.reason());
        match verdict {
            Verdict::Delivered | Verdict::Refused(_) => succeeded_at = Some(now),
            Verdict::Gone | Verdict::Credentials | Verdict::Failed { .. } => failed_at = Some(now),
        }
    }
    let health = EndpointHealth {
        failures: after.failures,
        failing_since: after.failing_since.map(stored),
        blocked_until: stored(after.blocked_until),
        succeeded_at,
        failed_at,
        last,
    };
    store::Verdict { health, disable }
}

/// The parts that tell one result from others.
fn place(settled: &Settled) -> (EndpointId, i64, u32) {
    (settled.lease.endpoint, settled.lease.seq, settled.lease.attempt)
}

async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(patience, work).await.unwrap_or_else(|_| Err(StoreError::hung()))
}

#[cfg(test)]
mod tests {
    use c2c_delivery::{CollectMode, Consent};
    use c2c_store::{CollectSettings, Incoming, NewApp, NewEvent, Version};

    use super::*;
    use crate::delivery::room::Held;
    use crate::delivery::testing::Site;
    use crate::delivery_limits::DeliveryLimits;

    /// Forty suspects in four apps, each with a delivery that is due, and more than one look takes.
    async fn crowd() -> (Site, Vec<EndpointId>) {
        let (mut site, mut endpoints) = (Site::new().await, Vec::new());
        for number in 0..4 {
            site.app = format!("crowd-{number}").parse().expect("an id");
            let (by, app) = (&site.by, &site.app);
            site.store.create(by, app, &NewApp::default()).await.expect("it is created");
            let collect =
                CollectSettings { mode: CollectMode::Refuse, ..CollectSettings::default() };
            let collects = site.store.configure_collect(by, app, Version::new(0), &collect).await;
            collects.expect("it takes events");
            for number in 0..10 {
                let endpoint = site.endpoint(number).await;
                site.activate(endpoint).await;
                endpoints.push(endpoint);
            }
            let (app, events) = (app.clone(), vec![event()]);
            let batch = Incoming { app, verified: false, events, hit: None, refused: Vec::new() };
            site.store.ingest(&[batch], Timestamp::now()).await.expect("it is taken");
        }
        (site, endpoints)
    }

    fn event() -> NewEvent {
        NewEvent {
            id: "01956b4e-3c00-7000-8000-000000000001".parse().expect("an id"),
            name: "custom:visit_ended".to_owned(),
            happened_at: Timestamp::now(),
            consent: Consent::Granted,
            marks: None,
            body: b"{}".to_vec(),
            keys: Vec::new(),
        }
    }

    fn books(site: &Site) -> Books {
        Books::new(site.store.clone(), Duration::from_secs(1), Duration::from_mins(1))
    }

    /// Claims nothing, and gives the time to the next look.
    async fn look_in_vain(books: &mut Books, room: &mut Room) -> Duration {
        let look = books.look(&mut Results::default(), room).await;
        let (claimed, wait) = look.expect("the database is there");
        assert!(claimed.is_empty(), "{claimed:?}");
        wait
    }

    #[tokio::test]
    async fn a_pause_comes_only_after_the_last_endpoint() {
        let (site, endpoints) = crowd().await;
        let (mut books, limits) = (books(&site), DeliveryLimits::default());
        let mut waits = Vec::new();
        for _ in 0..3 {
            let mut room = Room::new(&limits, endpoints.len(), 0, 0, 0);
            // Each takes one request at a time.
            let held = Held { in_flight: 1, ..Held::default() };
            room.held = endpoints.iter().map(|&endpoint| (endpoint, held)).collect();
            waits.push(look_in_vain(&mut books, &mut room).await);
        }
        // The second look was for endpoints that are no suspects.
        assert_eq!(waits, [Duration::ZERO, Duration::ZERO, NO_ROOM]);
    }

    #[tokio::test]
    async fn suspects_are_passed_by_while_there_is_no_room_for_them() {
        let (site, _) = crowd().await;
        let limits = DeliveryLimits { suspect_requests_max: 7, ..DeliveryLimits::default() };
        let mut room = Room::new(&limits, 7, 0, 7, 0);
        assert_eq!(look_in_vain(&mut books(&site), &mut room).await, NO_ROOM);
        assert!(room.plans.is_empty(), "one was looked at");
    }
}
