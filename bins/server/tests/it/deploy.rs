//! A deploy: new processes take the places of old ones on one PostgreSQL, one at a time, under load.
//!
//! `C2C_OLD_SERVER` and `C2C_NEW_SERVER` are the programs; by default both are this one. `cargo xtask soak
//! upgrade` builds an older version.

#![expect(clippy::print_stdout, reason = "figures")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::{JoinSet, block_in_place};

use crate::client::{Client, PATIENCE, Reply, To, eventually};
use crate::console::DEMO;
use crate::database::database;
use crate::program::{PROGRAM, Process, command_of};

const SERVERS: usize = 3;
const VISITORS: usize = 6;
/// Visits between two steps of the deploy.
const VISITS: usize = 100;
/// Changes of another server are seen within a second, and some time for a slow machine.
const SEEN: Duration = Duration::from_secs(3);

/// A proxy's list of servers. A clone of an entry is a request in flight.
type Balancer = Mutex<Vec<Arc<Client>>>;

/// Counts over all visitors.
#[derive(Default)]
pub(crate) struct Visits {
    balancer: Balancer,
    whole: AtomicUsize,
    failed: Mutex<Vec<Reply>>,
    ended: AtomicBool,
}

/// Asks for the document again and again, of each server in turn.
async fn visit(visits: Arc<Visits>, visitor: usize) {
    let encodings = ["identity", "gzip", "br"];
    let accept = format!("accept-encoding: {}", encodings[visitor % encodings.len()]);
    let mut turn = visitor;
    while !visits.ended.load(Ordering::Relaxed) {
        let server = {
            let servers = visits.balancer.lock().expect("no panic");
            Arc::clone(&servers[turn % servers.len()])
        };
        let reply = server.get(To::Sandbox, "/s/demo", &[&accept, "connection: close"]).await;
        drop(server);
        if reply.status == 200 && !reply.body.is_empty() {
            visits.whole.fetch_add(1, Ordering::Relaxed);
        } else {
            visits.failed.lock().expect("no panic").push(reply);
        }
        turn += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl Visits {
    /// Waits for some more visits.
    pub(crate) async fn go_on(&self) {
        let before = self.whole.load(Ordering::Relaxed);
        let more = async || self.whole.load(Ordering::Relaxed) >= before + VISITS;
        assert!(eventually(PATIENCE, more).await, "visitors are not answered");
    }

    /// Sends visitors.
    pub(crate) fn begin(self: &Arc<Self>) -> JoinSet<()> {
        let mut visitors = JoinSet::new();
        for visitor in 0..VISITORS {
            visitors.spawn(visit(Arc::clone(self), visitor));
        }
        visitors
    }

    /// Sends no more visitors. All must have been answered; gives the number of answers.
    pub(crate) async fn end(&self, mut visitors: JoinSet<()>) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        while let Some(visitor) = visitors.join_next().await {
            visitor.expect("each request has an answer");
        }
        let failed = self.failed.lock().expect("no panic");
        let whole = self.whole.load(Ordering::Relaxed);
        assert!(failed.is_empty(), "{whole} answered, {} failed: {:?}", failed.len(), failed[0]);
        whole
    }

    pub(crate) fn add(&self, server: &Process) {
        self.balancer.lock().expect("no panic").push(Arc::new(Client::clone(server)));
    }

    /// Sends a server no more requests, and waits until it has answered all.
    pub(crate) async fn drain_first(&self) {
        let server = self.balancer.lock().expect("no panic").remove(0);
        let idle = async || Arc::strong_count(&server) == 1;
        assert!(eventually(PATIENCE, idle).await, "requests are not answered");
    }
}

/// Publishes on one server, and waits until all serve it.
async fn publish(servers: &[Process], writer: usize, text: &str) {
    servers[writer].publish(DEMO, "live", text).await;
    for (at, server) in servers.iter().enumerate() {
        let served = async || server.document("/s/demo").await.contains(text);
        assert!(eventually(SEEN, served).await, "{text}: server {at} does not serve it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_do_not_notice_a_deploy() {
    let (_cluster, url) = database();
    let start = |variable: &str| {
        let program = std::env::var(variable).unwrap_or_else(|_| PROGRAM.to_owned());
        block_in_place(|| {
            Process::start(|data| {
                let mut command = command_of(&program, data);
                command.args(["--database", &url]);
                command
            })
        })
    };
    let mut servers: Vec<_> = (0..SERVERS).map(|_| start("C2C_OLD_SERVER")).collect();
    let visits = Arc::<Visits>::default();
    for server in &servers {
        visits.add(server);
    }
    let visitors = visits.begin();
    publish(&servers, 0, "<b>before</b>").await;
    visits.go_on().await;

    for step in 0..SERVERS {
        let server = start("C2C_NEW_SERVER");
        // A proxy asks for the server's health first, so that no visitor waits for a page to be made.
        server.document("/s/demo").await;
        visits.add(&server);
        servers.push(server);
        // An old one and the new one, in turn.
        publish(&servers, 0, &format!("<b>old, step {step}</b>")).await;
        publish(&servers, SERVERS, &format!("<b>new, step {step}</b>")).await;
        visits.go_on().await;
        visits.drain_first().await;
        let old = servers.remove(0);
        assert!(block_in_place(|| old.stop()), "it ends with an error");
        visits.go_on().await;
    }
    publish(&servers, 0, "<b>after</b>").await;
    visits.go_on().await;
    let whole = visits.end(visitors).await;
    println!("{whole} documents during a deploy of {SERVERS} servers, 0 failed");
}
