//! Three servers under load whose PostgreSQL is away, or hangs, and comes back: visitors notice nothing.
//!
//! `C2C_OUTAGE_SECONDS` (12) is how long it is away. `cargo xtask soak fleet` takes 30.

#![expect(clippy::print_stdout, reason = "figures")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use c2c_cluster::{Cluster, Paused};
use tokio::task::{JoinSet, block_in_place};

use crate::client::{Client, Connection, Fixture, PATIENCE, Reply, To, eventually, request};
use crate::console::{DEMO, code};
use crate::database::{count, database, server, three};

/// The longest time until publications work again.
const BACK: Duration = Duration::from_secs(5);
/// The longest answer to a visitor: far shorter than any wait for the database.
const PROMPT: Duration = Duration::from_secs(3);
/// Visits of each visitor before the database is away, and after it is back.
const VISITS: usize = 100;

/// How a database is away.
enum Away {
    Killed,
    Hangs(Paused),
}

impl Away {
    fn kill(cluster: &mut Cluster) -> Self {
        cluster.kill().expect("is killed");
        Self::Killed
    }

    fn hang(cluster: &mut Cluster) -> Self {
        Self::Hangs(cluster.pause().expect("is paused"))
    }

    fn end(self, cluster: &mut Cluster) {
        match self {
            Self::Killed => cluster.resume().expect("starts"),
            Self::Hangs(paused) => drop(paused),
        }
    }
}

/// Visitors who ask for documents all the time.
struct Load {
    visits: Vec<Arc<AtomicUsize>>,
    ended: Arc<AtomicBool>,
    visitors: JoinSet<Seen>,
}

/// The answers to a visitor.
#[derive(Default)]
struct Seen {
    whole: usize,
    unchanged: usize,
    failed: Vec<Reply>,
    longest: Duration,
}

impl Load {
    /// For each server and each encoding a visitor.
    fn start(servers: &[Fixture]) -> Self {
        let ended = Arc::<AtomicBool>::default();
        let mut load = Self { visits: Vec::new(), ended, visitors: JoinSet::new() };
        for server in servers {
            for encoding in ["identity", "gzip", "br"] {
                let visits = Arc::<AtomicUsize>::default();
                load.visits.push(Arc::clone(&visits));
                let client = Client::clone(server);
                load.visitors.spawn(visit(client, encoding, visits, Arc::clone(&load.ended)));
            }
        }
        load
    }

    /// Waits until each visitor has been answered some more times.
    async fn go_on(&self) {
        let visits = || self.visits.iter().map(|visits| visits.load(Ordering::Relaxed));
        let before: Vec<usize> = visits().collect();
        let more = async || visits().zip(&before).all(|(now, before)| now >= before + VISITS);
        assert!(eventually(PATIENCE, more).await, "visitors are not answered");
    }

    async fn end(mut self) -> Seen {
        self.ended.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        while let Some(seen) = self.visitors.join_next().await {
            let seen = seen.expect("each request has an answer");
            all.whole += seen.whole;
            all.unchanged += seen.unchanged;
            all.failed.extend(seen.failed);
            all.longest = all.longest.max(seen.longest);
        }
        all
    }
}

/// Asks for the document, and then whether it has changed, again and again.
async fn visit(
    server: Client,
    encoding: &str,
    visits: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
) -> Seen {
    let host = format!("host: {}", server.host(To::Sandbox));
    let accept = format!("accept-encoding: {encoding}");
    let mut connection = server.connect(To::Sandbox).await;
    let mut known = None;
    let mut seen = Seen::default();
    while !ended.load(Ordering::Relaxed) {
        let condition = known.take().map(|tag| format!("if-none-match: {tag}"));
        let mut headers = vec![host.as_str(), accept.as_str()];
        headers.extend(condition.as_deref());
        let start = Instant::now();
        let reply = ask(&mut connection, &headers).await;
        seen.longest = seen.longest.max(start.elapsed());
        match (reply.status, &condition) {
            (200, _) if is_encoded(&reply, encoding) => {
                seen.whole += 1;
                known = Some(reply.header("etag").to_owned());
            }
            (304, Some(_)) => seen.unchanged += 1,
            _ => seen.failed.push(reply),
        }
        visits.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    seen
}

async fn ask(connection: &mut Connection, headers: &[&str]) -> Reply {
    connection.send(&request("GET", "/s/demo", headers, "")).await;
    connection.reply("GET").await
}

fn is_encoded(reply: &Reply, encoding: &str) -> bool {
    let found = reply.headers.get("content-encoding").map_or("identity", String::as_str);
    found == encoding && !reply.body.is_empty()
}

/// Saves a draft again and again until `end`, in vain, and returns how often.
async fn save_in_vain(server: &Client, app: &str, tag: &str, end: Instant) -> usize {
    let mut saves = 0;
    while Instant::now() < end {
        let reply = server.edit(&format!("{app}/draft"), tag, &code("in vain", "")).await;
        assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()));
        let seconds: u32 = reply.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{reply:?}");
        saves += 1;
    }
    saves
}

async fn check(away: fn(&mut Cluster) -> Away) {
    let (mut cluster, url) = database();
    // The others start after this publication: no change is left that would take a page out of their caches.
    let first = server(&url).await;
    first.publish(DEMO, "live", "<b>before</b>").await;
    let saved = first.create("Saved").await;
    let tag = first.tag(&format!("{saved}/draft")).await;
    let servers = three(&url).await;
    for server in &servers {
        assert!(server.document("/s/demo").await.contains("<b>before</b>"));
    }
    let load = Load::start(&servers);
    load.go_on().await;

    let state = block_in_place(|| away(&mut cluster));
    let start = Instant::now();
    let seconds = count("C2C_OUTAGE_SECONDS", 12);
    let end = start + Duration::from_secs(seconds.try_into().expect("seconds"));
    let save = |at: usize| save_in_vain(&servers[at], &saved, &tag, end);
    let refused = tokio::join!(save(0), save(1), save(2), save(0), save(1), save(2));
    let took = start.elapsed();
    load.go_on().await;

    block_in_place(|| state.end(&mut cluster));
    let back = Instant::now();
    servers[0].publish(DEMO, "live", "<b>after</b>").await;
    let published = back.elapsed();
    for server in &servers {
        let served = async || server.document("/s/demo").await.contains("<b>after</b>");
        let left = BACK.saturating_sub(back.elapsed());
        assert!(eventually(left, served).await, "it is not served {BACK:?} after the end");
    }
    let served = back.elapsed();
    load.go_on().await;
    let Seen { whole, unchanged, failed, longest } = load.end().await;
    println!(
        "away for {took:.1?}: {whole} documents and {unchanged} that had not changed, {} failed, \
         the slowest in {longest:.1?}; {refused:?} saves refused; published {published:.1?} after the \
         end, and served by all after {served:.1?}",
        failed.len()
    );
    assert!(failed.is_empty(), "{} answers, first {:?}", failed.len(), failed[0]);
    assert!(published < BACK, "{published:?}");
    assert!(longest < PROMPT, "{longest:?}");
    // A refused save changed nothing.
    assert_eq!(first.tag(&format!("{saved}/draft")).await, tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_do_not_notice_that_the_database_was_killed() {
    check(Away::kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_do_not_notice_that_the_database_hangs() {
    check(Away::hang).await;
}
