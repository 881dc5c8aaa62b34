//! The loop that delivers: claims what is due, sends it, and writes down what came back.
//!
//! One task owns all of it. Requests run beside it; their results are written in groups. A server that dies leaves
//! leases behind, which end by themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use c2c_delivery::{EndpointId, Verdict};
use c2c_store::{
    self as store, Actor, Claimed, Claimer, EndpointHealth, Lane, Settled, Settlement, Store,
    StoreError, Timestamp,
};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::attempt::{Done, Sender};
use super::room::{Room, UnderWay, is_suspect};
use super::{health, jitter, stored, time};
use crate::delivery_limits::DeliveryLimits;
use crate::metrics::METRICS;
use crate::settings::Limits;

/// How long a claimed delivery belongs to its server: a request's 15 seconds, and time to write its result down.
const LEASE: Duration = Duration::from_mins(1);
/// The time for which an endpoint says how many requests it wants.
const MINUTE: Duration = Duration::from_mins(1);
/// The time to the next look if another server is looking at an endpoint.
const SOON: Duration = Duration::from_millis(20);
/// The time before another try after the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells the loop of what other servers took in, until `stopped` holds true. An announcement can be lost, so it also
/// tells it after each time of `look`.
pub(crate) async fn announce(
    store: Store,
    due: Arc<Notify>,
    look: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut watch = store.watch_deliveries(look);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            () = watch.changed() => due.notify_one(),
        }
    }
}

/// Delivers until `stopped` holds true, and then waits for what is under way.
pub(crate) async fn deliver(
    sender: Arc<Sender>,
    due: Arc<Notify>,
    limits: Box<Limits>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut work = Work::new(sender, limits.delivery, limits.database_timeout);
    loop {
        let look = work.step().await;
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => break,
            () = due.notified() => {}
            () = sleep_until(look) => {}
            Some(ended) = work.running.join_next_with_id() => work.take(ended),
        }
    }
    work.finish(limits.drain_timeout).await;
}

/// All deliveries that are under way.
struct Work {
    sender: Arc<Sender>,
    claimer: Claimer,
    running: JoinSet<Done>,
    requests: HashMap<Id, UnderWay>,
    /// Endpoints that want only so many requests a minute.
    paces: HashMap<EndpointId, Pace>,
    /// Results that are not written yet, with the time when their lease ends.
    done: Vec<(Instant, Done)>,
    by: Actor,
    limits: DeliveryLimits,
    patience: Duration,
    /// The database failed last.
    is_down: bool,
}

/// The requests of one minute to an endpoint.
#[derive(Clone, Copy)]
struct Pace {
    began: Instant,
    sent: u32,
}

impl Work {
    fn new(sender: Arc<Sender>, limits: DeliveryLimits, patience: Duration) -> Self {
        Self {
            sender,
            claimer: Claimer::new(),
            running: JoinSet::new(),
            requests: HashMap::new(),
            paces: HashMap::new(),
            done: Vec::new(),
            by: "c2c-server".parse().expect("an actor"),
            limits,
            patience,
            is_down: false,
        }
    }

    /// Writes what is done, and begins what is due. Gives the time of the next look.
    async fn step(&mut self) -> Instant {
        let outcome = async {
            self.settle().await?;
            self.claim().await
        };
        let outcome = outcome.await;
        // One line when it begins, one when it is over.
        match &outcome {
            Err(error) if !self.is_down => {
                tracing::error!(%error, "deliveries cannot be read or written");
            }
            Ok(_) if self.is_down => tracing::info!("deliveries can be read and written again"),
            _ => {}
        }
        self.is_down = outcome.is_err();
        METRICS.events.in_flight(self.running.len());
        Instant::now() + outcome.unwrap_or(PAUSE)
    }

    /// Takes the result of a request, and those that ended at the same time.
    fn take(&mut self, ended: Result<(Id, Done), JoinError>) {
        let mut next = Some(ended);
        while let Some(ended) = next {
            match ended {
                Ok((id, done)) => {
                    self.requests.remove(&id);
                    self.done.push((Instant::now() + LEASE, done));
                }
                // Its lease ends by itself.
                Err(error) => {
                    self.requests.remove(&error.id());
                    tracing::error!(%error, "a delivery was given up by its task");
                }
            }
            next = self.running.try_join_next_with_id();
        }
    }

