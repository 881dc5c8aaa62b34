//! The memory of a server while it delivers a backlog: a million events, for four endpoints.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Plan;
use crate::receiver::Receiver;
use crate::seed::{app, make_app, make_webhook, open, take_in};
use crate::site::Site;

const APPS: usize = 4;
const MIB: u64 = 1024 * 1024;
/// Growth that is noise: of the allocator, and of the database's caches.
const NOISE: u64 = 16 * MIB;
/// The longest time without a delivery.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(site: &Site<'_>, plan: &Plan) -> bool {
    let mut receiver = Receiver::start();
    let database = site.database("backlog");
    let apps: Vec<_> = (0..APPS).map(app).collect();
    Runtime::new().expect("a runtime").block_on(async {
        let store = open(&database).await;
        for app in &apps {
            make_app(&store, app).await;
            make_webhook(&store, app, receiver.address).await;
        }
        take_in(&store, &apps, plan.backlog).await;
        store.close().await;
    });
    let authority = receiver.authority.clone();
    let ours = site.start(&database, Some((receiver.address, &authority)));
    let (mut early, mut late) = (0, 0);
    let (mut before, mut moved) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let count = receiver.count();
        let memory = ours.program.memory();
        if count <= plan.backlog / 10 {
            early = memory.max(early);
        } else if count >= plan.backlog / 10 * 9 {
            late = memory.max(late);
        }
        if count >= plan.backlog {
            break;
        }
        if count > before {
            (before, moved) = (count, Instant::now());
        }
        assert!(moved.elapsed() < PATIENCE, "{count} of {} were delivered", plan.backlog);
    }
    let growth = late.saturating_sub(early);
    let what = format!("memory while a backlog of {} drains", plan.backlog);
    let mib = |bytes: u64| bytes / MIB;
    let value = format!(
        "at most {} MiB in the first tenth, {} MiB in the last, growth {} MiB",
        mib(early),
        mib(late),
        mib(growth)
    );
    let met = growth <= NOISE.max(early / 10);
    plan.print(site.engine, &what, value, "at most 10 % or 16 MiB more", met)
}
