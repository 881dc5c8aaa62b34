//! One kill after the other, each while events are sent, and a look at the books after each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use tempfile::TempDir;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::{sleep, timeout};

use super::books::{End, check_end, check_now, pending};
use super::random::Random;
use super::route::Route;
use super::server::{Server, Setup};
use crate::client::eventually;

/// Apps with an endpoint each. A receiver that was killed is left alone for a while, so there are more.
const ROUTES: usize = 4;
/// The most events that are acknowledged before a kill, and the longest time after that.
const EVENTS_MAX: usize = 40;
const WAIT_MAX_MS: usize = 200;
/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// Until all have arrived. Leases end after a minute. A delivery whose receiver was dead twice comes 5 minutes later.
const ALL_ARRIVE: Duration = Duration::from_mins(8);

/// The database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy)]
enum Victim {
    Server,
    Receiver,
    Postgres,
}

impl Engine {
    fn victims(self) -> &'static [Victim] {
        match self {
            Self::Sqlite => &[Victim::Server, Victim::Receiver],
            Self::Postgres => &[Victim::Server, Victim::Receiver, Victim::Postgres],
        }
    }
}

/// All processes. Those that need others are first, so that they end first.
struct Site {
    server: Server,
    routes: Vec<Route>,
    cluster: Option<Cluster>,
    _folder: TempDir,
}

/// All kills, and all that came of them, for people.
struct Figures {
    servers: usize,
    receivers: usize,
    databases: usize,
    took: Duration,
    /// The longest time from a server's kill until it was there again.
    away: Duration,
    end: End,
    settled: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, receivers, databases, took, away, end, settled } = self;
        write!(
            formatter,
            "kills: {servers} of the server, {receivers} of receivers, {databases} of PostgreSQL, in {took:.1?}, the server away for {away:.1?} at most; {end}, the last \
             {settled:.1?} after the last event was sent"
        )
    }
}

/// Kills what there is to kill, in any order, and gives the figures.
pub(super) async fn check(engine: Engine, kills: usize, mut random: Random) -> String {
    let mut site = Site::start(engine).await;
    let (mut senders, ended) = (JoinSet::new(), Arc::<AtomicBool>::default());
    for (number, route) in (0..).zip(&site.routes) {
        route.send(&site.server.client, number, &mut random, (&mut senders, &ended));
    }
    let mut victims: Vec<_> = engine.victims().iter().copied().cycle().take(kills).collect();
    let (mut servers, mut receivers, mut databases) = (0, 0, 0);
    let (begin, mut away) = (Instant::now(), Duration::ZERO);
    while !victims.is_empty() {
        site.go_on(1 + random.below(EVENTS_MAX)).await;
        sleep(Duration::from_millis(random.below(WAIT_MAX_MS) as u64)).await;
        match victims.swap_remove(random.below(victims.len())) {
            Victim::Server => {
                let killed = Instant::now();
                block_in_place(|| site.server.kill());
                away = away.max(killed.elapsed());
                servers += 1;
            }
            Victim::Receiver => {
                site.kill_receiver(&mut random).await;
                receivers += 1;
            }
            Victim::Postgres => {
                block_in_place(|| site.kill_database());
                databases += 1;
            }
        }
        check_now(&site.server.client, &mut site.routes).await;
    }
    let took = begin.elapsed();
    site.go_on(1).await;
    ended.store(true, Ordering::Relaxed);
    timeout(PATIENCE, senders.join_all()).await.expect("each batch has its fate");
    let settled = site.settle().await;
    let end = check_end(&site.server.client, &mut site.routes).await;
    Figures { servers, receivers, databases, took, away, end, settled }.to_string()
}

impl Site {
    async fn start(engine: Engine) -> Self {
        let folder = TempDir::new().expect("a folder");
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(block_in_place(Cluster::start).expect("a PostgreSQL")),
        };
        let database = cluster.as_ref().map(|cluster| cluster.database("c2c").expect("a database"));
        let ports = [(); ROUTES].map(|()| c2c_ports::free().expect("a port"));
        let setup = Setup { data: folder.path().join("data"), database, allowed: ports.to_vec() };
        let server = block_in_place(|| Server::start(setup));
        let mut routes = Vec::new();
        for port in ports {
            routes.push(Route::open(&server.client, folder.path(), port).await);
        }
        Self { server, routes, cluster, _folder: folder }
    }

    /// Waits until some more events are acknowledged.
    async fn go_on(&self, events: usize) {
        let acknowledged = || -> usize {
            let of = |route: &Route| route.ledger.lock().expect("a lock").acknowledged().len();
            self.routes.iter().map(of).sum()
        };
        let goal = acknowledged() + events;
        let more = eventually(PATIENCE, async || acknowledged() >= goal);
        assert!(more.await, "senders are not answered");
    }

    /// Kills one that was not killed lately.
    async fn kill_receiver(&mut self, random: &mut Random) {
        loop {
            let is_ready = |&at: &usize| self.routes[at].spared().is_zero();
            let ready: Vec<_> = (0..self.routes.len()).filter(is_ready).collect();
            if ready.is_empty() {
                let wait = self.routes.iter().map(Route::spared).min().expect("there are some");
                sleep(wait).await;
            } else {
                let route = &mut self.routes[ready[random.below(ready.len())]];
                return block_in_place(|| route.kill_receiver());
            }
        }
    }

    fn kill_database(&mut self) {
        let cluster = self.cluster.as_mut().expect("a PostgreSQL");
        cluster.kill().expect("it is killed");
        cluster.resume().expect("it starts");
    }

    /// Waits until nothing is on its way, and gives the time that this took.
    async fn settle(&self) -> Duration {
        let begin = Instant::now();
        loop {
            let mut all = 0;
            for route in &self.routes {
                all += pending(&self.server.client, route).await;
            }
            if all == 0 {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < ALL_ARRIVE, "{all} deliveries are still pending");
            sleep(Duration::from_millis(500)).await;
        }
    }
}
