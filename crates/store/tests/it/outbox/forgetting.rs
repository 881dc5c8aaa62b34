//! The end of events: too old, deleted on request, of a purged app.

use std::collections::BTreeSet;
use std::time::Duration;

use c2c_delivery::{CollectMode, DisableReason, EndpointId, Outcome, Reason};
use c2c_names::AppId;
use c2c_store::{
    Action, Claimer, CollectSettings, EndpointMove, Forget, Forgotten, GRACE, Incoming, NewEvent,
    Store, StoreError, Timestamp, Version,
};
use tempfile::TempDir;

use super::steps::{
    SECOND, START, account, again, claim, collecting, delivered, ended, event, event_id, expired,
    incoming, ingest, key, server, settle, webhook,
};
use crate::engines::{Place, on_both_engines};
use crate::steps::{actions, anna, create};

on_both_engines!(
    a_forgotten_event_leaves_no_value,
    events_are_forgotten_by_a_key,
    a_forgotten_event_is_not_sent,
    a_repeated_deletion_names_the_receivers,
    nothing_to_forget_is_no_entry,
    many_events_are_forgotten_in_steps,
    bodies_go_first_and_then_the_rest,
    open_deliveries_end_with_their_body,
    counts_stay_for_ever,
    a_purged_app_leaves_nothing,
    an_older_server_purges_an_app_with_events,
);

const DAY: Duration = Duration::from_hours(24);
const VALUE: &str = "anna-7c1f@shop.example";

/// Steps until there is nothing to do.
async fn sweep(store: &Store, now: Timestamp) -> u32 {
    let mut swept = 0;
    loop {
        match store.sweep(&server(), now, 7).await.expect("a step") {
            0 => return swept,
            step => swept += step,
        }
    }
}

fn with_value(number: u64) -> NewEvent {
    let body = format!("{{\"email\":\"{VALUE}\",\"padding\":\"{}\"}}", "x".repeat(9000));
    let marks = Some(format!("[\"{VALUE}\"]"));
    NewEvent {
        body: body.into_bytes(),
        marks,
        keys: vec![key("email", b"digest")],
        ..event(number)
    }
}

/// An event with the value wherever there is one, of which one endpoint has failed to get it, and another has it.
async fn spread(store: &Store, shop: &AppId) -> (EndpointId, EndpointId) {
    let (failing, healthy) = (webhook(store, shop, "a").await, webhook(store, shop, "b").await);
    let hit = Some(VALUE.as_bytes().to_vec());
    let batch = Incoming { hit, ..incoming(shop, vec![with_value(1)]) };
    let batches = [batch, incoming(shop, vec![event(2)])];
    store.ingest(&batches, START).await.expect("they are taken");
    let mut claimer = Claimer::new();
    let work = claim(store, &mut claimer, START).await;
    let settled: Vec<_> = work
        .iter()
        .map(|one| {
            if one.lease.endpoint == healthy {
                return delivered(one);
            }
            let mut failed = again(one, START.after(SECOND));
            if one.event.id == event_id(1) {
                failed.attempt.as_mut().expect("an attempt").answer = VALUE.as_bytes().to_vec();
            }
            failed
        })
        .collect();
    assert_eq!(settle(store, &claimer, START, &settled).await, 0);
    (failing, healthy)
}

async fn a_forgotten_event_leaves_no_value(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let paused = webhook(&store, &shop, "c").await;
    store.move_endpoint(&anna(), &shop, paused, &EndpointMove::Pause).await.expect("it is paused");
    let (failing, healthy) = spread(&store, &shop).await;
    assert!(found(&place).await, "the test would notice it");
    let forget = Forget::Event(event_id(1));
    let done = store.forget(&anna(), &shop, &forget).await.expect("it is forgotten");
    // The failing one may have read the event nevertheless.
    let to = BTreeSet::from([failing, healthy]);
    assert_eq!((done.events, done.pending, &done.sent_to, done.more), (1, 2, &to, false));
    assert!(!found(&place).await, "a table has it");
    let traced = store.event(&shop, event_id(1)).await.expect("it is known").remove(0);
    assert_eq!((traced.event.body, traced.event.hit, traced.event.marks), (None, None, None));
    let of_failing = traced.deliveries.iter().find(|one| one.delivery.endpoint == failing);
    assert_eq!(of_failing.expect("a delivery").attempts[0].answer, b"");
    let other = store.event(&shop, event_id(2)).await.expect("another").remove(0);
    assert_eq!(other.event.body, Some(event(2).body));
    assert_eq!(account(&store, &shop, failing).await.pending, 1);
    let events = Action::EventsForgotten { key: None, events: 1, pending: 2, sent_to: to };
    assert_eq!(actions(&store, &shop).await.last(), Some(&events));
    if !place.is_postgres {
        nothing_in_the_file(&place, store).await;
    }
}

