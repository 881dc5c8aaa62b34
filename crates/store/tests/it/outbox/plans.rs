//! With many rows, the engines find what they need by indexes. Otherwise each claim would take as long as the backlog.

use std::time::{Duration, Instant};

use c2c_store::{Claimer, EndpointMove, Store};

use super::steps::{LEASE, START, again, collecting, delivered, fill, settle, webhook};
use crate::engines::{Place, on_both_engines};
use crate::steps::anna;

on_both_engines!(a_claim_reads_a_few_rows_of_many, a_lane_that_statistics_do_not_know_is_no_slower);

/// In one lane.
const ROWS: usize = 300_000;
/// In one claim.
const MANY: u32 = 500;
/// Long enough for a loaded machine, and less than it takes to read all rows twice.
const TIME_MAX: Duration = Duration::from_millis(500);

async fn a_claim_reads_a_few_rows_of_many(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let lane = webhook(&store, &shop, "lane").await;
    // The engine may know that the table is empty, and keep the plan that it makes for that.
    let empty = if place.is_postgres { "VACUUM ANALYZE outbox" } else { "ANALYZE" };
    place.execute(empty).await;
    work(&store, 0).await;
    fill(&place, &shop, lane, ROWS).await;
    work(&store, 8).await;
    claim_many(&store).await;
    place.execute("ANALYZE").await;
    work(&store, 8).await;
    store.close().await;
    if place.is_postgres {
        nothing_was_scanned(&place).await;
    }
}

/// PostgreSQL takes the deliveries of an endpoint for few that it does not know yet.
async fn a_lane_that_statistics_do_not_know_is_no_slower(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let known = webhook(&store, &shop, "known").await;
    fill(&place, &shop, known, ROWS).await;
    place.execute("ANALYZE").await;
    store.move_endpoint(&anna(), &shop, known, &EndpointMove::Pause).await.expect("it pauses");
    let new = webhook(&store, &shop, "new").await;
    place
        .execute_text(format!(
            "INSERT INTO outbox (endpoint_id, seq, at, attempt, tries, round, since)
             SELECT '{new}', seq, at, 0, 0, 0, since FROM outbox WHERE seq < 1100000"
        ))
        .await;
    claim_many(&store).await;
}

/// Claims and settles so often that PostgreSQL keeps a plan.
async fn work(store: &Store, expected: usize) {
    let mut claimer = Claimer::new();
    let mut times = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let claims = store.claim_deliveries(&mut claimer, START, LEASE, 8, |_| 8).await;
        let work = claims.expect("claims").claimed;
        assert_eq!(work.len(), expected);
        let results: Vec<_> = work
            .iter()
            .map(|one| {
                if one.lease.seq % 2 == 0 { delivered(one) } else { again(one, START.after(LEASE)) }
            })
            .collect();
        assert_eq!(settle(store, &claimer, START, &results).await, 0);
        times.push(begun.elapsed());
    }
    // With the plan that is kept.
    one_is_short(&times[10..]);
}

/// Claims more than an engine expects to be due that takes the table for a small one. Half of it ends, and the rest is
/// given back.
async fn claim_many(store: &Store) {
    let (mut claims, mut results) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (mut claimer, begun) = (Claimer::new(), Instant::now());
        let found = store.claim_deliveries(&mut claimer, START, LEASE, MANY, |_| MANY).await;
        claims.push(begun.elapsed());
        let work = found.expect("claims").claimed;
        assert_eq!(work.len(), MANY as usize);
        let begun = Instant::now();
        let (ended, given_back) = work.split_at(work.len() / 2);
        let ended: Vec<_> = ended.iter().map(delivered).collect();
        assert_eq!(settle(store, &claimer, START, &ended).await, 0);
        let leases: Vec<_> = given_back.iter().map(|one| one.lease.clone()).collect();
        store.release(&claimer, &leases, START).await.expect("they are given back");
        results.push(begun.elapsed());
    }
    one_is_short(&claims);
    one_is_short(&results);
}

/// A wrong plan makes all of them long, and a busy machine some.
fn one_is_short(times: &[Duration]) {
    assert!(times.iter().any(|&time| time < TIME_MAX), "{times:?}");
}

/// PostgreSQL counts the rows that were read in scans of the whole table, and reports it when a session has ended.
async fn nothing_was_scanned(place: &Place) {
    let end = Instant::now() + Duration::from_mins(1);
    let statistics = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'outbox'";
    while place.number(statistics).await < 320 {
        assert!(Instant::now() < end, "no statistics");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let scanned = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'outbox'";
    assert_eq!(place.number(scanned).await, 0);
    // Far more than were claimed, and fewer than one look at all rows reads.
    let found = place.number(statistics).await;
    assert!(found < 50_000, "{found}");
}
