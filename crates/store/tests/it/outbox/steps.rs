//! Use cases in one line.

use std::time::{Duration, Instant};

use c2c_delivery::{
    Agreement, CollectMode, Consent, EndpointId, EventId, Filter, Format, Kind, Outcome, Reason,
};
use c2c_names::AppId;
use c2c_store::{
    Attempt, Claimed, Claimer, Claims, CollectSettings, EndpointAccount, EndpointHealth,
    EndpointSettings, EventKey, Incoming, Lane, NewEndpoint, NewEvent, NewSecret, Receipt, Sealed,
    Settled, Settlement, Store, Taken, Timestamp, Verdict, Version,
};

use crate::engines::Place;
use crate::steps::{anna, create};

/// The time at which the tests begin, long ago: where the store takes the time itself, it is later.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// An app that takes events.
pub(crate) async fn collecting(store: &Store, app: &str) -> AppId {
    let app = create(store, app).await;
    let settings = CollectSettings { mode: CollectMode::Refuse, ..CollectSettings::default() };
    store.configure_collect(&anna(), &app, Version::new(0), &settings).await.expect("it collects");
    app
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Sealed { bytes: text.as_bytes().to_vec(), key: "key1".to_owned() }
}

pub(crate) fn filter(names: &[&str]) -> Filter {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    names.try_into().expect("a filter")
}

/// The settings of a webhook that gets all events.
pub(crate) fn settings(name: &str) -> EndpointSettings {
    EndpointSettings {
        name: name.parse().expect("a name"),
        host: format!("{name}.example"),
        target: sealed(&format!("https://{name}.example/hook")),
        format: Format::Standard,
        filter: filter(&["*"]),
        consents: Consent::ALL.to_vec(),
        mapping: "{}".to_owned(),
        in_flight_max: 8,
        rate_per_minute: None,
    }
}

pub(crate) fn secret(id: &str) -> NewSecret {
    let (id, scheme) = (id.to_owned(), "v1".to_owned());
    NewSecret { sealed: sealed(&format!("secret {id}")), id, scheme, public: None }
}

pub(crate) fn new_endpoint(settings: EndpointSettings) -> NewEndpoint {
    NewEndpoint {
        id: EndpointId::random(),
        kind: Kind::Webhook,
        settings,
        agreed: Agreement::Challenge,
        secrets: vec![secret("first")],
    }
}

/// Adds an active webhook.
pub(crate) async fn webhook(store: &Store, app: &AppId, name: &str) -> EndpointId {
    webhook_with(store, app, settings(name)).await
}

pub(crate) async fn webhook_with(
    store: &Store,
    app: &AppId,
    settings: EndpointSettings,
) -> EndpointId {
    let new = new_endpoint(settings);
    store.add_endpoint(&anna(), app, &new).await.expect("a new endpoint");
    new.id
}

pub(crate) fn event_id(number: u64) -> EventId {
    let text = format!("01956b4e-3c00-7000-8000-{number:012x}");
    text.parse().expect("a UUID of version 7")
}

pub(crate) fn event(number: u64) -> NewEvent {
    NewEvent {
        id: event_id(number),
        name: "custom:ordered".to_owned(),
        happened_at: START,
        consent: Consent::Granted,
        marks: None,
        body: format!("{{\"number\":{number}}}").into_bytes(),
        keys: Vec::new(),
    }
}

pub(crate) fn key(key: &str, digest: &[u8]) -> EventKey {
    EventKey { key: key.to_owned(), digest: digest.to_vec() }
}

pub(crate) fn incoming(app: &AppId, events: Vec<NewEvent>) -> Incoming {
    Incoming { app: app.clone(), verified: false, events, hit: None, refused: Vec::new() }
}

/// Takes events in, all of which are new.
pub(crate) async fn ingest(
    store: &Store,
    app: &AppId,
    numbers: std::ops::Range<u64>,
    now: Timestamp,
) {
    let count = usize::try_from(numbers.end - numbers.start).expect("few events");
    let batch = incoming(app, numbers.map(event).collect());
    let receipts = store.ingest(&[batch], now).await.expect("they are taken").each;
    assert_eq!(receipts, [Receipt::Taken(vec![Taken::Accepted; count])]);
}

