//! The server's dealings with the outbox: it writes results down, and claims what is due.

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

/// The time to the next look if all that is due has to wait for others.
const NO_ROOM: Duration = Duration::from_millis(200);

/// The outbox, as one server uses it.
pub(super) struct Books {
    store: Store,
    claimer: Claimer,
    by: Actor,
    /// The longest time between two looks.
    look: Duration,
    patience: Duration,
}

impl Books {
    pub(super) fn new(store: Store, look: Duration, patience: Duration) -> Self {
        let by = "c2c-server".parse().expect("an actor");
        Self { store, claimer: Claimer::new(), by, look, patience }
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
        let now = Timestamp::now();
        let places = room.all();
        let of_lane = |lane: &Lane| room.take(lane, now);
        let claim = self.store.claim_deliveries(&mut self.claimer, now, LEASE, places, of_lane);
        let claims = within(self.patience, claim).await?;
        if claims.skipped > 0 {
            let wait = if claims.claimed.is_empty() { SOON } else { Duration::ZERO };
            return Ok((claims.claimed, wait));
        }
        if !claims.claimed.is_empty() {
            return Ok((claims.claimed, SOON));
        }
        let next = within(self.patience, self.store.next_delivery()).await?;
        let wait = next.map_or(i64::MAX, |at| at.as_millis() - Timestamp::now().as_millis());
        let wait = match u64::try_from(wait) {
            Ok(wait) => Duration::from_millis(wait).max(SOON),
            // It is due, and there is no room for it. Requests that end are noticed at once.
            Err(_) => NO_ROOM,
        };
        Ok((Vec::new(), self.look.min(wait)))
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
