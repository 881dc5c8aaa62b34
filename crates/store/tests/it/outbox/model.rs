//! Random operations of two servers, checked step by step against a model: each delivery is where it should be, and the
//! accounts balance after each step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use c2c_delivery::{Agreement, Consent, DisableReason, EndpointId, EndpointState, Outcome, Reason};
use c2c_names::AppId;
use c2c_store::{
    Claimed, Claimer, EndpointAccount, EndpointMove, Forget, Receipt, Settled, Store, Taken,
    Timestamp,
};
use proptest::prelude::*;

use super::steps::{
    again, collecting, delivered, event, event_id, expired, filter, incoming, server, settings,
    settle, webhook_with,
};
use crate::engines::on_both_engines;
use crate::random::{cases, check_each};
use crate::steps::anna;

on_both_engines!(the_equation_holds);

const CASES: u32 = 100;
/// As long as a few steps of the time.
const LEASE: Duration = Duration::from_mins(1);
const EVENTS: u64 = 8;

#[derive(Clone, Debug)]
enum Act {
    /// Events come in, the numbers of which are these; half of them with consent.
    Ingest(Vec<u64>),
    /// Time passes, in seconds.
    Wait(u32),
    /// A server claims all that it can get.
    Claim(usize),
    /// A server settles the oldest of what it has claimed, in one of three ways.
    Settle(usize, u8),
    /// A server settles the last result again.
    SettleAgain(usize),
    /// A server is killed, and another is in its place.
    Kill(usize),
    /// A server gives back what it has.
    Release(usize),
    /// An endpoint is paused, or resumed.
    Pause(usize),
    /// A server is told to stop sending to an endpoint, or a person wants it again.
    Disable(usize),
    /// An event is forgotten.
    Forget(u64),
    /// A delivery is replayed.
    Replay(usize, u64),
}

fn acts() -> impl Strategy<Value = Act> {
    let number = 0..EVENTS;
    prop_oneof![
        4 => prop::collection::vec(number.clone(), 1..5).prop_map(Act::Ingest),
        3 => (1_u32..90).prop_map(Act::Wait),
        5 => (0..2_usize).prop_map(Act::Claim),
        8 => (0..2_usize, 0..3_u8).prop_map(|(who, how)| Act::Settle(who, how)),
        2 => (0..2_usize).prop_map(Act::SettleAgain),
        1 => (0..2_usize).prop_map(Act::Kill),
        1 => (0..2_usize).prop_map(Act::Release),
        2 => (0..2_usize).prop_map(Act::Pause),
        2 => (0..2_usize).prop_map(Act::Disable),
        1 => number.clone().prop_map(Act::Forget),
        4 => (0..2_usize, number).prop_map(|(endpoint, number)| Act::Replay(endpoint, number)),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Open { at: Timestamp, attempt: u32, tries: u32, round: u32 },
    Ended { outcome: Outcome, reason: Reason, attempt: u32, round: u32 },
}

/// An endpoint in memory.
#[derive(Debug)]
struct Lane {
    id: EndpointId,
    state: EndpointState,
    accepted: i64,
    suppressed: BTreeMap<(Outcome, Reason), i64>,
    deliveries: BTreeMap<u64, Place>,
}

/// A server: what it has claimed, and does not know to be settled.
#[derive(Default)]
struct Server {
    claimer: Claimer,
    work: Vec<Claimed>,
    last: Option<Settled>,
}

struct World<'a> {
    store: &'a Store,
    app: AppId,
    now: Timestamp,
    lanes: [Lane; 2],
    servers: [Server; 2],
    /// Whether the events that were accepted have a body.
    events: BTreeMap<u64, bool>,
    names: Vec<&'static str>,
}