pub(crate) async fn claim(store: &Store, claimer: &mut Claimer, now: Timestamp) -> Vec<Claimed> {
    let end = Instant::now() + SECOND * 10;
    loop {
        let claims = claims(store, claimer, now, 256).await;
        // A use case that was refused has the endpoint locked until its connection was rolled back, a moment later.
        let is_locked = claims.claimed.is_empty() && claims.skipped > 0;
        if !is_locked || Instant::now() > end {
            return claims.claimed;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn claims(
    store: &Store,
    claimer: &mut Claimer,
    now: Timestamp,
    places: u32,
) -> Claims {
    store.claim_deliveries(claimer, now, LEASE, places, room).await.expect("claims")
}

/// As many as the endpoint's settings permit.
pub(crate) fn room(lane: &Lane) -> u32 {
    lane.in_flight_max.saturating_sub(lane.leased)
}

pub(crate) fn attempt(claimed: &Claimed, result: Reason, status: Option<u16>) -> Attempt {
    Attempt {
        attempt: claimed.lease.attempt,
        at: START,
        took_ms: 17,
        result,
        status,
        address: Some("192.0.2.1:443".to_owned()),
        answer: b"answer".to_vec(),
    }
}

pub(crate) fn delivered(claimed: &Claimed) -> Settled {
    let to = Settlement::Ended { outcome: Outcome::Delivered, reason: Reason::Success };
    let attempt = Some(attempt(claimed, Reason::Success, Some(204)));
    Settled { lease: claimed.lease.clone(), to, attempt, keep: false }
}

pub(crate) fn expired(claimed: &Claimed) -> Settled {
    let to = Settlement::Ended { outcome: Outcome::Expired, reason: Reason::Status };
    let attempt = Some(attempt(claimed, Reason::Status, Some(500)));
    Settled { lease: claimed.lease.clone(), to, attempt, keep: true }
}

pub(crate) fn again(claimed: &Claimed, at: Timestamp) -> Settled {
    let to = Settlement::Again { at, tries: claimed.tries + 1 };
    let attempt = Some(attempt(claimed, Reason::Status, Some(500)));
    Settled { lease: claimed.lease.clone(), to, attempt, keep: true }
}

/// Settles results without a consequence for their endpoints, and gives the number of those that came too late.
pub(crate) async fn settle(
    store: &Store,
    claimer: &Claimer,
    now: Timestamp,
    settled: &[Settled],
) -> u32 {
    let same = |_, health: EndpointHealth, _: &[&Settled]| Verdict { health, disable: None };
    store.settle(claimer, &server(), now, settled, same).await.expect("they are settled")
}

pub(crate) fn server() -> c2c_store::Actor {
    "c2c-server".parse().expect("an actor")
}

/// The account of an endpoint, which must be balanced.
pub(crate) async fn account(store: &Store, app: &AppId, endpoint: EndpointId) -> EndpointAccount {
    let accounts = store.accounts(app).await.expect("accounts");
    let account = accounts.endpoints.get(&endpoint).cloned().unwrap_or_default();
    assert!(account.is_balanced(), "{account:?}");
    account
}

/// The numbers of deliveries that have ended, by how and why.
pub(crate) fn ended<const N: usize>(
    ended: [((Outcome, Reason), i64); N],
) -> std::collections::BTreeMap<(Outcome, Reason), i64> {
    ended.into_iter().collect()
}

/// Fills a lane past the store, with deliveries that have been due for long.
pub(crate) async fn fill(place: &Place, app: &AppId, endpoint: EndpointId, rows: usize) {
    let (series, id) = if place.is_postgres {
        ("SELECT n FROM generate_series(1000000, 999999 + ROWS) AS n", "lpad(to_hex(n), 12, '0')")
    } else {
        (
            "WITH RECURSIVE series (n) AS
                 (SELECT 1000000 UNION ALL SELECT n + 1 FROM series WHERE n < 999999 + ROWS)
             SELECT n FROM series",
            "printf('%012x', n)",
        )
    };
    let series = series.replace("ROWS", &rows.to_string());
    let override_seq = if place.is_postgres { "OVERRIDING SYSTEM VALUE" } else { "" };
    place
        .execute_text(format!(
            "INSERT INTO event (seq, app_id, id, verified, name, happened_at, received_at, consent) {override_seq}
             SELECT n, '{app}', '01956b4e-3c00-7000-8000-' || {id}, 0, 'custom:ordered', n, n, 'granted'
             FROM ({series}) AS numbers;
             INSERT INTO outbox (endpoint_id, seq, at, attempt, tries, round, since)
             SELECT '{endpoint}', n, n, 0, 0, 0, n FROM ({series}) AS numbers"
        ))
        .await;
}
