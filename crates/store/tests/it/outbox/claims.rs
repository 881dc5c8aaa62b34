//! Who gets a delivery, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use c2c_delivery::EndpointId;
use c2c_store::{Claimer, EndpointHealth, EndpointMove, Lane, Settled, Store, Verdict};

use super::steps::{
    LEASE, SECOND, START, claim, claims, collecting, delivered, fill, ingest, room, server,
    settings, settle, webhook, webhook_with,
};
use crate::engines::{Place, on_both_engines};
use crate::steps::{anna, create};

on_both_engines!(
    nothing_is_fetched_before_its_time,
    one_backlog_delays_no_other_endpoint,
    endpoints_are_served_in_turn,
    scarce_room_goes_round,
    a_claim_says_whether_the_walk_goes_on,
    a_walk_goes_on_where_it_ended,
    suspects_are_passed_by_and_lose_no_turn,
    two_servers_never_exceed_in_flight_max,
    one_server_at_a_time_counts_those_under_way,
    a_claim_waits_for_no_other,
    two_servers_share_a_backlog,
    the_oldest_come_first,
    only_active_endpoints_of_present_apps_are_served,
    the_room_is_the_callers,
);

async fn nothing_is_fetched_before_its_time(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    let mut claimer = Claimer::new();
    assert_eq!(store.next_delivery().await.expect("none"), None);
    ingest(&store, &shop, 0..3, START).await;
    assert_eq!(store.next_delivery().await.expect("a time"), Some(START));
    assert_eq!(claim(&store, &mut claimer, START.before(SECOND)).await, []);
    assert_eq!(claim(&store, &mut claimer, START).await.len(), 3);
}

async fn one_backlog_delays_no_other_endpoint(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let (slow, quick) =
        (webhook(&store, &shop, "slow").await, webhook(&store, &shop, "quick").await);
    fill(&place, &shop, slow, 100_000).await;
    ingest(&store, &shop, 0..4, START).await;
    let mut claimer = Claimer::new();
    let begun = std::time::Instant::now();
    let work = claims(&store, &mut claimer, START, 8).await.claimed;
    let took = begun.elapsed();
    let of_quick = work.iter().filter(|one| one.lease.endpoint == quick).count();
    assert_eq!((work.len(), of_quick), (8, 4), "{work:?}");
    assert!(took < SECOND, "{took:?}");
}

/// Ten endpoints of an app, with twenty deliveries each.
async fn ten_backlogs(store: &Store, app: &str) -> BTreeSet<EndpointId> {
    let shop = collecting(store, app).await;
    let mut endpoints = BTreeSet::new();
    for n in 0..10 {
        endpoints.insert(webhook(store, &shop, &format!("hook-{n}")).await);
    }
    ingest(store, &shop, 0..20, START).await;
    endpoints
}

async fn endpoints_are_served_in_turn(store: Store) {
    let endpoints = ten_backlogs(&store, "shop").await;
    let mut claimer = Claimer::new();
    let mut served: BTreeMap<_, u32> = BTreeMap::new();
    for round in 1..=3 {
        // One place for each: after ten claims of three, each endpoint had three.
        for _ in 0..10 {
            for one in claims(&store, &mut claimer, START, 3).await.claimed {
                *served.entry(one.lease.endpoint).or_default() += 1;
            }
        }
        let expected: BTreeMap<_, _> = endpoints.iter().map(|&one| (one, 3 * round)).collect();
        if round < 3 {
            assert_eq!(served, expected);
        }
    }
    assert!(served.values().all(|&number| number == 8), "the limit of each endpoint: {served:?}");
}

/// The caller's room may be used up before the places are.
async fn scarce_room_goes_round(store: Store) {
    let endpoints = ten_backlogs(&store, "shop").await;
    let mut claimer = Claimer::new();
    let mut served: BTreeMap<_, u32> = BTreeMap::new();
    for _ in 0..10 {
        let mut left = 3;
        let one_each = |_: &Lane| {
            let room = left.min(1);
            left -= room;
            room
        };
        let claims = store.claim_deliveries(&mut claimer, START, LEASE, 1000, one_each).await;
        for one in claims.expect("claims").claimed {
            *served.entry(one.lease.endpoint).or_default() += 1;
        }
    }
    assert_eq!(served, endpoints.iter().map(|&one| (one, 3)).collect());
}

/// One claim does not look at all of forty endpoints. Two do, also if there is no room for any.
async fn a_claim_says_whether_the_walk_goes_on(store: Store) {
    let mut endpoints = BTreeSet::new();
    for n in 0..4 {
        endpoints.append(&mut ten_backlogs(&store, &format!("shop-{n}")).await);
    }
    let (mut claimer, mut seen, mut goes_on) = (Claimer::new(), BTreeSet::new(), Vec::new());
    for _ in 0..2 {
        let none = |lane: &Lane| {
            seen.insert(lane.endpoint);
            0
        };
        let claims = store.claim_deliveries(&mut claimer, START, LEASE, 1000, none).await;
        let claims = claims.expect("claims");
        assert_eq!(claims.claimed, []);
        goes_on.push(claims.goes_on);
    }
    assert_eq!((seen, goes_on), (endpoints, vec![true, false]));
}