impl World<'_> {
    async fn act(&mut self, act: &Act) {
        match act {
            Act::Ingest(numbers) => self.ingest(numbers).await,
            Act::Wait(seconds) => self.now = self.now.after(Duration::from_secs((*seconds).into())),
            Act::Claim(who) => self.claim(*who).await,
            Act::Settle(who, how) => self.settle(*who, *how).await,
            Act::SettleAgain(who) => {
                if let Some(last) = &self.servers[*who].last {
                    let stale = settle(
                        self.store,
                        &self.servers[*who].claimer,
                        self.now,
                        std::slice::from_ref(last),
                    );
                    assert_eq!(stale.await, 1, "once is enough");
                    self.names.push("again");
                }
            }
            Act::Kill(who) => self.servers[*who] = Server::default(),
            Act::Release(who) => self.release(*who).await,
            Act::Pause(lane) => self.toggle(*lane, EndpointState::Paused).await,
            Act::Disable(lane) => self.toggle(*lane, EndpointState::Disabled).await,
            Act::Forget(number) => self.forget(*number).await,
            Act::Replay(lane, number) => self.replay(*lane, *number).await,
        }
    }

    async fn ingest(&mut self, numbers: &[u64]) {
        let events = numbers.iter().map(|&number| {
            let consent = if number % 2 == 0 { Consent::Granted } else { Consent::NotAsked };
            c2c_store::NewEvent { consent, ..event(number) }
        });
        let batch = incoming(&self.app, events.collect());
        let receipts = self.store.ingest(&[batch], self.now).await.expect("an answer").each;
        let mut expected = Vec::new();
        for &number in numbers {
            if self.events.contains_key(&number) {
                expected.push(Taken::Known);
                continue;
            }
            expected.push(Taken::Accepted);
            self.events.insert(number, true);
            for (index, lane) in self.lanes.iter_mut().enumerate() {
                lane.accepted += 1;
                // The second needs consent.
                if index == 1 && number % 2 == 1 {
                    *lane.suppressed.entry((Outcome::Suppressed, Reason::Consent)).or_default() +=
                        1;
                    continue;
                }
                let open = Place::Open { at: self.now, attempt: 0, tries: 0, round: 0 };
                lane.deliveries.insert(number, open);
            }
        }
        assert_eq!(receipts, [Receipt::Taken(expected)]);
    }

    async fn claim(&mut self, who: usize) {
        let work = self.claim_all(who).await;
        let mut found: Vec<_> = work
            .iter()
            .map(|one| (one.lease.endpoint, one.event.id, one.lease.attempt, one.tries, one.round))
            .collect();
        let mut expected = Vec::new();
        for lane in self.lanes.iter_mut().filter(|lane| lane.state == EndpointState::Active) {
            for (number, place) in &mut lane.deliveries {
                if let Place::Open { at, attempt, tries, round } = place
                    && *at <= self.now
                {
                    (*at, *attempt) = (self.now.after(LEASE), *attempt + 1);
                    expected.push((lane.id, event_id(*number), *attempt, *tries, *round));
                }
            }
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        self.names.extend((!found.is_empty()).then_some("claimed"));
        self.servers[who].work.extend(work);
    }

    /// A use case that has failed just before may still have an endpoint, which is skipped then.
    async fn claim_all(&mut self, who: usize) -> Vec<Claimed> {
        let claimer = &mut self.servers[who].claimer;
        let (mut work, end) = (Vec::new(), Instant::now() + Duration::from_mins(1));
        loop {
            let claims =
                self.store.claim_deliveries(claimer, self.now, LEASE, 10_000, |_| 10_000).await;
            let claims = claims.expect("claims");
            work.extend(claims.claimed);
            if claims.skipped == 0 {
                return work;
            }
            assert!(Instant::now() < end, "an endpoint is never free");
        }
    }

    async fn settle(&mut self, who: usize, how: u8) {
        if self.servers[who].work.is_empty() {
            return;
        }
        let one = self.servers[who].work.remove(0);
        let number = number(&one);
        let later = self.now.after(Duration::from_secs(30));
        let result = match how {
            0 => delivered(&one),
            1 => expired(&one),
            _ => again(&one, later),
        };
        let lane = self.lanes.iter_mut().find(|lane| lane.id == one.lease.endpoint);
        let place = lane.expect("it").deliveries.get_mut(&number).expect("a delivery");
        // A claim that has ended still counts, as long as no other has begun.
        let counts = match place {
            Place::Open { attempt, .. } => *attempt == one.lease.attempt,
            Place::Ended { .. } => false,
        };
        let claimer = &self.servers[who].claimer;
        let stale = settle(self.store, claimer, self.now, std::slice::from_ref(&result)).await;
        assert_eq!(stale, u32::from(!counts), "{one:?}");
        if counts {
            let (attempt, round) = (one.lease.attempt, one.round);
            *place = match how {
                0 => Place::Ended {
                    outcome: Outcome::Delivered,
                    reason: Reason::Success,
                    attempt,
                    round,
                },
                1 => Place::Ended {
                    outcome: Outcome::Expired,
                    reason: Reason::Status,
                    attempt,
                    round,
                },
                _ => Place::Open { at: later, attempt, tries: one.tries + 1, round },
            };
        }
        self.names.push(if counts { "settled" } else { "stale" });
        // One that may be claimed again could be settled again.
        self.servers[who].last = (how < 2).then_some(result);
    }

    async fn release(&mut self, who: usize) {
        let work = std::mem::take(&mut self.servers[who].work);
        let leases: Vec<_> = work.iter().map(|one| one.lease.clone()).collect();
        self.store.release(&self.servers[who].claimer, &leases, self.now).await.expect("it is");
        for one in &work {
            let lane = self.lanes.iter_mut().find(|lane| lane.id == one.lease.endpoint);
            if let Some(Place::Open { at, attempt, .. }) =
                lane.expect("it").deliveries.get_mut(&number(one))
                && *attempt == one.lease.attempt
            {
                *at = self.now;
            }
        }
    }

    async fn toggle(&mut self, lane: usize, to: EndpointState) {
        let lane = &mut self.lanes[lane];
        let there = match (lane.state, to) {
            (EndpointState::Active, EndpointState::Paused) => EndpointMove::Pause,
            (EndpointState::Paused, EndpointState::Paused) => EndpointMove::Resume,
            (EndpointState::Active | EndpointState::Paused, _) => {
                EndpointMove::Disable(DisableReason::Failing)
            }
            (EndpointState::Disabled, EndpointState::Disabled) => {
                EndpointMove::Enable(Agreement::Handshake)
            }
            _ => return,
        };
        let moved = self.store.move_endpoint(&anna(), &self.app, lane.id, &there).await;
        lane.state = moved.expect("it moves").state;
    }

    async fn forget(&mut self, number: u64) {
        let forget = Forget::Event(event_id(number));
        let done = self.store.forget(&anna(), &self.app, &forget).await.expect("it is forgotten");
        let mut pending = 0;
        if self.events.get(&number) == Some(&true) {
            self.events.insert(number, false);
            for lane in &mut self.lanes {
                if let Some(place) = lane.deliveries.get_mut(&number)
                    && let Place::Open { attempt, round, .. } = *place
                {
                    let (outcome, reason) = (Outcome::Refused, Reason::Forgotten);
                    *place = Place::Ended { outcome, reason, attempt, round };
                    pending += 1;
                }
            }
            assert_eq!(done.events, 1);
            self.names.push("forgotten");
        }
        assert_eq!(done.pending, pending);
    }

    async fn replay(&mut self, lane: usize, number: u64) {
        let Ok(traced) = self.store.event(&self.app, event_id(number)).await else {
            assert!(!self.events.contains_key(&number));
            return;
        };
        let lane = &mut self.lanes[lane];
        let done = self.store.replay_one(&anna(), &self.app, lane.id, traced[0].event.seq).await;
        let place = lane.deliveries.get_mut(&number);
        match place {
            Some(place)
                if let Place::Ended { attempt, round, .. } = *place
                    && self.events[&number] =>
            {
                done.expect("it is replayed");
                let at = Timestamp::from_millis(0);
                *place = Place::Open { at, attempt, tries: 0, round: round + 1 };
                self.names.push("replayed");
            }
            _ => drop(done.expect_err("it is open, gone, or was never to be sent")),
        }
    }

    /// Checks the accounts and each delivery.
    async fn check(&self) {
        let accounts = self.store.accounts(&self.app).await.expect("accounts");
        let accepted = i64::try_from(self.events.len()).expect("few");
        assert_eq!(accounts.intake.accepted, accepted);
        for lane in &self.lanes {
            let account = accounts.endpoints.get(&lane.id).cloned().unwrap_or_default();
            assert!(account.is_balanced(), "{account:?}");
            let mut ended = lane.suppressed.clone();
            let mut pending = 0;
            for place in lane.deliveries.values() {
                match place {
                    Place::Open { .. } => pending += 1,
                    Place::Ended { outcome, reason, .. } => {
                        *ended.entry((*outcome, *reason)).or_default() += 1;
                    }
                }
            }
            let EndpointAccount { accepted, pending: open, ended: found, .. } = account;
            assert_eq!((accepted, open, found), (lane.accepted, pending, ended));
        }
    }
}