/// Whether a table has the value.
async fn found(place: &Place) -> bool {
    let columns = [
        ("event", "body"),
        ("event", "hit"),
        ("event", "marks"),
        ("attempt", "answer"),
        ("event_key", "digest"),
        ("audit", "action"),
    ];
    let mut found = false;
    for (table, column) in columns {
        found |= place.has(table, column, VALUE).await;
        found |= table == "event_key" && place.has(table, column, "digest").await;
    }
    found
}

/// Deleted values are overwritten, once the write-ahead log is in the file.
async fn nothing_in_the_file(place: &Place, store: Store) {
    let file = place.database.path().expect("a file").to_owned();
    let has = || {
        let mut wal = file.clone().into_os_string();
        wal.push("-wal");
        let bytes = [std::fs::read(&file), std::fs::read(wal)].map(Result::unwrap_or_default);
        bytes.iter().any(|bytes| bytes.windows(VALUE.len()).any(|part| part == VALUE.as_bytes()))
    };
    assert!(has(), "the log has it until then");
    place.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
    store.close().await;
    assert!(!has());
}

async fn events_are_forgotten_by_a_key(store: Store) {
    let (shop, blog) = (collecting(&store, "shop").await, collecting(&store, "blog").await);
    for app in [&shop, &blog] {
        let mut events: Vec<_> = (0..6).map(event).collect();
        for (number, digest) in [(1, b"one"), (2, b"two"), (3, b"one"), (4, b"old")] {
            events[number].keys = vec![key("email", digest)];
        }
        events[5].keys = vec![key("phone", b"one")];
        store.ingest(&[incoming(app, events)], START).await.expect("they are taken");
    }
    let digests = vec![b"one".to_vec(), b"old".to_vec()];
    let forget = Forget::Key { key: "email".to_owned(), digests };
    let done = store.forget(&anna(), &shop, &forget).await.expect("they are forgotten");
    assert_eq!(done.events, 3);
    let kept = async |app: &AppId| {
        let events = store.events_with_body(app, 0, 100).await.expect("a list");
        events.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(kept(&shop).await, [event_id(0), event_id(2), event_id(5)]);
    assert_eq!(kept(&blog).await.len(), 6);
    let key = Some("email".to_owned());
    let sent_to = BTreeSet::new();
    let entry = Action::EventsForgotten { key, events: 3, pending: 0, sent_to };
    assert_eq!(actions(&store, &shop).await.last(), Some(&entry));
    let seqs = store.events_with_body(&blog, 0, 2).await.expect("a list");
    let seqs: Vec<_> = seqs.iter().map(|event| event.seq).collect();
    let done = store.forget(&anna(), &shop, &Forget::Seqs(seqs.clone())).await;
    assert_eq!(done.expect("nothing").events, 0, "they are another app's");
    let done = store.forget(&anna(), &blog, &Forget::Seqs(seqs)).await;
    assert_eq!(done.expect("they are forgotten").events, 2);
}

async fn a_forgotten_event_is_not_sent(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..3, START).await;
    let mut claimer = Claimer::new();
    let work = store.claim_deliveries(&mut claimer, START, SECOND, 256, |_| 1).await;
    let work = work.expect("claims").claimed.remove(0);
    assert_eq!(work.event.id, event_id(0));
    // The first is under way, and the second waits.
    for (number, sent_to) in [(0, BTreeSet::from([endpoint])), (1, BTreeSet::new())] {
        let forget = Forget::Event(event_id(number));
        let done = store.forget(&anna(), &shop, &forget).await.expect("it is forgotten");
        assert_eq!((done.events, done.pending, done.sent_to), (1, 1, sent_to));
    }
    assert_eq!(settle(&store, &claimer, START, &[delivered(&work)]).await, 1, "it comes too late");
    assert_eq!(claim(&store, &mut claimer, START.after(SECOND)).await.len(), 1);
    let forgotten = (Outcome::Refused, Reason::Forgotten);
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(forgotten, 2)]));
    // Its id is still known.
    let batch = incoming(&shop, vec![event(0)]);
    store.ingest(&[batch], START).await.expect("an answer");
    assert_eq!(store.accounts(&shop).await.expect("accounts").intake.known, 1);
    let replay = store.replay_one(&anna(), &shop, endpoint, work.lease.seq).await;
    assert!(matches!(replay, Err(StoreError::BodyGone)), "{replay:?}");
}