/// There may be more endpoints from which nothing can be claimed than one claim passes.
async fn a_walk_goes_on_where_it_ended(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..3, START).await;
    // They come before the endpoint, and are none themselves.
    place
        .execute(
            "INSERT INTO outbox (endpoint_id, seq, at, attempt, tries, round, since)
             WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 5000)
             SELECT '!' || n, 1, 0, 0, 0, 0, 0 FROM series",
        )
        .await;
    let mut claimer = Claimer::new();
    let mut found = Vec::new();
    for _ in 0..2 {
        let claims = claims(&store, &mut claimer, START, 256).await;
        found.push((claims.claimed.len(), claims.goes_on));
    }
    assert_eq!(found, [(0, true), (3, false)]);
    // The next walk begins behind the endpoint, and comes to it by way of the first ones.
    ingest(&store, &shop, 3..5, START).await;
    found.clear();
    for _ in 0..2 {
        let claims = claims(&store, &mut claimer, START, 256).await;
        found.push((claims.claimed.len(), claims.goes_on));
    }
    assert_eq!(found, [(0, false), (2, false)]);
}

async fn suspects_are_passed_by_and_lose_no_turn(store: Store) {
    let shop = collecting(&store, "calm").await;
    let calm = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let well = |_, health: EndpointHealth, _: &[&Settled]| {
        let health = EndpointHealth { succeeded_at: Some(START), ..health };
        Verdict { health, disable: None }
    };
    let results = [delivered(&work[0])];
    store.settle(&claimer, &server(), START, &results, well).await.expect("it is settled");

    // None of these has answered yet. There is room for one of them at a time.
    let suspects = ten_backlogs(&store, "shop").await;
    let mut served = BTreeSet::new();
    for number in 1..=10 {
        let work = claims(&store, &mut claimer, START, 1).await.claimed;
        served.extend(work.iter().map(|one| one.lease.endpoint));
        ingest(&store, &shop, number..number + 1, START).await;
        claimer.pass_suspects(true);
        let work = claims(&store, &mut claimer, START, 256).await;
        let endpoints: Vec<_> = work.claimed.iter().map(|one| one.lease.endpoint).collect();
        assert_eq!((endpoints, work.goes_on), (vec![calm], false));
        assert_eq!(settle(&store, &claimer, START, &[delivered(&work.claimed[0])]).await, 0);
        claimer.pass_suspects(false);
    }
    assert_eq!(served, suspects);
}

/// At each moment, as many deliveries of one endpoint are claimed as its settings permit, on both servers together.
async fn two_servers_never_exceed_in_flight_max(place: Place) {
    let stores = [place.open().await, place.open().await];
    let shop = collecting(&stores[0], "shop").await;
    let mut settings = settings("crm");
    settings.in_flight_max = 3;
    let endpoint = webhook_with(&stores[0], &shop, settings).await;
    ingest(&stores[0], &shop, 0..200, START).await;
    let (in_flight, settled) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..4_usize {
        let (store, shop) = (stores[n % 2].clone(), shop.clone());
        let (in_flight, total) = (Arc::clone(&in_flight), Arc::clone(&settled));
        tasks.spawn(async move {
            let mut claimer = Claimer::new();
            while total.load(SeqCst) < 200 {
                for one in claim(&store, &mut claimer, START).await {
                    let number = in_flight.fetch_add(1, SeqCst) + 1;
                    assert!(number <= 3, "{number} of {shop} are under way");
                    tokio::task::yield_now().await;
                    // It counts as settled from here on: another may claim the next before this is known.
                    in_flight.fetch_sub(1, SeqCst);
                    assert_eq!(settle(&store, &claimer, START, &[delivered(&one)]).await, 0);
                    total.fetch_add(1, SeqCst);
                }
            }
        });
    }
    tasks.join_all().await;
    let account = super::steps::account(&stores[0], &shop, endpoint).await;
    assert_eq!((account.pending, account.accepted), (0, 200));
}

/// One server has counted, and not yet claimed, when another comes.
async fn one_server_at_a_time_counts_those_under_way(place: Place) {
    let stores = [place.open().await, place.open().await];
    let shop = collecting(&stores[0], "shop").await;
    webhook(&stores[0], &shop, "crm").await;
    ingest(&stores[0], &shop, 0..20, START).await;
    let (counted, begins) = tokio::sync::oneshot::channel();
    let (done, is_done) = std::sync::mpsc::channel();
    let [one, other] = stores;
    // SQLite lets the other wait until this one has ended.
    let patience = if place.is_postgres { SECOND * 10 } else { SECOND };
    let one = tokio::spawn(async move {
        let mut counted = Some(counted);
        let room = move |lane: &Lane| {
            counted.take().expect("it is asked once").send(()).expect("another begins");
            let _ = tokio::task::block_in_place(|| is_done.recv_timeout(patience));
            room(lane)
        };
        let claims = one.claim_deliveries(&mut Claimer::new(), START, LEASE, 256, room).await;
        claims.expect("claims").claimed.len()
    });
    begins.await.expect("it has counted");
    let others = claims(&other, &mut Claimer::new(), START, 256).await;
    let _ = done.send(());
    assert_eq!((one.await.expect("it ends"), others.claimed), (8, vec![]));
    // Otherwise it would wait, and a server that hangs would stop all.
    assert_eq!(others.skipped, u32::from(place.is_postgres));
}

