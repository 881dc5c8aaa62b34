//! A process that is killed: it takes events in, claims deliveries and settles them, as fast as it can, all at the same
//! time. It prints a line for each that the store has acknowledged.
//!
//! If the database cannot be reached, it goes on with the same events, as a sender does that got no answer.

use std::time::Duration;

use c2c_delivery::{
    Agreement, CollectMode, Consent, EndpointId, EventId, Filter, Format, Kind, Outcome, Reason,
};
use c2c_store::{
    Attempt, Claimed, Claimer, CollectSettings, EndpointHealth, EndpointSettings, FailureKind,
    Incoming, NewApp, NewEndpoint, NewEvent, Receipt, Sealed, Settled, Settlement, Store,
    StoreError, Timestamp, Verdict, Version,
};
use libtest_mimic::Failed;

use crate::random::Random;
use crate::support::{acknowledge, anna, app, kind, open, patiently, run as run_async};

/// Short, so that what a killed process has claimed comes back soon.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
pub(crate) const ENDPOINTS: usize = 3;

/// The beginnings of the lines.
pub(crate) const ACCEPTED: &str = "accepted";
pub(crate) const DELIVERED: &str = "delivered";

pub(crate) fn run(database: &str, seed: &str) -> Result<(), Failed> {
    let seed: u64 = seed.parse()?;
    run_async(async {
        let store = patiently(async || open(database).await).await?;
        tokio::select! {
            end = take_in(&store, Random::new(seed)) => end,
            end = send_out(&store, Random::new(!seed)) => end,
        }
    })
}

/// An app with endpoints, unless it is there.
async fn prepare(store: &Store) -> Result<(), StoreError> {
    match store.create(&anna(), &app(), &NewApp::default()).await {
        Ok(()) | Err(StoreError::AppExists(_)) => {}
        Err(error) => return Err(error),
    }
    while store.endpoints(&app()).await?.len() < ENDPOINTS {
        store.add_endpoint(&anna(), &app(), &new_endpoint()).await?;
    }
    let settings = CollectSettings { mode: CollectMode::Mark, ..CollectSettings::default() };
    match store.configure_collect(&anna(), &app(), Version::new(0), &settings).await {
        Ok(_) | Err(StoreError::CollectConflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn new_endpoint() -> NewEndpoint {
    let settings = EndpointSettings {
        name: "hook".parse().expect("a name"),
        host: "hook.example".to_owned(),
        target: Sealed { bytes: Vec::new(), key: String::new() },
        format: Format::Standard,
        filter: Filter::default(),
        consents: Consent::ALL.to_vec(),
        mapping: "{}".to_owned(),
        in_flight_max: 32,
        rate_per_minute: None,
    };
    let (id, agreed) = (EndpointId::random(), Agreement::Challenge);
    NewEndpoint { id, kind: Kind::Webhook, settings, agreed, secrets: Vec::new() }
}

async fn take_in(store: &Store, mut random: Random) -> Result<(), Failed> {
    patiently(async || prepare(store).await).await?;
    loop {
        let number = 1 + random.below(20);
        let events: Vec<_> = (0..number).map(|_| event(random.next())).collect();
        let lines: Vec<_> = events.iter().map(|event| format!("{ACCEPTED} {}", event.id)).collect();
        let batch =
            Incoming { app: app(), verified: false, events, hit: None, refused: Vec::new() };
        let batches = [batch];
        let now = Timestamp::now();
        let receipts = patiently(async || store.ingest(&batches, now).await).await?.each;
        if !matches!(&receipts[..], [Receipt::Taken(taken)] if taken.len() == number) {
            return Err(format!("the answer was {receipts:?}").into());
        }
        // Known ones were taken before an answer was lost.
        lines.iter().try_for_each(|line| acknowledge(line))?;
    }
}

fn event(number: u64) -> NewEvent {
    let (high, low) = (number >> 48, number & 0xffff_ffff_ffff);
    let id: EventId = format!("01956b4e-{high:04x}-7000-8000-{low:012x}").parse().expect("an id");
    NewEvent {
        id,
        name: "custom:ordered".to_owned(),
        happened_at: Timestamp::now(),
        consent: Consent::Granted,
        marks: None,
        body: b"{}".to_vec(),
        keys: Vec::new(),
    }
}

async fn send_out(store: &Store, mut random: Random) -> Result<(), Failed> {
    let mut claimer = Claimer::new();
    loop {
        let places = 1 + u32::try_from(random.below(60))?;
        let now = Timestamp::now();
        let claims = store.claim_deliveries(&mut claimer, now, LEASE, places, |_| 32).await;
        let claims = match claims {
            // A claim, if there was one, ends with its lease.
            Err(error) if kind(&error) == Some(FailureKind::Unavailable) => continue,
            claims => claims?.claimed,
        };
        if claims.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        let settled: Vec<_> = claims.iter().map(|one| result(one, &mut random)).collect();
        let now = Timestamp::now();
        let judge = |_, health: EndpointHealth, _: &[&Settled]| Verdict { health, disable: None };
        match store.settle(&claimer, &anna(), now, &settled, judge).await {
            Ok(0) => delivered(&claims, &settled)?,
            // Some came too late: it is not said which.
            Ok(_) => {}
            Err(error) if kind(&error) == Some(FailureKind::Unavailable) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn delivered(claims: &[Claimed], settled: &[Settled]) -> Result<(), Failed> {
    for (claimed, settled) in claims.iter().zip(settled) {
        if matches!(settled.to, Settlement::Ended { .. }) {
            let (event, endpoint) = (claimed.event.id, claimed.lease.endpoint);
            acknowledge(&format!("{DELIVERED} {event} {endpoint}"))?;
        }
    }
    Ok(())
}

fn result(claimed: &Claimed, random: &mut Random) -> Settled {
    let now = Timestamp::now();
    let soon = now.after(Duration::from_millis(u64::try_from(random.below(100)).expect("small")));
    let (to, result) = if random.below(4) == 0 {
        (Settlement::Again { at: soon, tries: claimed.tries + 1 }, Reason::Status)
    } else {
        let (outcome, reason) = (Outcome::Delivered, Reason::Success);
        (Settlement::Ended { outcome, reason }, reason)
    };
    let attempt = Attempt {
        attempt: claimed.lease.attempt,
        at: now,
        took_ms: 1,
        result,
        status: Some(200),
        address: None,
        answer: Vec::new(),
    };
    let keep = result != Reason::Success;
    Settled { lease: claimed.lease.clone(), to, attempt: Some(attempt), keep }
}
