//! Requests under way, and claimed deliveries that wait for their turn behind them.
//!
//! When a request ends well, the next delivery of its endpoint begins at once, without a look at the database. So an
//! endpoint that answers quickly is kept busy while results are written and more is claimed. Only few wait, and not for
//! long: as many as the endpoint takes during a look or two. When a request fails, those that wait are given back.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use c2c_delivery::{EndpointId, Verdict};
use c2c_store::{Claimed, Lease, Settlement};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::attempt::{Done, Sender};
use super::room::{Held, MINUTE, Plan, Room};
use crate::delivery_limits::DeliveryLimits;

/// How long a claimed delivery belongs to its server: a request's 15 seconds, and time to write its result down.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// How long a claimed delivery may wait before it begins. Then its endpoint may be another one, or paused.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// All deliveries that this server has claimed.
pub(super) struct UnderWay {
    sender: Arc<Sender>,
    limits: DeliveryLimits,
    running: JoinSet<Done>,
    requests: HashMap<Id, Request>,
    lanes: HashMap<EndpointId, Lane>,
    /// Endpoints that want only so many requests a minute.
    paces: HashMap<EndpointId, Pace>,
    results: Results,
}

/// Deliveries that the database has to hear of.
#[derive(Default)]
pub(super) struct Results {
    /// With the time when their lease ends.
    pub(super) done: Vec<(Instant, Done)>,
    /// Those that did not begin.
    pub(super) back: Vec<Lease>,
}

/// A request under way.
struct Request {
    lease: Lease,
    began: Instant,
    /// Its endpoint failed last, or has never answered well.
    is_suspect: bool,
}

/// The deliveries of an endpoint.
#[derive(Default)]
struct Lane {
    in_flight: u32,
    /// How many may be in flight.
    permits: u32,
    /// The next ones, with the time of their claim.
    waiting: VecDeque<(Instant, Claimed)>,
    /// Requests that ended well, and soon, since the last look.
    ended: u32,
    /// A request has failed since the last look.
    has_failed: bool,
}

/// The requests of one minute to an endpoint.
#[derive(Clone, Copy)]
struct Pace {
    began: Instant,
    sent: u32,
}

impl UnderWay {
    pub(super) fn new(sender: Arc<Sender>, limits: DeliveryLimits) -> Self {
        Self {
            sender,
            limits,
            running: JoinSet::new(),
            requests: HashMap::new(),
            lanes: HashMap::new(),
            paces: HashMap::new(),
            results: Results::default(),
        }
    }

    /// Requests under way.
    pub(super) fn number(&self) -> usize {
        self.requests.len()
    }

    /// Waits until a request has ended; `None` if there is none.
    pub(super) async fn ended(&mut self) -> Option<Result<(Id, Done), JoinError>> {
        self.running.join_next_with_id().await
    }

    /// Takes the result of a request, and those that ended at the same time.
    pub(super) fn take(&mut self, ended: Result<(Id, Done), JoinError>) {
        let mut next = Some(ended);
        while let Some(ended) = next {
            match ended {
                Ok((id, done)) => {
                    self.leave(id, is_good(&done));
                    self.results.done.push((Instant::now() + LEASE, done));
                }
                // Its lease ends by itself.
                Err(error) => {
                    self.leave(error.id(), false);
                    tracing::error!(%error, "a delivery was given up by its task");
                }
            }
            next = self.running.try_join_next_with_id();
        }
    }

    /// Ends a request. The next one of its endpoint takes its place if all is well.
    fn leave(&mut self, id: Id, is_good: bool) {
        let Some(Request { lease, began, .. }) = self.requests.remove(&id) else { return };
        let lane = self.lanes.entry(lease.endpoint).or_default();
        lane.in_flight = lane.in_flight.saturating_sub(1);
        // Those of a slow endpoint would wait for too long.
        lane.ended += u32::from(is_good && began.elapsed() < WAIT_MAX / 4);
        lane.has_failed |= !is_good;
        let next = if is_good { lane.next() } else { None };
        if let Some(claimed) = next {
            self.begin(claimed, false);
        } else if lane.in_flight == 0 || !is_good {
            // With nothing in flight, nothing would let the next one begin.
            lane.give_back(&mut self.results.back);
        }
    }

    /// The results so far.
    pub(super) fn take_results(&mut self) -> Results {
        for lane in self.lanes.values_mut() {
            if lane.is_late() {
                lane.give_back(&mut self.results.back);
            }
        }
        let mut results = std::mem::take(&mut self.results);
        // Those whose lease has ended are another server's.
        results.done.retain(|(until, _)| *until > Instant::now());
        results
    }