/// The answer to the first deletion may be lost.
async fn a_repeated_deletion_names_the_receivers(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..2, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    assert_eq!(work.len(), 2);
    let results: Vec<_> = work.iter().map(delivered).collect();
    assert_eq!(settle(&store, &claimer, START, &results).await, 0);
    let forget = async |number: u64| {
        let forget = Forget::Event(event_id(number));
        store.forget(&anna(), &shop, &forget).await.expect("an answer")
    };
    let sent_to = BTreeSet::from([endpoint]);
    let first = forget(0).await;
    assert_eq!((first.events, &first.sent_to), (1, &sent_to));
    let entries = actions(&store, &shop).await;
    let done = Action::EventsForgotten { key: None, events: 1, pending: 0, sent_to };
    assert_eq!(entries.last(), Some(&done));
    let mut again = first;
    again.events = 0;
    assert_eq!(forget(0).await, again);
    // The content of the other is gone, since it was too old.
    sweep(&store, START.after(DAY * 30 + SECOND)).await;
    assert_eq!(forget(1).await, again);
    assert_eq!(actions(&store, &shop).await, entries, "nothing was deleted");
    sweep(&store, START.after(DAY * 90 + SECOND)).await;
    assert_eq!(forget(0).await, Forgotten::default(), "the event is not known any more");
}

async fn nothing_to_forget_is_no_entry(store: Store) {
    let shop = collecting(&store, "shop").await;
    ingest(&store, &shop, 0..1, START).await;
    let before = actions(&store, &shop).await;
    let key = Forget::Key { key: "email".to_owned(), digests: vec![b"none".to_vec()] };
    for forget in [Forget::Event(event_id(7)), key, Forget::Seqs(vec![])] {
        let done = store.forget(&anna(), &shop, &forget).await.expect("nothing");
        assert_eq!(done, Forgotten::default());
    }
    assert_eq!(actions(&store, &shop).await, before);
}

async fn many_events_are_forgotten_in_steps(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let with_key = |number| NewEvent { keys: vec![key("email", b"one")], ..event(number) };
    let events = (0..1_500).map(with_key).collect();
    store.ingest(&[incoming(&shop, events)], START).await.expect("they are taken");
    let forget = Forget::Key { key: "email".to_owned(), digests: vec![b"one".to_vec()] };
    for (events, more) in [(1_000, true), (500, false), (0, false)] {
        let done = store.forget(&anna(), &shop, &forget).await.expect("a step");
        assert_eq!((done.events, done.pending, done.more), (events, events, more));
    }
    assert_eq!(account(&store, &shop, endpoint).await.pending, 0);
}

