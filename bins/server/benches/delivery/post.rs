//! Deliveries to one endpoint, as the receiver counts them: ours relative to the loop.
//!
//! Both go by https, without which the product delivers only where its operator says so. Both send all the time, ours
//! from a backlog. Ours is started for each measurement and ends as operators end it, since it gives back what has waited
//! for long; the loop is stopped by a signal.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Plan;
use crate::program::Program;
use crate::receiver::Receiver;
use crate::seed::{app, make_app, make_webhook, open, take_in, url};
use crate::site::Site;
use crate::spread::Spread;

/// The relation of deliveries per second, ours to the loop's.
const GOAL: f64 = 0.7;
/// Until the loop is under way again.
const WARM: Duration = Duration::from_millis(100);
/// Until its connections are open.
const START: Duration = Duration::from_secs(1);
/// Deliveries until ours has connections, prepared statements and its pace.
const WARM_DELIVERIES: u64 = 1000;
/// Longer than a start takes.
const STUCK: Duration = Duration::from_secs(30);

pub(crate) fn run(site: &Site<'_>, plan: &Plan) -> bool {
    let receiver = Receiver::start();
    let database = site.database("post");
    Runtime::new().expect("a runtime").block_on(async {
        let store = open(&database).await;
        make_app(&store, &app(0)).await;
        make_webhook(&store, &app(0), receiver.address).await;
        take_in(&store, &[app(0)], plan.waiting).await;
        store.close().await;
    });
    let authority = receiver.authority.clone();
    let settings = [("SSL_CERT_FILE", authority.to_str().expect("UTF-8"))];
    let (theirs, _) = Program::peer(&["--post-peer", &url(receiver.address)], &settings);
    std::thread::sleep(START);
    theirs.pause();
    let receiver = std::cell::RefCell::new(receiver);
    let mut sent = 0;
    let our_rate = || {
        let mut receiver = receiver.borrow_mut();
        let before = receiver.count();
        let ours = site.start(&database, Some((receiver.address, &authority)));
        let waiting = Instant::now();
        while receiver.count() < before + WARM_DELIVERIES.min(plan.waiting / 2) {
            assert!(waiting.elapsed() < STUCK, "nothing is delivered");
            std::thread::sleep(Duration::from_millis(5));
        }
        let rate = receiver.rate(plan.window);
        ours.program.end();
        sent += receiver.count() - before;
        rate
    };
    let their_rate = || {
        theirs.go_on();
        std::thread::sleep(WARM);
        let rate = receiver.borrow_mut().rate(plan.window);
        theirs.pause();
        rate
    };
    let spread = Spread::of_pairs(plan.pairs, our_rate, their_rate);
    // Before the receiver, which it would miss.
    drop(theirs);
    assert!(!plan.judged || sent < plan.waiting, "the backlog is too small: {sent} were sent");
    plan.at_least(site.engine, "deliveries / posting prepared bodies", spread, GOAL)
}
