//! Three servers on one PostgreSQL: how long it takes until the others serve a change.
//!
//! One bound is on the time from sending it, and a closer one on the time from the moment that the server which made
//! the change serves it.
//!
//! `C2C_FLEET_ROUNDS` (100) is the number of publications, and of switches off and on. `cargo xtask soak
//! fleet` does more of them.

#![expect(clippy::print_stdout, reason = "figures")]

use std::fmt;
use std::time::{Duration, Instant};

use crate::client::{Client, Connection, PATIENCE, Reply, To, request};
use crate::console::{DEMO, code};
use crate::database::{count, database, three};

/// The longest time of 99 changes in 100, from sending a change until all serve it.
const WITHIN: Duration = Duration::from_secs(1);
/// The same, until the others serve what one server does. Without announcements it would be the second between two looks
/// at the database.
const BEHIND: Duration = Duration::from_millis(750);
/// The time between two looks at a document.
const LOOK: Duration = Duration::from_millis(5);

/// A visitor who looks at one document all the time, over one connection.
struct Visitor {
    connection: Connection,
    request: String,
}

impl Visitor {
    async fn of(server: &Client) -> Self {
        let host = format!("host: {}", server.host(To::Sandbox));
        let connection = server.connect(To::Sandbox).await;
        Self { connection, request: request("GET", "/s/demo", &[&host], "") }
    }

    async fn sees(&mut self, text: &str) -> bool {
        self.connection.send(&self.request).await;
        let reply = self.connection.reply("GET").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.text().contains(text)
    }

    /// Looks until the text is there, or is not there, and returns the time.
    async fn wait(&mut self, text: &str, there: bool) -> Instant {
        let end = Instant::now() + PATIENCE;
        while self.sees(text).await != there {
            assert!(Instant::now() < end, "{text:?} after {PATIENCE:?}: {}", !there);
            tokio::time::sleep(LOOK).await;
        }
        Instant::now()
    }
}

/// The times until both other servers serve a change.
#[derive(Default)]
struct Delays {
    /// From sending it.
    sent: Times,
    /// From the moment that the server which made it serves it.
    served: Times,
}

impl Delays {
    /// Sends a change to the first visitor's server, after which all serve the text, or serve it no more.
    async fn measure(
        &mut self,
        visitors: &mut [Visitor; 3],
        text: &str,
        there: bool,
        change: impl Future<Output = Reply>,
    ) {
        // The page before the change is in the caches.
        for visitor in &mut *visitors {
            assert_eq!(visitor.sees(text).await, !there, "{text:?} before the change");
        }
        let [first, second, third] = visitors;
        let start = Instant::now();
        let (changed, first, second, third) = tokio::join!(
            change,
            first.wait(text, there),
            second.wait(text, there),
            third.wait(text, there)
        );
        assert!(changed.status < 300, "{changed:?}");
        let last = second.max(third);
        self.sent.0.push(last - start);
        self.served.0.push(last.saturating_duration_since(first));
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "from sending: {}; from the first: {}", self.sent, self.served)
    }
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    /// The longest of the shortest `percent`.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * percent).div_ceil(100) - 1]
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, most, all] = [50, 99, 100].map(|percent| self.percentile(percent));
        write!(formatter, "{}: median {median:.1?}, p99 {most:.1?}, max {all:.1?}", self.0.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_servers_serve_a_change_within_a_second() {
    let (_cluster, url) = database();
    let servers = three(&url).await;
    let [mut published, mut off, mut on] = <[Delays; 3]>::default();
    for round in 0..count("C2C_FLEET_ROUNDS", 100) {
        let [writer, second, third] = [0, 1, 2].map(|at| &servers[(round + at) % 3]);
        let mut visitors =
            [Visitor::of(writer).await, Visitor::of(second).await, Visitor::of(third).await];
        let text = format!("<b>round {round}</b>");
        assert_eq!(writer.save(DEMO, &code(&text, "")).await.status, 200);
        let publication = writer.publication(DEMO, "live").await;
        let path = format!("{DEMO}/revisions");
        let change = writer.write("POST", &path, &publication);
        published.measure(&mut visitors, &text, true, change).await;
        off.measure(&mut visitors, &text, false, writer.switch(DEMO, true)).await;
        on.measure(&mut visitors, &text, true, writer.switch(DEMO, false)).await;
    }
    println!("publications {published}\nswitches off {off}\nswitches on  {on}");
    for (change, delays) in [("publication", published), ("switch-off", off), ("switch-on", on)] {
        assert!(delays.sent.percentile(99) <= WITHIN, "{change}: {delays}");
        assert!(delays.served.percentile(99) <= BEHIND, "{change}: {delays}");
    }
}