    /// Writes the results in one transaction.
    async fn settle(&mut self) -> Result<(), StoreError> {
        // Those whose lease has ended are another server's.
        self.done.retain(|(until, _)| *until > Instant::now());
        if self.done.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now();
        let settled: Vec<_> = self.done.iter().map(|(_, done)| done.settled.clone()).collect();
        let verdicts: HashMap<_, _> = self
            .done
            .iter()
            .filter_map(|(_, done)| Some((place(&done.settled), done.verdict?)))
            .collect();
        let judge = |_, health, settled: &[&Settled]| {
            let verdicts = settled.iter().filter_map(|settled| verdicts.get(&place(settled)));
            judge(health, verdicts.copied(), now)
        };
        let store = self.sender.store();
        let written = store.settle(&self.claimer, &self.by, now, &settled, judge);
        let stale = within(self.patience, written).await?;
        METRICS.events.stale(stale);
        for (_, done) in self.done.drain(..) {
            if let Settlement::Ended { outcome, .. } = done.settled.to {
                METRICS.events.ended(outcome);
            }
        }
        Ok(())
    }

    /// The requests that may begin now.
    fn room(&mut self) -> Room {
        self.paces.retain(|_, pace| pace.began.elapsed() < MINUTE);
        let sent = self.paces.iter().map(|(endpoint, pace)| (*endpoint, pace.sent)).collect();
        Room::beside(&self.limits, self.requests.values(), sent, Instant::now())
    }

    /// Claims as much as there is room for, and begins to send it. Gives the time to the next look.
    async fn claim(&mut self) -> Result<Duration, StoreError> {
        let mut room = self.room();
        if room.places == 0 {
            return Ok(self.limits.look);
        }
        let now = Timestamp::now();
        let (mut suspects, mut paced) = (HashSet::new(), HashSet::new());
        let places = number(room.places);
        let claims = {
            let of_lane = |lane: &Lane| {
                if is_suspect(lane) {
                    suspects.insert(lane.endpoint);
                }
                if lane.rate_per_minute.is_some() {
                    paced.insert(lane.endpoint);
                }
                room.take(lane, now)
            };
            let store = self.sender.store().clone();
            let claim = store.claim_deliveries(&mut self.claimer, now, LEASE, places, of_lane);
            within(self.patience, claim).await?
        };
        let none = claims.claimed.is_empty();
        for claimed in claims.claimed {
            let endpoint = claimed.lease.endpoint;
            if paced.contains(&endpoint) {
                let pace = Pace { began: Instant::now(), sent: 0 };
                self.paces.entry(endpoint).or_insert(pace).sent += 1;
            }
            let is_suspect = suspects.contains(&endpoint);
            self.begin(claimed, is_suspect);
        }
        if claims.skipped > 0 {
            return Ok(if none { SOON } else { Duration::ZERO });
        }
        let next = within(self.patience, self.sender.store().next_delivery()).await?;
        let wait = next.map_or(i64::MAX, |at| at.as_millis() - Timestamp::now().as_millis());
        Ok(self.limits.look.min(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).max(SOON)))
    }

    fn begin(&mut self, claimed: Claimed, is_suspect: bool) {
        let (lease, began) = (claimed.lease.clone(), Instant::now());
        let sender = Arc::clone(&self.sender);
        let task = self.running.spawn(async move { sender.send(claimed).await });
        self.requests.insert(task.id(), UnderWay { lease, began, is_suspect });
    }

    /// Waits for what is under way, gives back what takes longer, and writes the results.
    async fn finish(mut self, patience: Duration) {
        let until = Instant::now() + patience;
        while let Ok(Some(ended)) = timeout_at(until, self.running.join_next_with_id()).await {
            self.take(ended);
        }
        self.running.abort_all();
        let leases: Vec<_> = self.requests.values().map(|one| one.lease.clone()).collect();
        let written = async {
            self.settle().await?;
            self.sender.store().release(&self.claimer, &leases, Timestamp::now()).await
        };
        if let Err(error) = written.await {
            tracing::error!(%error, "deliveries under way are sent again by the next server");
        }
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
