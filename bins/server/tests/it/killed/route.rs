//! An app that takes events, its endpoint, and the receiver behind it.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::arrivals::Arrivals;
use super::ledger::Ledger;
use super::random::Random;
use super::receiver::{Killable, SECRET};
use super::sender::{Sender, Target};
use crate::client::{Client, To};

/// Requests to an endpoint at a time. Those of a server that was killed count until their leases end, so they must not be
/// all that an endpoint may have.
const IN_FLIGHT: u32 = 32;
/// The time that a receiver is left alone after a kill. Deliveries that have failed are sent again within it, 5 to 6.25
/// seconds later. If they failed once more, the next time would be 5 minutes later.
const SPARED: Duration = Duration::from_secs(9);

pub(super) struct Route {
    /// The app's address in the API.
    pub(super) app: String,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) arrivals: Arrivals,
    receiver: Killable,
    killed: Option<Instant>,
    token: String,
}

impl Route {
    /// Makes all of it, with the receiver on a port and its file in a folder.
    pub(super) async fn open(server: &Client, folder: &Path, port: u16) -> Self {
        let file = folder.join(format!("received-{port}.jsonl"));
        let receiver = tokio::task::block_in_place(|| Killable::start(port, &file));
        let app = server.create("Under load").await;
        server.collect(&app, "refuse").await;
        let url = format!("http://127.0.0.1:{port}/hooks");
        let wish = json!({"name": "CRM", "url": url, "inFlightMax": IN_FLIGHT, "secret": SECRET});
        let made = server.write("POST", &format!("{app}/endpoints"), &wish).await;
        assert_eq!(made.status, 201, "{made:?}");
        let endpoint = made.json()["endpoint"]["id"].as_str().expect("an id").to_owned();
        let asked = format!("{app}/endpoints/{endpoint}/agreement");
        let asked = server.write("POST", &asked, &json!({})).await;
        assert_eq!(asked.json()["endpoint"]["state"], "active", "{asked:?}");
        let wish = json!({"name": "shop", "hours": 1});
        let token = server.write("POST", &format!("{app}/event-tokens"), &wish).await.json();
        let token = token["secret"].as_str().expect("a token").to_owned();
        let arrivals = Arrivals::of(&file);
        Self { app, ledger: Arc::default(), arrivals, receiver, killed: None, token }
    }

    pub(super) fn id(&self) -> &str {
        self.app.rsplit('/').next().expect("an id")
    }

    /// Begins to send, as a page and as a backend. `number` tells the senders from those of other routes.
    pub(super) fn send(
        &self,
        server: &Client,
        number: u16,
        random: &mut Random,
        (senders, ended): (&mut JoinSet<()>, &Arc<AtomicBool>),
    ) {
        let page = Target {
            address: server.address(To::Widget),
            host: server.host(To::Widget).to_owned(),
            path: format!("/e/{}", self.id()),
            header: ("origin", server.origin(To::Widget)),
            verified: false,
        };
        let backend = Target {
            address: server.address(To::Console),
            host: server.host(To::Console).to_owned(),
            path: format!("{}/events", self.app),
            header: ("authorization", format!("Bearer {}", self.token)),
            verified: true,
        };
        for (target, number) in [(page, 2 * number + 1), (backend, 2 * number + 2)] {
            let random = Random::new(random.next());
            let sender = Sender::new(target, number, Arc::clone(&self.ledger), random);
            senders.spawn(sender.send(Arc::clone(ended)));
        }
    }

    /// How long the receiver is to be left alone.
    pub(super) fn spared(&self) -> Duration {
        self.killed.map_or(Duration::ZERO, |killed| SPARED.saturating_sub(killed.elapsed()))
    }

    pub(super) fn kill_receiver(&mut self) {
        self.receiver.kill();
        self.killed = Some(Instant::now());
    }
}
