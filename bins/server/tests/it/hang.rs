//! A PostgreSQL that stops answering in the middle of a statement. Nothing but the server's own time limits
//! ends that.

use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use c2c_server::Limits;
use serde_json::Value;

use crate::client::{Fixture, PATIENCE, Reply, To, eventually};
use crate::console::{DEMO, code};
use crate::database::{database, server};
use crate::wire::Wire;

/// Far shorter than the defaults.
const LIMIT: Duration = Duration::from_secs(1);
/// The longest wait with the limits: shorter than the 5 s that a request waits for a connection.
const REFUSED: Duration = Duration::from_secs(4);
/// The connections of a server to its database.
const CONNECTIONS: usize = 8;

/// The statement that reads an app, to its end: a longer one keeps a document.
const READS_APP: &str = "FROM app WHERE id = $1\0";
/// The one that looks for changes.
const LOOKS: &str = "FROM audit WHERE seq > ";

/// A server at the end of a wire.
async fn wired(cluster: &Cluster) -> (Wire, Fixture) {
    let wire = Wire::to(cluster.address()).await;
    let limits = Limits {
        body_timeout: LIMIT / 2,
        database_timeout: LIMIT,
        look_timeout: LIMIT,
        ..Limits::default()
    };
    let server = Fixture::with(&limits, &["--database", &wire.url("c2c")]).await;
    // After its start, the server reads apps by itself, to compile their documents.
    let done = "SELECT COUNT(*) FROM job WHERE until = 9223372036854775807";
    let is_done = async || cluster.psql("c2c", done).is_ok_and(|count| count.trim() == "1");
    assert!(eventually(PATIENCE, is_done).await, "documents are not compiled");
    (wire, server)
}

fn is_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_does_not_wait_for_a_statement_that_hangs() {
    let (cluster, _) = database();
    let (wire, server) = wired(&cluster).await;
    let ask = || server.get(To::Sandbox, "/s/demo", &[]);
    wire.cut_at(READS_APP);
    let start = Instant::now();
    let (first, second) = tokio::join!(ask(), ask());
    let took = start.elapsed();
    is_refused(&first);
    is_refused(&second);
    assert!(took < REFUSED, "{took:?}");
    assert_eq!(wire.repair(), 1, "connections that hung");
    let works = async || ask().await.status == 200;
    assert!(eventually(PATIENCE, works).await, "it is not served after the repair");
}

/// A request of the API while the statement with `text` hangs.
async fn check_api(
    wire: &Wire,
    server: &Fixture,
    text: &'static str,
    (method, path, headers, body): (&str, &str, &[&str], &Value),
) {
    wire.cut_at(text);
    let start = Instant::now();
    let reply = server.write_with(method, path, headers, body).await;
    let took = start.elapsed();
    assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()), "{text}");
    is_refused(&reply);
    assert!(took < REFUSED, "{text}: {took:?}");
    assert_eq!(wire.repair(), 1, "{text}: connections that hung");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_does_not_wait_for_a_statement_that_hangs() {
    let (cluster, _) = database();
    let (wire, server) = wired(&cluster).await;
    let draft = format!("{DEMO}/draft");
    let (tag, publication) = (server.tag(&draft).await, server.publication(DEMO, "live").await);
    let before = server.read(DEMO).await;

    let read = ("GET", DEMO, &[][..], &Value::Null);
    check_api(&wire, &server, READS_APP, read).await;
    let edited = format!("if-match: {tag}");
    let (edited, lost) = ([edited.as_str()], code("lost", ""));
    check_api(&wire, &server, "UPDATE draft", ("PUT", &draft, &edited, &lost)).await;
    let revisions = format!("{DEMO}/revisions");
    let publish = ("POST", revisions.as_str(), &[][..], &publication);
    check_api(&wire, &server, "INSERT INTO revision", publish).await;

    // Nothing was changed, and all of it works.
    assert_eq!((server.read(DEMO).await, server.tag(&draft).await), (before, tag));
    server.publish(DEMO, "live", "<b>back</b>").await;
    assert!(server.document("/s/demo").await.contains("<b>back</b>"));
}

/// The connection is never repaired, as when the other end of it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn changes_are_seen_after_a_look_that_hangs() {
    let (cluster, url) = database();
    let other = server(&url).await;
    let (wire, server) = wired(&cluster).await;
    server.document("/s/demo").await;
    wire.cut_at(LOOKS);
    tokio::time::timeout(PATIENCE, wire.cut(1)).await.expect("it looks");
    other.publish(DEMO, "live", "<b>new</b>").await;
    let works = async || server.document("/s/demo").await.contains("<b>new</b>");
    assert!(eventually(PATIENCE, works).await, "it is not served");
}

/// The other end of all connections is gone, without a word: its host has lost its power, and another has
/// taken its address.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_hang_for_ever_are_replaced() {
    let (cluster, _) = database();
    let (wire, server) = wired(&cluster).await;
    let ask = || server.get(To::Console, DEMO, &[]);
    wire.cut_at(READS_APP);
    let all_hang = tokio::time::timeout(PATIENCE, wire.cut(CONNECTIONS));
    let four = async || tokio::join!(ask(), ask(), ask(), ask());
    let asked_on = async {
        loop {
            let (some, others) = tokio::join!(four(), four());
            is_refused(&some.0);
            is_refused(&others.0);
        }
    };
    tokio::select! {
        all_hang = all_hang => all_hang.expect("connections that hang"),
        () = asked_on => {}
    }
    let works = async || ask().await.status == 200;
    assert!(eventually(PATIENCE, works).await, "no connection was replaced");
}
