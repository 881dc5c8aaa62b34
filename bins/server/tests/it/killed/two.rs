//! Two servers that share an outbox.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::time::Duration;

use c2c_cluster::Cluster;
use c2c_receivers::{Answer, Hit, Receiver};
use serde_json::{Value, json};
use tokio::task::{JoinSet, block_in_place};

use super::server::KEYS;
use crate::admin::values;
use crate::client::{Client, eventually};
use crate::console::DEMO;
use crate::database::database;
use crate::integrating::{batch, envelope};
use crate::program::{Process, command};

/// Long enough for a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// Events of a batch.
const EVENTS: u64 = 50;
/// Rounds of events: at least, and until both servers have delivered some.
const ROUNDS_MIN: u64 = 4;
const ROUNDS: u64 = 20;
/// Clients of each server.
const CLIENTS: u64 = 6;

/// The servers, the receiver of the demo app, and the database.
pub(super) struct Two {
    pub(super) servers: [Process; 2],
    pub(super) receiver: Receiver,
    _cluster: Cluster,
}

impl Two {
    pub(super) async fn start(answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static) -> Self {
        let receiver = Receiver::start(answer).await;
        let (cluster, url) = block_in_place(database);
        let servers = [(); 2].map(|()| block_in_place(|| start(&url, &receiver)));
        servers[0].collect(DEMO, "refuse").await;
        let wish = json!({"name": "CRM", "url": receiver.url(), "inFlightMax": 32});
        let made = servers[0].write("POST", &format!("{DEMO}/endpoints"), &wish).await.json();
        let id = made["endpoint"]["id"].as_str().expect("an id");
        let path = format!("{DEMO}/endpoints/{id}");
        let asked = servers[0].write("POST", &format!("{path}/agreement"), &json!({})).await;
        assert_eq!(asked.json()["endpoint"]["state"], "active", "{asked:?}");
        Self { servers, receiver, _cluster: cluster }
    }

    /// Sends events to both servers at the same time, in so many batches of each client. Gives the number of all. A round
    /// tells them from others.
    pub(super) async fn emit(&self, round: u64, batches: u64) -> usize {
        let mut clients = JoinSet::new();
        for number in 0..2 * CLIENTS {
            let server = Client::clone(&self.servers[usize::from(number % 2 == 1)]);
            let first = (round * 2 * CLIENTS + number) * batches;
            clients.spawn(async move { emit(&server, number, first..first + batches).await });
        }
        clients.join_all().await;
        usize::try_from(2 * CLIENTS * batches * EVENTS).expect("a small number")
    }

    /// The ids of all events that have arrived, one for each time.
    pub(super) fn arrived(&self) -> Vec<String> {
        let hits = self.receiver.hits();
        let id = |hit: &Hit| hit.headers["webhook-id"].to_str().expect("an id").to_owned();
        hits.iter().map(id).collect()
    }

    /// The account of the endpoint, by the first server.
    pub(super) async fn account(&self) -> Value {
        self.servers[0].read(&format!("{DEMO}/integrations")).await["accounts"][0].clone()
    }

    /// The deliveries of each server. No result came late.
    async fn shares(&self) -> Vec<f64> {
        let mut shares = Vec::new();
        for server in &self.servers {
            let values = values(server).await;
            assert_eq!(values["c2c_delivery_stale_total"].to_string(), "0");
            shares.push(values["c2c_delivery_ended_total{outcome=\"delivered\"}"]);
        }
        shares
    }

    /// Waits until nothing is on its way.
    pub(super) async fn settle(&self, patience: Duration) {
        let settled = eventually(patience, async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.account().await["pending"] == 0
        });
        assert!(settled.await, "{}", self.account().await);
    }
}

fn start(database: &str, receiver: &Receiver) -> Process {
    Process::start(|data| {
        let mut command = command(data);
        command
            .args(["--database", database, "--admin-listen", "127.0.0.1:0"])
            .args(receiver.allowed())
            .env("C2C_SECRETS_KEY", KEYS);
        command
    })
}

async fn emit(server: &Client, number: u64, batches: Range<u64>) {
    let client = Ipv4Addr::new(127, 1, 1, u8::try_from(number).expect("a small number"));
    for start in batches.map(|batch| batch * EVENTS) {
        let events: Vec<_> =
            (start..start + EVENTS).map(|event| envelope("custom:chat_opened", event)).collect();
        let reply = server.emit_from(client, DEMO, &batch(&events)).await;
        assert_eq!(reply.json(), json!({"accepted": EVENTS, "known": 0, "refused": []}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_sent_once() {
    let two = Two::start(|_| Answer::Status(204)).await;
    let (mut number, mut shares) = (0, Vec::new());
    // One of them may have all that may be under way, until nothing waits.
    for round in 0..ROUNDS {
        number += two.emit(round, 1).await;
        two.settle(PATIENCE).await;
        shares = two.shares().await;
        if round >= ROUNDS_MIN && shares.iter().all(|&share| share > 0.0) {
            break;
        }
    }
    let arrived = two.arrived();
    let distinct: BTreeSet<_> = arrived.iter().collect();
    assert_eq!((arrived.len(), distinct.len()), (number, number));
    // Each has done a part of it.
    assert!(shares.iter().all(|&share| share > 0.0), "{shares:?}");
    println!("{number} events, of which the servers have delivered {shares:?}");
}