/// A use case that has a delivery keeps nothing else from being claimed.
async fn a_claim_waits_for_no_other(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..3, START).await;
    if !place.is_postgres {
        // It has one writer at a time.
        return;
    }
    let mut connection = place.connect().await;
    let lock = "BEGIN; SELECT seq FROM outbox ORDER BY seq LIMIT 1 FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut connection).await.expect("a lock");
    assert_eq!(claim(&store, &mut Claimer::new(), START).await.len(), 2);
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.expect("no lock");
    assert_eq!(claim(&store, &mut Claimer::new(), START).await.len(), 1);
}

/// Each delivery is claimed by one of them.
async fn two_servers_share_a_backlog(place: Place) {
    let stores = [place.open().await, place.open().await];
    let shop = collecting(&stores[0], "shop").await;
    for n in 0..5 {
        webhook(&stores[0], &shop, &format!("hook-{n}")).await;
    }
    ingest(&stores[0], &shop, 0..100, START).await;
    let mut tasks = tokio::task::JoinSet::new();
    for store in stores {
        for _ in 0..2 {
            let store = store.clone();
            tasks.spawn(async move {
                let (mut claimer, mut mine) = (Claimer::new(), Vec::new());
                loop {
                    let room = |_: &Lane| 7;
                    let claims = store.claim_deliveries(&mut claimer, START, LEASE, 16, room).await;
                    let claims = claims.expect("claims");
                    if claims.claimed.is_empty() && claims.skipped == 0 {
                        return mine;
                    }
                    mine.extend(claims.claimed);
                }
            });
        }
    }
    let work: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> =
        work.iter().map(|one| (one.lease.endpoint, one.lease.seq)).collect();
    assert_eq!((work.len(), distinct.len()), (500, 500));
    assert!(work.iter().all(|one| one.lease.attempt == 1));
}

async fn the_oldest_come_first(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    for n in (0..6).rev() {
        let now = START.after(SECOND * u32::try_from(6 - n).expect("small"));
        ingest(&store, &shop, n..n + 1, now).await;
    }
    let mut claimer = Claimer::new();
    let now = START.after(SECOND * 10);
    let mut received = Vec::new();
    for _ in 0..3 {
        let work = claims(&store, &mut claimer, now, 2).await.claimed;
        received.extend(work.iter().map(|one| one.event.received_at));
    }
    assert_eq!(received.len(), 6);
    assert!(received.is_sorted(), "{received:?}");
}

async fn only_active_endpoints_of_present_apps_are_served(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let go = async |to| store.move_endpoint(&anna(), &shop, endpoint, &to).await.expect("it moves");
    go(EndpointMove::Pause).await;
    assert_eq!(claim(&store, &mut claimer, START).await, []);
    assert_eq!(store.next_delivery().await.expect("none"), None);
    go(EndpointMove::Resume).await;
    store.delete(&anna(), &shop).await.expect("it is deleted");
    assert_eq!(claim(&store, &mut claimer, START).await, []);
    assert_eq!(store.next_delivery().await.expect("none"), None);
    store.restore(&anna(), &shop).await.expect("it is back");
    assert_eq!(claim(&store, &mut claimer, START).await.len(), 1);
    create(&store, "other").await;
}

async fn the_room_is_the_callers(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..10, START).await;
    let mut claimer = Claimer::new();
    let mut seen = Vec::new();
    for limit in [0, 3, 2] {
        let room = |lane: &Lane| {
            seen.push((lane.endpoint, lane.leased, lane.in_flight_max));
            limit
        };
        let claims = store.claim_deliveries(&mut claimer, START, LEASE, 256, room).await;
        assert_eq!(claims.expect("claims").claimed.len(), limit as usize);
    }
    assert_eq!(seen, [(endpoint, 0, 8), (endpoint, 0, 8), (endpoint, 3, 8)]);
    assert_eq!(claims(&store, &mut claimer, START, 0).await.claimed, []);
    let rest = claims(&store, &mut claimer, START, 2).await;
    assert_eq!((rest.claimed.len(), rest.skipped), (2, 1), "more are due");
    let rest = store.claim_deliveries(&mut claimer, START, LEASE, 256, room).await.expect("claims");
    assert_eq!((rest.claimed.len(), rest.skipped), (1, 0), "eight are under way");
}