async fn bodies_go_first_and_then_the_rest(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let other = collecting(&store, "other").await;
    ingest(&store, &other, 0..1, START.after(DAY * 90)).await;
    for day in 0..10_u32 {
        let first = u64::from(day) * 3;
        ingest(&store, &shop, first..first + 3, START.after(DAY * day)).await;
    }
    let mut claimer = Claimer::new();
    let now = START.after(DAY * 10);
    loop {
        let work = claim(&store, &mut claimer, now).await;
        if work.is_empty() {
            break;
        }
        let results: Vec<_> = work.iter().map(expired).collect();
        assert_eq!(settle(&store, &claimer, now, &results).await, 0);
    }
    let bodies = async || store.events_with_body(&shop, 0, 100).await.expect("a list").len();
    assert_eq!(sweep(&store, START.after(DAY * 30)).await, 0, "to the moment");
    assert_eq!(sweep(&store, START.after(DAY * 30 + SECOND)).await, 3);
    assert_eq!(bodies().await, 27);
    let traced = store.event(&shop, event_id(0)).await.expect("it is known").remove(0);
    assert_eq!(traced.deliveries[0].attempts[0].answer, b"", "an answer may repeat the body");
    assert_eq!(sweep(&store, START.after(DAY * 60)).await, 27);
    assert_eq!((bodies().await, place.count("event", &shop).await), (0, 30));
    assert_eq!(sweep(&store, START.after(DAY * 90 + SECOND)).await, 3);
    assert_eq!(place.count("event", &shop).await, 27);
    assert!(matches!(store.event(&shop, event_id(0)).await, Err(StoreError::NoSuchEvent)));
    assert_eq!(sweep(&store, START.after(DAY * 100)).await, 27);
    for table in ["event", "event_key"] {
        assert_eq!(place.count(table, &shop).await, 0, "{table}");
    }
    for table in ["ended", "attempt"] {
        assert_eq!(place.rows(table).await, 0, "{table}");
    }
    assert_eq!(place.count("event", &other).await, 1);
    assert_eq!(account(&store, &shop, endpoint).await.accepted, 30, "the counts stay");
}

async fn open_deliveries_end_with_their_body(store: Store) {
    let shop = collecting(&store, "shop").await;
    let active = webhook(&store, &shop, "active").await;
    let paused = webhook(&store, &shop, "paused").await;
    let disabled = webhook(&store, &shop, "disabled").await;
    ingest(&store, &shop, 0..2, START).await;
    for (endpoint, to) in
        [(paused, EndpointMove::Pause), (disabled, EndpointMove::Disable(DisableReason::Gone))]
    {
        store.move_endpoint(&anna(), &shop, endpoint, &to).await.expect("it moves");
    }
    sweep(&store, START.after(DAY * 31)).await;
    for (endpoint, reason) in
        [(active, Reason::Retention), (paused, Reason::Paused), (disabled, Reason::Disabled)]
    {
        let account = account(&store, &shop, endpoint).await;
        assert_eq!(account.ended, ended([((Outcome::Expired, reason), 2)]));
    }
}

async fn counts_stay_for_ever(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    for day in 0..3 {
        let first = u64::from(day) * 2;
        let now = START.after(DAY * day);
        ingest(&store, &shop, first..first + 2, now).await;
        let mut claimer = Claimer::new();
        let work = claim(&store, &mut claimer, now).await;
        assert_eq!(settle(&store, &claimer, now, &[delivered(&work[0])]).await, 0);
    }
    let before = store.accounts(&shop).await.expect("accounts");
    assert_eq!(before.endpoints[&endpoint].ended.values().sum::<i64>(), 3);
    // The events are gone by then, and with them the deliveries that were open.
    let late = START.after(DAY * 402);
    sweep(&store, late).await;
    let account = account(&store, &shop, endpoint).await;
    assert_eq!((account.accepted, account.pending), (6, 0));
    assert_eq!(store.accepted_on(&shop, START).await.expect("a number"), 0, "day by day no more");
    assert_eq!(store.accepted_on(&shop, START.after(DAY * 2)).await.expect("a number"), 2);
    assert_eq!(store.accounts(&shop).await.expect("accounts").intake, before.intake);
    sweep(&store, late.after(DAY * 2)).await;
    assert_eq!(store.accounts(&shop).await.expect("accounts").intake, before.intake);
}

/// Checks that nothing is left of the app's events.
async fn nothing_of(place: &Place, app: &AppId) {
    for table in
        ["collect", "endpoint", "event", "event_key", "tally", "later_tally", "event_token"]
    {
        assert_eq!(place.count(table, app).await, 0, "{table}");
    }
}

