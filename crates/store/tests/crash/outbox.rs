//! Rounds of kills while events are taken in and delivered: each acknowledged event is on its way or delivered, at each
//! endpoint, and the accounts balance.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Instant;

use c2c_cluster::Cluster;
use c2c_delivery::Outcome;
use c2c_store::{
    Claimer, Delivery, DeliveryFilter, EndpointHealth, Progress, Settled, Settlement, Store,
    Timestamp, Verdict,
};
use libtest_mimic::Failed;

use crate::deliverer::{ACCEPTED, DELIVERED, ENDPOINTS, LEASE};
use crate::kill::{WAIT_MAX, failure, rounds, settle, up_to};
use crate::random::{Random, new_seed};
use crate::support::{anna, app, count, open, run, sqlite as address};
use crate::writing::{DEADLINE, Writing};

/// The greatest number of acknowledged lines before a kill.
const LINES_MAX: usize = 200;
const PAGE: u32 = 1_000;

/// The process is killed, again and again, on the same file.
pub(crate) fn sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    clients(&address(folder.path()), rounds(), || Ok(()))
}

/// The process is killed, again and again, on the same PostgreSQL database.
pub(crate) fn postgres() -> Result<(), Failed> {
    let cluster = Cluster::start()?;
    clients(&cluster.database("c2c")?, rounds().div_ceil(2), || settle(&cluster))
}

fn clients(
    database: &str,
    rounds: usize,
    settle: impl Fn() -> Result<(), Failed>,
) -> Result<(), Failed> {
    let seed = new_seed();
    let mut random = Random::new(seed);
    let mut known = Known::default();
    for round in 0..rounds {
        let mut writing = Writing::start_as("deliverer", database, random.next())?;
        writing.wait_for(1 + random.below(LINES_MAX))?;
        thread::sleep(up_to(WAIT_MAX, &mut random));
        known.learn(&writing.kill()?);
        settle()?;
        run(known.verify(database)).map_err(|error| failure(round, seed, &error))?;
    }
    run(known.deliver_all(database))?;
    println!("{rounds} kills, {}", known.describe());
    Ok(())
}

/// The server of the database is killed and started again, while two processes go on. One of them is killed, too.
pub(crate) fn server() -> Result<(), Failed> {
    let (seed, rounds) = (new_seed(), count("C2C_CRASH_SERVER_ROUNDS", 3));
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start()?;
    let database = cluster.database("c2c")?;
    let mut known = Known::default();
    let mut lasting = Writing::start_as("deliverer", &database, random.next())?;
    lasting.wait_for(1)?;
    for round in 0..rounds {
        let mut other = Writing::start_as("deliverer", &database, random.next())?;
        other.wait_for(1 + random.below(LINES_MAX))?;
        thread::sleep(up_to(WAIT_MAX, &mut random));
        cluster.kill()?;
        known.learn(&other.kill()?);
        cluster.resume()?;
        lasting.read_all()?;
        known.learn(&std::mem::take(&mut lasting.acknowledged));
        // The lasting one goes on in the meantime.
        run(known.verify(&database)).map_err(|error| failure(round, seed, &error))?;
        lasting.wait_for(1)?;
    }
    known.learn(&lasting.kill()?);
    settle(&cluster)?;
    run(known.deliver_all(&database))?;
    println!("{rounds} kills of the server, {}", known.describe());
    Ok(())
}

/// The lines so far: the events that were acknowledged, and the deliveries.
#[derive(Default)]
struct Known {
    accepted: BTreeSet<String>,
    delivered: BTreeSet<(String, String)>,
}

/// The deliveries of the database, by event and endpoint.
type Found = BTreeMap<(String, String), Delivery>;

impl Known {
    fn learn(&mut self, lines: &[String]) {
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                [ACCEPTED, event] => drop(self.accepted.insert(event.to_owned())),
                [DELIVERED, event, endpoint] => {
                    self.delivered.insert((event.to_owned(), endpoint.to_owned()));
                }
                _ => {}
            }
        }
    }

    fn describe(&self) -> String {
        let (events, deliveries) = (self.accepted.len(), self.delivered.len());
        format!("{events} acknowledged events, {deliveries} acknowledged deliveries")
    }

    /// Checks that the database has all that was acknowledged, and that its accounts balance.
    async fn verify(&self, database: &str) -> Result<(), Failed> {
        let store = open(database).await?;
        let found = deliveries(&store).await?;
        for event in &self.accepted {
            let number = found.range((event.clone(), String::new())..);
            let number = number.take_while(|((id, _), _)| id == event).count();
            if number != ENDPOINTS {
                return Err(format!("event {event} has {number} deliveries").into());
            }
        }
        for key in &self.delivered {
            match found.get(key).map(|delivery| delivery.progress) {
                Some(Progress::Ended { outcome: Outcome::Delivered, .. }) => {}
                other => return Err(format!("{key:?} was delivered, but is {other:?}").into()),
            }
        }
        balanced(&store).await?;
        store.close().await;
        Ok(())
    }

    /// Delivers all that is open, and checks that this was all.
    async fn deliver_all(&self, database: &str) -> Result<(), Failed> {
        let store = open(database).await?;
        let (mut claimer, end) = (Claimer::new(), Instant::now() + DEADLINE);
        while store.outbox_state().await?.pending > 0 {
            if Instant::now() > end {
                return Err("some deliveries are never due".into());
            }
            let now = Timestamp::now();
            let claims =
                store.claim_deliveries(&mut claimer, now, LEASE * 100, 256, |_| 256).await?;
            let result = |one: &c2c_store::Claimed| {
                let to = Settlement::Ended {
                    outcome: Outcome::Delivered,
                    reason: c2c_delivery::Reason::Success,
                };
                Settled { lease: one.lease.clone(), to, attempt: None, keep: false }
            };
            let settled: Vec<_> = claims.claimed.iter().map(result).collect();
            let judge =
                |_, health: EndpointHealth, _: &[&Settled]| Verdict { health, disable: None };
            let stale = store.settle(&claimer, &anna(), now, &settled, judge).await?;
            if stale != 0 {
                return Err(format!("{stale} results came too late").into());
            }
        }
        self.verify(database).await?;
        let found = deliveries(&store).await?;
        let open = found.values().filter(|one| matches!(one.progress, Progress::Pending { .. }));
        let open = open.count();
        if open > 0 || found.is_empty() {
            return Err(format!("{open} of {} deliveries are open", found.len()).into());
        }
        store.close().await;
        Ok(())
    }
}

async fn deliveries(store: &Store) -> Result<Found, Failed> {
    let (mut found, mut before) = (Found::new(), None);
    loop {
        let filter = DeliveryFilter::default();
        let page = store.deliveries(&app(), &filter, before, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        before = Some((last.seq, last.endpoint));
        for delivery in page {
            let key = (delivery.event.to_string(), delivery.endpoint.to_string());
            found.insert(key, delivery);
        }
    }
}

async fn balanced(store: &Store) -> Result<(), Failed> {
    let accounts = store.accounts(&app()).await?;
    for (endpoint, account) in &accounts.endpoints {
        if !account.is_balanced() || account.accepted != accounts.intake.accepted {
            return Err(format!("{endpoint}: {account:?}, and {:?}", accounts.intake).into());
        }
    }
    Ok(())
}
