//! Events that come in: kept once, with their deliveries, or not at all.

use c2c_delivery::{Agreement, CollectMode, Consent, EndpointState, Kind, Outcome, Reason};
use c2c_names::AppId;
use c2c_store::{
    Claimer, CollectSettings, EndpointMove, EndpointSettings, GRACE, Incoming, NewEndpoint,
    NewEvent, Receipt, Store, Taken, Timestamp, Version,
};
use std::time::Duration;

use super::steps::{
    SECOND, START, account, claim, collecting, ended, event, filter, incoming, ingest, key,
    new_endpoint, settings, webhook, webhook_with,
};
use crate::engines::{Place, on_both_engines};
use crate::steps::{anna, create, id};

on_both_engines!(
    an_event_comes_out_as_it_came_in,
    enqueue_is_part_of_the_transaction,
    duplicates_are_known,
    only_events_for_meta_keep_the_request,
    a_claim_and_a_verified_event_are_two,
    endpoints_get_the_events_of_their_filter,
    apps_that_take_none_are_closed,
    refused_events_are_counted,
    many_events_of_many_apps,
    two_servers_take_the_same_events_once,
    deliveries_are_announced,
    nothing_is_due_at_once_for_a_paused_endpoint,
);

fn taken(answers: &[Taken]) -> Receipt {
    Receipt::Taken(answers.to_vec())
}

async fn one(store: &Store, batch: Incoming) -> Receipt {
    store.ingest(&[batch], START).await.expect("an answer").each.remove(0)
}

async fn an_event_comes_out_as_it_came_in(store: Store) {
    let shop = collecting(&store, "shop").await;
    let new = NewEndpoint { kind: Kind::Meta, ..new_endpoint(settings("crm")) };
    store.add_endpoint(&anna(), &shop, &new).await.expect("a new endpoint");
    let endpoint = new.id;
    let mut new = event(1);
    new.marks = Some("[\"unknown\"]".to_owned());
    new.consent = Consent::NotAsked;
    new.happened_at = START.before(SECOND);
    let batch = Incoming {
        hit: Some(b"hit".to_vec()),
        verified: true,
        ..incoming(&shop, vec![new.clone()])
    };
    assert_eq!(one(&store, batch).await, taken(&[Taken::Accepted]));
    let claimed = claim(&store, &mut Claimer::new(), START).await;
    let [claimed] = &claimed[..] else { panic!("{claimed:?}") };
    assert_eq!((claimed.lease.endpoint, claimed.lease.attempt), (endpoint, 1));
    assert_eq!((claimed.tries, claimed.round, claimed.since), (0, 0, START));
    let event = &claimed.event;
    assert_eq!((event.id, &event.name, event.consent), (new.id, &new.name, new.consent));
    assert_eq!((event.happened_at, event.received_at), (new.happened_at, START));
    assert_eq!((&event.marks, &event.body), (&new.marks, &Some(new.body)));
    assert_eq!((event.hit.as_deref(), event.verified), (Some(&b"hit"[..]), true));
}

/// Events and deliveries are acknowledged together, so a group that fails in the middle leaves nothing.
async fn enqueue_is_part_of_the_transaction(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    place.execute("ALTER TABLE tally RENAME TO away").await;
    let batch = incoming(&shop, vec![event(1)]);
    store.ingest(std::slice::from_ref(&batch), START).await.expect_err("the last statement fails");
    place.execute("ALTER TABLE away RENAME TO tally").await;
    assert_eq!(place.count("event", &shop).await, 0);
    assert_eq!(claim(&store, &mut Claimer::new(), START).await, []);
    assert_eq!(one(&store, batch).await, taken(&[Taken::Accepted]));
    assert_eq!(claim(&store, &mut Claimer::new(), START).await.len(), 1);
}

async fn duplicates_are_known(store: Store) {
    let (shop, blog) = (collecting(&store, "shop").await, collecting(&store, "blog").await);
    let endpoint = webhook(&store, &shop, "crm").await;
    let batches = [
        incoming(&shop, vec![event(2), event(1), event(2)]),
        incoming(&blog, vec![event(1)]),
        incoming(&shop, vec![event(1), event(3)]),
    ];
    let receipts = store.ingest(&batches, START).await.expect("answers").each;
    let (new, known) = (Taken::Accepted, Taken::Known);
    assert_eq!(receipts, [taken(&[new, new, known]), taken(&[new]), taken(&[known, new])]);
    let receipts = store.ingest(&batches, START.after(SECOND)).await.expect("answers").each;
    assert_eq!(receipts, [taken(&[known; 3]), taken(&[known]), taken(&[known; 2])]);
    let intake = store.accounts(&shop).await.expect("accounts").intake;
    assert_eq!((intake.accepted, intake.known), (3, 7));
    assert_eq!(account(&store, &shop, endpoint).await.pending, 3);
    assert_eq!(store.accepted_on(&shop, START).await.expect("a number"), 3);
    let tomorrow = START.after(Duration::from_hours(24));
    assert_eq!(store.accepted_on(&shop, tomorrow).await.expect("a number"), 0);
}