async fn an_app_with_everything(store: &Store, app: &str) -> AppId {
    let app = collecting(store, app).await;
    spread(store, &app).await;
    let name = "backend".parse().expect("a name");
    store.make_event_token(&anna(), &app, &name, DAY).await.expect("a token");
    app
}

async fn a_purged_app_leaves_nothing(place: Place) {
    let store = place.open().await;
    let (shop, other) = (
        an_app_with_everything(&store, "shop").await,
        an_app_with_everything(&store, "other").await,
    );
    let (body_days, meta_days) = (100_000, 100_000);
    let settings = CollectSettings { body_days, meta_days, ..CollectSettings::default() };
    for app in [&shop, &other] {
        let set = store.configure_collect(&anna(), app, Version::new(1), &settings).await;
        set.expect("they are kept for ever");
    }
    store.delete(&anna(), &shop).await.expect("it is deleted");
    let late = Timestamp::now().after(GRACE);
    // The many rows go in steps before.
    sweep(&store, late.before(SECOND * 3600)).await;
    assert_eq!(place.count("event", &shop).await, 2);
    sweep(&store, late).await;
    assert_eq!(place.count("event", &shop).await, 0);
    assert_eq!(place.count("endpoint", &shop).await, 2);
    store.purge(&anna(), late).await.expect("it is purged");
    nothing_of(&place, &shop).await;
    assert_eq!(place.count("endpoint", &other).await, 2);
    assert_eq!(place.rows("endpoint_secret").await, 2);
    assert_eq!(place.rows("endpoint_health").await, 2);
    assert_eq!(place.rows("outbox").await, 2);
}

/// It knows nothing of the new tables.
async fn an_older_server_purges_an_app_with_events(place: Place) {
    let store = place.open().await;
    let shop = an_app_with_everything(&store, "shop").await;
    let blog = an_app_with_everything(&store, "blog").await;
    place
        .execute("DELETE FROM draft WHERE app_id = 'shop'; DELETE FROM app WHERE id = 'shop'")
        .await;
    // It has created another app with this id.
    place.execute("UPDATE app SET created_at = created_at + 1 WHERE id = 'blog'").await;
    assert_eq!(store.next_delivery().await.expect("none"), None);
    assert_eq!(claim(&store, &mut Claimer::new(), START.after(DAY)).await, [], "of another one");
    assert_eq!(store.collect(&blog).await.expect("settings").version, Version::new(0));
    let batch = incoming(&blog, vec![event(9)]);
    assert_eq!(
        store.ingest(&[batch], START).await.expect("an answer").each,
        [c2c_store::Receipt::Closed]
    );
    let settings = CollectSettings { mode: CollectMode::Mark, ..CollectSettings::default() };
    let new = Version::new(0);
    store.configure_collect(&anna(), &blog, new, &settings).await.expect("it collects");
    assert_eq!(store.endpoints(&blog).await.expect("a list"), []);
    assert_eq!(place.count("event", &blog).await, 0);
    assert_eq!(place.count("event", &shop).await, 2);
    sweep(&store, START).await;
    nothing_of(&place, &shop).await;
    for table in ["outbox", "ended", "attempt", "endpoint_secret", "endpoint_health"] {
        assert_eq!(place.rows(table).await, 0, "{table}");
    }
    assert_eq!(place.count("collect", &blog).await, 1);
    // A newer one that creates or imports an app removes the rest at once.
    let last = an_app_with_everything(&store, "last").await;
    let folder = TempDir::new().expect("a folder");
    store.export(&last, folder.path()).await.expect("it is exported");
    let purge = "DELETE FROM draft WHERE app_id = 'last'; DELETE FROM app WHERE id = 'last'";
    place.execute(purge).await;
    assert_eq!(create(&store, "last").await, last);
    nothing_of(&place, &last).await;
    place.execute(purge).await;
    an_app_with_everything(&store, "last").await;
    place.execute(purge).await;
    let from = folder.path().join("last");
    assert_eq!(store.import(&anna(), &from).await.expect("it is imported"), last);
    nothing_of(&place, &last).await;
}
