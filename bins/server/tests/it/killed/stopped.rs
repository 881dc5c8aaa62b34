//! One of two servers is stopped in the middle, and goes on after its leases have ended. Until then no other sends what it
//! had claimed, and its late results change nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use c2c_receivers::Answer;

use super::two::{PATIENCE, Two};
use crate::admin::values;
use crate::client::eventually;
use crate::console::DEMO;
use crate::program::{Process, signal};

/// How long a claim belongs to its server.
const LEASE: Duration = Duration::from_mins(1);
/// A receiver that takes its time: at each moment there are requests under way.
const SLOW: Duration = Duration::from_millis(200);
const IN_FLIGHT: &str = "c2c_delivery_in_flight";

/// Gives the figures.
pub(super) async fn check() -> String {
    let mut two = Two::start(|_| Answer::Late(SLOW, 204)).await;
    let number = two.emit(0, 1).await;
    let is_busy = async |server: &Process| values(server).await[IN_FLIGHT] >= 1.0;
    let [one, other] = &two.servers;
    let begun = eventually(PATIENCE, async || is_busy(one).await || is_busy(other).await);
    assert!(begun.await, "no server sends");
    // One may have all that may be under way. The second one is stopped.
    if !is_busy(other).await {
        two.servers.swap(0, 1);
    }
    let [first, second] = &two.servers;
    signal(&second.child, "-STOP");
    let stopped = jiff::Timestamp::now();

    let leases = leases(&two, stopped + LEASE).await;
    assert!(!leases.is_empty(), "nothing was under way");
    two.settle(LEASE + PATIENCE).await;

    let (mut seen, mut duplicates) = (BTreeSet::new(), 0);
    for hit in two.receiver.hits() {
        let id = hit.headers["webhook-id"].to_str().expect("an id").to_owned();
        if seen.contains(&id) {
            let end = leases.get(&id).copied();
            let end = end.unwrap_or_else(|| panic!("{id} came again, and was not leased"));
            assert!(wall(hit.at) >= end, "{id} came again before its lease ended at {end}");
            duplicates += 1;
        }
        seen.insert(id);
    }
    assert_eq!(seen.len(), number);
    assert!(duplicates <= leases.len(), "{duplicates} of {}", leases.len());

    // Now it gets the answers to its requests, and is too late.
    let before = two.account().await;
    signal(&second.child, "-CONT");
    let is_late =
        eventually(PATIENCE, async || values(second).await["c2c_delivery_stale_total"] >= 1.0);
    assert!(is_late.await, "no result came late");
    assert_eq!(two.account().await, before);
    assert_eq!(values(first).await["c2c_delivery_stale_total"].to_string(), "0");
    let (leases, hits) = (leases.len(), two.arrived().len());
    format!(
        "{number} events, {leases} leased when it was stopped, {duplicates} duplicates, {hits} requests"
    )
}

/// The events that are claimed, with the end of the lease of each that ends until then.
async fn leases(two: &Two, until: jiff::Timestamp) -> BTreeMap<String, jiff::Timestamp> {
    let (mut leases, mut part) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("{DEMO}/deliveries?outcome=pending&limit=100{part}");
        let page = two.servers[0].read(&path).await;
        for delivery in page["deliveries"].as_array().expect("a list") {
            let end = delivery["at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
            if delivery["underWay"] == true && end <= until {
                leases.insert(delivery["event"].as_str().expect("an id").to_owned(), end);
            }
        }
        let Some(next) = page["next"].as_str() else { return leases };
        part = format!("&before={next}");
    }
}

/// The time of day at a moment.
fn wall(at: Instant) -> jiff::Timestamp {
    let time = SystemTime::now() - at.elapsed();
    time.try_into().expect("a time")
}