/// Neither those of apps without such an endpoint, nor those that it does not get.
async fn only_events_for_meta_keep_the_request(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    let meta = EndpointSettings {
        filter: filter(&["custom:ordered"]),
        consents: vec![Consent::Granted],
        ..settings("meta")
    };
    let meta = NewEndpoint { kind: Kind::Meta, ..new_endpoint(meta) };
    let send = async |new: NewEvent| {
        let hit = Some(b"hit".to_vec());
        let batch = Incoming { hit, ..incoming(&shop, vec![new]) };
        assert_eq!(one(&store, batch).await, taken(&[Taken::Accepted]));
        let claimed = claim(&store, &mut Claimer::new(), START).await;
        claimed.iter().map(|claimed| claimed.event.hit.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(send(event(1)).await, [false]);
    store.add_endpoint(&anna(), &shop, &meta).await.expect("a new endpoint");
    assert_eq!(send(event(2)).await, [true, true]);
    assert_eq!(send(NewEvent { consent: Consent::Unknown, ..event(3) }).await, [false]);
    assert_eq!(send(NewEvent { name: "custom:other".to_owned(), ..event(4) }).await, [false]);
    store.move_endpoint(&anna(), &shop, meta.id, &EndpointMove::Remove).await.expect("gone");
    assert_eq!(send(event(5)).await, [false]);
}

async fn a_claim_and_a_verified_event_are_two(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    let claimed = incoming(&shop, vec![event(1)]);
    let verified = Incoming { verified: true, ..claimed.clone() };
    assert_eq!(one(&store, claimed).await, taken(&[Taken::Accepted]));
    assert_eq!(one(&store, verified.clone()).await, taken(&[Taken::Accepted]));
    assert_eq!(one(&store, verified).await, taken(&[Taken::Known]));
    let claimed = claim(&store, &mut Claimer::new(), START).await;
    assert_eq!(claimed.iter().map(|one| one.event.verified).collect::<Vec<_>>(), [false, true]);
}

async fn endpoints_get_the_events_of_their_filter(store: Store) {
    let shop = collecting(&store, "shop").await;
    let all = webhook(&store, &shop, "all").await;
    let mut some = settings("some");
    some.filter = filter(&["custom:left", "called"]);
    let some = webhook_with(&store, &shop, some).await;
    let mut vendor = settings("vendor");
    vendor.consents = vec![Consent::Granted];
    let vendor = webhook_with(&store, &shop, vendor).await;
    let mut asked = new_endpoint(settings("asked"));
    asked.agreed = Agreement::No;
    store.add_endpoint(&anna(), &shop, &asked).await.expect("an endpoint");
    let paused = webhook(&store, &shop, "paused").await;
    let moved = store.move_endpoint(&anna(), &shop, paused, &EndpointMove::Pause).await;
    assert_eq!(moved.expect("it is paused").state, EndpointState::Paused);

    let mut left = event(2);
    (left.name, left.consent) = ("custom:left".to_owned(), Consent::NotAsked);
    let batch = incoming(&shop, vec![event(1), left]);
    assert_eq!(one(&store, batch).await, taken(&[Taken::Accepted; 2]));
    let filtered = (Outcome::Suppressed, Reason::Filter);
    let no_consent = (Outcome::Suppressed, Reason::Consent);
    let not_agreed = (Outcome::Suppressed, Reason::NotAgreed);
    for (endpoint, pending, suppressed) in [
        (all, 2, ended([])),
        (some, 1, ended([(filtered, 1)])),
        (vendor, 1, ended([(no_consent, 1)])),
        (paused, 2, ended([])),
        (asked.id, 0, ended([(not_agreed, 2)])),
    ] {
        let account = account(&store, &shop, endpoint).await;
        assert_eq!((account.accepted, account.pending, account.ended), (2, pending, suppressed));
    }
}

async fn apps_that_take_none_are_closed(place: Place) {
    let store = place.open().await;
    let (shop, none) = (collecting(&store, "shop").await, create(&store, "none").await);
    let try_all = async |open: bool| {
        let apps = [shop.clone(), none.clone(), id("missing")];
        let batches = apps.each_ref().map(|app| incoming(app, vec![event(1)]));
        let receipts = store.ingest(&batches, START).await.expect("answers").each;
        assert_eq!(receipts[1..], [Receipt::Closed, Receipt::Closed]);
        assert_eq!(receipts[0] == Receipt::Closed, !open);
    };
    try_all(true).await;
    let settings = CollectSettings { mode: CollectMode::Off, ..CollectSettings::default() };
    store.configure_collect(&anna(), &shop, Version::new(1), &settings).await.expect("it is off");
    try_all(false).await;
    let settings = CollectSettings { mode: CollectMode::Mark, ..settings };
    store.configure_collect(&anna(), &shop, Version::new(2), &settings).await.expect("it is on");
    try_all(true).await;
    store.delete(&anna(), &shop).await.expect("it is deleted");
    try_all(false).await;
    assert_eq!(place.count("event", &shop).await, 1);
    store.purge(&anna(), Timestamp::now().after(GRACE)).await.expect("it is purged");
    create(&store, "shop").await;
    try_all(false).await;
}

async fn refused_events_are_counted(store: Store) {
    let shop = collecting(&store, "shop").await;
    let batch = Incoming {
        refused: vec![("catalogue", 2), ("size", 1)],
        ..incoming(&shop, vec![event(1)])
    };
    assert_eq!(one(&store, batch.clone()).await, taken(&[Taken::Accepted]));
    assert_eq!(one(&store, Incoming { events: Vec::new(), ..batch }).await, taken(&[]));
    let intake = store.accounts(&shop).await.expect("accounts").intake;
    let refused: Vec<_> =
        intake.refused.iter().map(|(reason, number)| (&reason[..], *number)).collect();
    assert_eq!((intake.accepted, &refused[..]), (1, &[("catalogue", 4), ("size", 2)][..]));
}

/// More than one statement of each kind.
async fn many_events_of_many_apps(store: Store) {
    let mut apps: Vec<AppId> = Vec::new();
    for n in 0..130 {
        apps.push(collecting(&store, &format!("app-{n:03}")).await);
    }
    webhook(&store, &apps[0], "crm").await;
    let of_last = webhook(&store, &apps[129], "crm").await;
    let second = webhook(&store, &apps[0], "erp").await;
    let mut batches: Vec<_> = apps.iter().map(|app| incoming(app, vec![event(1)])).collect();
    for event in &mut batches[0].events {
        event.keys = vec![key("email", b"a"), key("email", b"a"), key("phone", b"b")];
    }
    batches.push(incoming(&apps[0], (1..300).map(event).collect()));
    let receipts = store.ingest(&batches, START).await.expect("answers").each;
    assert_eq!(receipts[..130], vec![taken(&[Taken::Accepted]); 130]);
    let Receipt::Taken(last) = &receipts[130] else { panic!("it is open") };
    assert_eq!((last[0], last[1..].len()), (Taken::Known, 298));
    assert!(last[1..].iter().all(|&one| one == Taken::Accepted));
    assert_eq!(account(&store, &apps[0], second).await.pending, 299);
    assert_eq!(account(&store, &apps[129], of_last).await.accepted, 1);
}

/// They come in different orders, and no server waits for another for ever.
async fn two_servers_take_the_same_events_once(place: Place) {
    let stores = [place.open().await, place.open().await];
    let shop = collecting(&stores[0], "shop").await;
    let endpoint = webhook(&stores[0], &shop, "crm").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8_u64 {
        let (store, shop) = (stores[usize::try_from(n % 2).expect("small")].clone(), shop.clone());
        tasks.spawn(async move {
            let mut accepted = 0;
            for round in 0..10 {
                let mut numbers: Vec<_> = (round * 50..round * 50 + 50).collect();
                numbers.rotate_left(usize::try_from(n * 6).expect("small"));
                let batch = incoming(&shop, numbers.into_iter().map(event).collect());
                let receipts = store.ingest(&[batch], START).await.expect("answers").each;
                let Receipt::Taken(taken) = &receipts[0] else { panic!("it is open") };
                accepted += taken.iter().filter(|&&one| one == Taken::Accepted).count();
            }
            accepted
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 500);
    assert_eq!(account(&stores[0], &shop, endpoint).await.pending, 500);
}

async fn deliveries_are_announced(place: Place) {
    if !place.is_postgres {
        // Another process finds out by looking.
        return;
    }
    let (store, other) = (place.open().await, place.open().await);
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    let mut watch = other.watch_deliveries(Duration::from_mins(2));
    // It begins to listen.
    watch.changed().await;
    let begun = tokio::time::Instant::now();
    let ((), ()) = tokio::join!(watch.changed(), ingest(&store, &shop, 0..1, START));
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

async fn nothing_is_due_at_once_for_a_paused_endpoint(store: Store) {
    let shop = collecting(&store, "shop").await;
    let has_due = async |number| {
        let batch = incoming(&shop, vec![event(number)]);
        store.ingest(&[batch], START).await.expect("an answer").has_due
    };
    assert!(!has_due(0).await, "there is no endpoint");
    let endpoint = webhook(&store, &shop, "crm").await;
    assert!(has_due(1).await);
    assert!(!has_due(1).await, "it is known");
    let pause = EndpointMove::Pause;
    store.move_endpoint(&anna(), &shop, endpoint, &pause).await.expect("it is paused");
    assert!(!has_due(2).await);
    assert_eq!(account(&store, &shop, endpoint).await.pending, 2);
    let other = EndpointSettings { filter: filter(&["no_such_event"]), ..settings("other") };
    webhook_with(&store, &shop, other).await;
    assert!(!has_due(3).await, "it is not for it");
    webhook(&store, &shop, "erp").await;
    assert!(has_due(4).await, "one is active");
}
