//! Batches that are acknowledged: ours relative to the bare endpoint, over 16 connections and over one.
//!
//! Each app has a webhook that is paused, so each event makes a row for its delivery, and nothing is sent meanwhile.
//! Each connection of a measurement comes from a client of its own, and batches are for many apps in turn: no limit is
//! reached, as with visitors.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Plan;
use crate::batches::request;
use crate::program::Program;
use crate::seed::{app, make_app, make_webhook, open, pause};
use crate::site::Site;
use crate::spread::Spread;

/// An app may get 10,000 events at once, and 1,000 a second.
const APPS: usize = 100;
const APPS_QUICK: usize = 3;
/// Batches of one client in a measurement. It may send 100 at once.
const BATCHES_OF_CLIENT: usize = 64;
/// The relation of batches per second, ours to the bare endpoint's.
const GOAL: f64 = 0.5;

/// Batches with numbers, and clients with addresses, that were not used before.
struct Source {
    host: String,
    apps: usize,
    batches: Cell<u64>,
    clients: Cell<u32>,
}

/// The batches of one client, in one connection.
struct Visit {
    client: Ipv4Addr,
    requests: Vec<String>,
}

pub(crate) fn run(site: &Site<'_>, plan: &Plan) -> bool {
    let runtime = Runtime::new().expect("a runtime");
    let url = site.database("ingest");
    let apps = if plan.judged { APPS } else { APPS_QUICK };
    runtime.block_on(make_apps(&url, apps));
    let ours = site.start(&url, None);
    let (_peer, address) = Program::peer(&["--insert-peer", &site.database("insert_peer")], &[]);
    let theirs: SocketAddr = address.parse().expect("an address");
    let (host, batches, clients) = (ours.host.clone(), Cell::new(0), Cell::new(0));
    let source = Source { host, apps, batches, clients };
    let mut met = true;
    // Clients at once, and one after the other.
    for (connections, turns) in [(16, 1), (1, 3)] {
        let rate = |address| {
            // They are made before the time begins: this program shares the processors with what it measures.
            let visits = (0..connections).map(|_| source.visits(turns, plan)).collect();
            load(address, visits)
        };
        rate(ours.address);
        rate(theirs);
        let spread = Spread::of_pairs(plan.pairs, || rate(ours.address), || rate(theirs));
        let what = format!("batches acknowledged / bare hyper and insert, {connections:2} at once");
        met &= plan.at_least(site.engine, &what, spread, GOAL);
    }
    met
}

async fn make_apps(url: &str, number: usize) {
    let store = open(url).await;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    for app in (0..number).map(app) {
        make_app(&store, &app).await;
        let endpoint = make_webhook(&store, &app, nowhere).await;
        pause(&store, &app, endpoint).await;
    }
    store.close().await;
}

impl Source {
    /// The visits of one connection after the other.
    fn visits(&self, turns: usize, plan: &Plan) -> Vec<Visit> {
        let batches = if plan.judged { BATCHES_OF_CLIENT } else { 2 };
        let visit = |_| {
            let number = self.clients.replace(self.clients.get() + 1);
            let client = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + number);
            Visit { client, requests: (0..batches).map(|_| self.request()).collect() }
        };
        (0..turns).map(visit).collect()
    }

    fn request(&self) -> String {
        let number = self.batches.replace(self.batches.get() + 1);
        let app = app(usize::try_from(number).expect("small") % self.apps);
        request(&self.host, &app, number)
    }
}

/// Batches acknowledged per second. Each element is one connection after the other.
fn load(address: SocketAddr, connections: Vec<Vec<Visit>>) -> f64 {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let number: usize = connections.iter().flatten().map(|visit| visit.requests.len()).sum();
    let start = Instant::now();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for visits in connections {
            tasks.spawn(async move {
                for visit in visits {
                    visit.make(address).await;
                }
            });
        }
        tasks.join_all().await;
    });
    f64::from(u32::try_from(number).expect("small")) / start.elapsed().as_secs_f64()
}

impl Visit {
    async fn make(self, address: SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((self.client, 0).into()).expect("an address of this machine");
        let mut stream = socket.connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let mut answer = Vec::new();
        for request in self.requests {
            stream.write_all(request.as_bytes()).await.expect("the server reads");
            answer.clear();
            // It has no other brace.
            while answer.last() != Some(&b'}') {
                assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "closed");
            }
            let text = String::from_utf8_lossy(&answer);
            assert!(text.contains(r#"{"accepted":10,"#), "{text}");
        }
    }
}
