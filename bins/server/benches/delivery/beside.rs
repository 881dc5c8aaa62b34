//! The time from the answer to a page until the event is at a healthy receiver: of a server whose app has seven bad
//! endpoints as well, relative to that of a server whose app has none.
//!
//! The bad ones hang, fail, drip, want no more, lead elsewhere, have a certificate that has ended, and have a name that
//! leads to an address that must not be called. Events come one after the other, each from a client of its own. A pair is
//! two rounds of events; compared is the 99th percentile of each.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use c2c_receivers::{Answer, Authority, Names, Receiver};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

use crate::Plan;
use crate::batches::request_of;
use crate::seed::{app, make_app, make_webhook, open};
use crate::site::{Ours, Site};
use crate::spread::Spread;

/// The relation of the 99th percentiles, with bad endpoints to without.
const GOAL: f64 = 1.5;
/// The longest time that people would not notice.
const NOTICED: Duration = Duration::from_secs(1);
/// Events of a round.
const EVENTS: u64 = 100;
const EVENTS_QUICK: u64 = 3;
const LOCAL: [u8; 4] = [127, 0, 0, 2];
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A server with a healthy endpoint.
struct Side {
    ours: Ours,
    receiver: Receiver,
    /// The bad ones. They answer until they are dropped. The last is at an address that must not be called.
    others: Vec<Receiver>,
    /// The number of the next event.
    next: u64,
    /// The longest 99th percentile.
    longest: Duration,
}

pub(crate) fn run(site: &Site<'_>, plan: &Plan) -> bool {
    let runtime = Runtime::new().expect("a runtime");
    let (authority, names) = (Authority::new(), runtime.block_on(Names::start()));
    let start =
        |name, others| runtime.block_on(Side::start(site, (&authority, &names), name, others));
    let mut alone = start("alone", Vec::new());
    let mut beside = start("beside", runtime.block_on(bad(&authority)));
    let events = if plan.judged { EVENTS } else { EVENTS_QUICK };
    // Connections are opened, and statements prepared. The bad ones fail from their first event on, which is measured.
    runtime.block_on(alone.round(1));
    let spread = Spread::of_pairs(
        plan.pairs,
        || runtime.block_on(beside.round(events)),
        || runtime.block_on(alone.round(events)),
    );
    let trap = beside.others.last().expect("the last of the bad ones");
    assert_eq!(trap.connections(), 0, "an address that must not be called was called");
    let what = "p99 until an event arrives, beside seven bad endpoints / alone";
    let met = plan.at_most(site.engine, what, spread, GOAL);
    let noticed = format!("within {} s", NOTICED.as_secs());
    let longest = format!("{} ms", beside.longest.as_millis());
    met & plan.print(
        site.engine,
        "the longest p99 of a round",
        longest,
        &noticed,
        beside.longest < NOTICED,
    )
}

/// The bad endpoints, each with its name.
async fn bad(authority: &Authority) -> Vec<(&'static str, Receiver)> {
    let mut all = Vec::new();
    for (name, answer) in [
        ("hanging.example", Answer::Hang),
        ("failing.example", Answer::Status(500)),
        ("dripping.example", Answer::Drip),
        ("gone.example", Answer::Status(410)),
        (
            "redirecting.example",
            Answer::With(302, "location", "https://169.254.169.254/".to_owned(), String::new()),
        ),
    ] {
        let receiver = authority.receiver(ADDRESS, name, move |_| answer.clone()).await;
        all.push((name, receiver));
    }
    let ended = Some(authority.tls("expired.example", true));
    all.push(("expired.example", Receiver::at(ADDRESS, ended, |_| Answer::Status(204)).await));
    let trap = Receiver::at(Ipv4Addr::LOCALHOST.into(), None, |_| Answer::Status(204)).await;
    all.push(("rebinding.example", trap));
    all
}

impl Side {
    async fn start(
        site: &Site<'_>,
        (authority, names): (&Authority, &Names),
        name: &'static str,
        others: Vec<(&'static str, Receiver)>,
    ) -> Self {
        let healthy = if name == "alone" { "alone.example" } else { "healthy.example" };
        let receiver = authority.receiver(ADDRESS, healthy, |_| Answer::Status(204)).await;
        let url = site.database(name);
        let store = open(&url).await;
        make_app(&store, &app(0)).await;
        let mut ports = Vec::new();
        for (name, receiver) in
            others.iter().map(|(name, one)| (*name, one)).chain([(healthy, &receiver)])
        {
            let port = receiver.address.port();
            make_webhook(&store, &app(0), format!("{name}:{port}")).await;
            names.set(name, &[&[LOCAL]]);
            ports.push(port.to_string());
        }
        names.set("rebinding.example", &[&[[127, 0, 0, 1]]]);
        store.close().await;
        let (allowed, name_server) = (format!("{ADDRESS}/32"), names.address.to_string());
        let arguments = [
            ["--delivery-allow", &allowed],
            ["--delivery-port", &ports.join(",")],
            ["--delivery-name-server", &name_server],
        ];
        let data = format!("data-{name}");
        let ours = site.start_with(&data, &url, arguments.as_flattened(), Some(&authority.file()));
        let others = others.into_iter().map(|(_, receiver)| receiver).collect();
        Self { ours, receiver, others, next: 0, longest: Duration::ZERO }
    }

    /// The 99th percentile of so many events, in seconds.
    async fn round(&mut self, events: u64) -> f64 {
        let mut delays = Vec::new();
        for _ in 0..events {
            delays.push(self.delay().await);
        }
        delays.sort();
        let p99 = delays[(delays.len() * 99).div_ceil(100) - 1];
        self.longest = self.longest.max(p99);
        p99.as_secs_f64()
    }

    /// The time from the answer to a page until its event is at the receiver.
    async fn delay(&mut self) -> Duration {
        let number = self.next;
        self.next += 1;
        let client = Ipv4Addr::new(127, 2, 0, 1).to_bits() + u32::try_from(number).expect("small");
        let request = request_of(&self.ours.host, &app(0), number..number + 1);
        let acknowledged = send(Ipv4Addr::from_bits(client), self.ours.address, &request).await;
        let hits = self.receiver.wait(usize::try_from(self.next).expect("small")).await;
        hits.last().expect("a hit").at.saturating_duration_since(acknowledged)
    }
}

/// Sends a batch of one event. Gives the time at which its answer was there.
async fn send(client: Ipv4Addr, server: SocketAddr, request: &str) -> Instant {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((client, 0).into()).expect("an address of this machine");
    let mut stream = socket.connect(server).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    // It has no other brace.
    while answer.last() != Some(&b'}') {
        assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "closed");
    }
    let at = Instant::now();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.contains(r#"{"accepted":1,"#), "{text}");
    at
}
