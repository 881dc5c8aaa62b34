//! Deliveries to one endpoint, as the receiver counts them: ours relative to the loop.
//!
//! Both go by https, without which the product delivers only where its operator says so. Both send all the time, ours
//! from a backlog; the one that is not measured is stopped by a signal.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::Plan;
use crate::program::Program;
use crate::receiver::Receiver;
use crate::seed::{app, make_app, make_webhook, open, take_in, url};
use crate::site::Site;
use crate::spread::Spread;

/// The relation of deliveries per second, ours to the loop's.
const GOAL: f64 = 0.7;
/// Until what was stopped is under way again.
const WARM: Duration = Duration::from_millis(100);
/// Until connections are open and statements are prepared.
const START: Duration = Duration::from_secs(1);

pub(crate) fn run(site: &Site<'_>, plan: &Plan) -> bool {
    let mut receiver = Receiver::start();
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
    let ours = site.start(&database, Some((receiver.address, &authority)));
    std::thread::sleep(START);
    ours.program.pause();
    let mut sent = receiver.count();
    assert!(sent > 0, "nothing was delivered");
    let (theirs, _) = Program::peer(&["--post-peer", &url(receiver.address)], &settings);
    std::thread::sleep(START);
    theirs.pause();
    let receiver = std::cell::RefCell::new(receiver);
    let rate = |program: &Program| {
        let mut receiver = receiver.borrow_mut();
        program.go_on();
        std::thread::sleep(WARM);
        let rate = receiver.rate(plan.window);
        program.pause();
        rate
    };
    let count = || receiver.borrow_mut().count();
    let our_rate = || {
        let before = count();
        let rate = rate(&ours.program);
        sent += count() - before;
        rate
    };
    let spread = Spread::of_pairs(plan.pairs, our_rate, || rate(&theirs));
    // Before the receiver, which they would miss.
    drop((ours, theirs));
    assert!(!plan.judged || sent < plan.waiting, "the backlog is too small: {sent} were sent");
    plan.at_least(site.engine, "deliveries / posting prepared bodies", spread, GOAL)
}