fn number(work: &Claimed) -> u64 {
    (0..EVENTS).find(|&number| event_id(number) == work.event.id).expect("one of the test's")
}

async fn the_equation_holds(store: Store) {
    let steps = prop::collection::vec(acts(), 20..60);
    let names = RefCell::new(BTreeMap::<_, u32>::new());
    check_each(file!(), CASES, steps, async |app, acts| {
        let app = collecting(&store, &app).await;
        let mut lanes = Vec::new();
        for index in 0..2 {
            let mut settings = settings("hook");
            settings.filter = filter(&["*"]);
            if index == 1 {
                settings.consents = vec![Consent::Granted];
            }
            let id = webhook_with(&store, &app, settings).await;
            let (deliveries, suppressed) = (BTreeMap::new(), BTreeMap::new());
            let state = EndpointState::Active;
            lanes.push(Lane { id, state, accepted: 0, suppressed, deliveries });
        }
        let mut world = World {
            store: &store,
            app: app.clone(),
            now: Timestamp::now().after(Duration::from_hours(24)),
            lanes: lanes.try_into().expect("two"),
            servers: <[Server; 2]>::default(),
            events: BTreeMap::new(),
            names: Vec::new(),
        };
        for act in &acts {
            world.act(act).await;
            world.check().await;
        }
        for name in world.names {
            *names.borrow_mut().entry(name).or_default() += 1;
        }
        // Its deliveries are not claimed in other cases.
        store.delete(&server(), &app).await.expect("it is deleted");
    });
    // The cases would be worth little if they did not come to this.
    assert!(cases(CASES) < CASES || names.borrow().len() == 6, "{names:?}");
}