    /// Keeps results that could not be written.
    pub(super) fn keep(&mut self, results: Results) {
        self.results.done.extend(results.done);
        self.results.back.extend(results.back);
    }

    /// Whether there are results.
    pub(super) fn has_results(&self) -> bool {
        !self.results.done.is_empty() || !self.results.back.is_empty()
    }

    /// The requests that may begin now.
    pub(super) fn room(&mut self) -> Room {
        let hanging = |one: &&Request| one.began.elapsed() > self.limits.prompt;
        let hanging = self.requests.values().filter(hanging).count();
        let suspects = self.requests.values().filter(|one| one.is_suspect).count();
        let waiting = self.lanes.values().map(|lane| lane.waiting.len()).sum();
        let mut room = Room::new(&self.limits, self.requests.len(), hanging, suspects, waiting);
        for one in self.requests.values() {
            room.count(&one.lease.app);
        }
        self.paces.retain(|_, pace| pace.began.elapsed() < MINUTE);
        room.sent = self.paces.iter().map(|(endpoint, pace)| (*endpoint, pace.sent)).collect();
        self.lanes.retain(|_, lane| lane.in_flight > 0 || lane.ended > 0);
        let held = |lane: &mut Lane| {
            lane.has_failed = false;
            Held {
                in_flight: lane.in_flight,
                waiting: u32::try_from(lane.waiting.len()).unwrap_or(u32::MAX),
                ended: std::mem::take(&mut lane.ended),
            }
        };
        room.held = self.lanes.iter_mut().map(|(id, lane)| (*id, held(lane))).collect();
        room
    }

    /// Begins what was claimed, as far as the plans permit. The rest waits.
    pub(super) fn add(&mut self, claims: Vec<Claimed>, plans: &HashMap<EndpointId, Plan>) {
        for (endpoint, plan) in plans {
            self.lanes.entry(*endpoint).or_default().permits = plan.permits;
        }
        let now = Instant::now();
        for claimed in claims {
            let endpoint = claimed.lease.endpoint;
            let lane = self.lanes.entry(endpoint).or_default();
            if lane.has_failed {
                // The failure is not written yet.
                self.results.back.push(claimed.lease);
            } else {
                lane.waiting.push_back((now, claimed));
            }
        }
        for (endpoint, plan) in plans {
            while let Some(claimed) = self.lanes.get_mut(endpoint).and_then(Lane::next) {
                if plan.is_paced {
                    let pace = Pace { began: now, sent: 0 };
                    self.paces.entry(*endpoint).or_insert(pace).sent += 1;
                }
                self.begin(claimed, plan.is_suspect);
            }
        }
    }

    fn begin(&mut self, claimed: Claimed, is_suspect: bool) {
        let (lease, began) = (claimed.lease.clone(), Instant::now());
        self.lanes.entry(lease.endpoint).or_default().in_flight += 1;
        let sender = Arc::clone(&self.sender);
        let task = self.running.spawn(async move { sender.send(claimed).await });
        self.requests.insert(task.id(), Request { lease, began, is_suspect });
    }

    /// Gives back all that has not begun.
    pub(super) fn give_back(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.give_back(&mut self.results.back);
        }
    }

    /// Waits for the requests under way, and gives up those that take longer.
    pub(super) async fn finish(&mut self, until: Instant) -> Results {
        while let Ok(Some(ended)) = timeout_at(until, self.ended()).await {
            self.take(ended);
        }
        self.running.abort_all();
        let mut results = self.take_results();
        results.back.extend(self.requests.values().map(|one| one.lease.clone()));
        results
    }
}

impl Lane {
    /// The next delivery, if one more may be in flight.
    fn next(&mut self) -> Option<Claimed> {
        if self.in_flight >= self.permits || self.is_late() {
            return None;
        }
        self.waiting.pop_front().map(|(_, claimed)| claimed)
    }

    /// Whether the oldest has waited for too long.
    fn is_late(&self) -> bool {
        self.waiting.front().is_some_and(|(claimed, _)| claimed.elapsed() > WAIT_MAX)
    }

    fn give_back(&mut self, back: &mut Vec<Lease>) {
        back.extend(self.waiting.drain(..).map(|(_, claimed)| claimed.lease));
    }
}

/// Whether the endpoint may get more at once.
fn is_good(done: &Done) -> bool {
    match done.verdict {
        Some(verdict) => matches!(verdict, Verdict::Delivered | Verdict::Refused(_)),
        None => matches!(done.settled.to, Settlement::Ended { .. }),
    }
}
