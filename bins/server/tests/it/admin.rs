//! The admin listener: health, readiness and metrics.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use c2c_receivers::{Answer, Receiver, agreeing};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::block_in_place;

use crate::client::{Connection, PATIENCE, Reply, To, eventually, request};
use crate::console::DEMO;
use crate::database::database;
use crate::integrating::envelope;
use crate::program::{Process, command, signal};

const ADMIN: [&str; 2] = ["--admin-listen", "127.0.0.1:0"];

/// Asks an admin listener.
pub(crate) async fn ask(server: &Process, path: &str) -> Reply {
    ask_as(address(server), "GET", path, "localhost").await
}

async fn ask_as(address: SocketAddr, method: &str, path: &str, host: &str) -> Reply {
    let mut connection = Connection::between(Ipv4Addr::LOCALHOST, address).await;
    connection.send(&request(method, path, &[&format!("host: {host}")], "")).await;
    connection.reply(method).await
}

fn address(server: &Process) -> SocketAddr {
    server.admin.expect("an admin listener")
}

fn start(more: &[&str]) -> Process {
    block_in_place(|| {
        Process::start(|data| {
            let mut command = command(data);
            command.args(ADMIN).args(more);
            command
        })
    })
}

/// The present values, by name and labels.
pub(crate) async fn values(server: &Process) -> BTreeMap<String, f64> {
    values_at(server, "/metrics").await
}

async fn values_at(server: &Process, path: &str) -> BTreeMap<String, f64> {
    let reply = ask(server, path).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"), "{reply:?}");
    let lines = reply.text().lines().filter(|line| !line.starts_with('#'));
    let values = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().expect("a number"))
    });
    values.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_measured() {
    let receiver = Receiver::taking().await;
    let [allow, address] = receiver.allowed();
    let server = start(&[&allow, &address]);
    server.collect(DEMO, "refuse").await;
    let endpoint = server.integrate(DEMO, &receiver).await;
    let endpoints = |state: &str| format!("c2c_endpoints{{state=\"{state}\"}}");
    let before = values(&server).await;
    let seen = |values: &BTreeMap<String, f64>| {
        [values["c2c_delivery_pending"], values[&endpoints("active")], values[&endpoints("paused")]]
            .map(|value| value.to_string())
    };
    assert_eq!(seen(&before), ["0", "1", "0"]);
    server.write("POST", &format!("{}/pause", endpoint.path), &json!({})).await;
    server.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    assert_eq!(seen(&values(&server).await), ["1", "0", "1"]);
}

/// A server with an endpoint that takes events, and one that fails.
async fn with_failures() -> ([Receiver; 2], Process, [String; 2]) {
    let taking = Receiver::taking().await;
    let failing = Receiver::start(agreeing(|_| Answer::Status(500))).await;
    let ([allow, one], [_, other]) = (taking.allowed(), failing.allowed());
    let server = start(&[&allow, &one, &allow, &other]);
    server.collect(DEMO, "refuse").await;
    let good = server.integrate(DEMO, &taking).await;
    let bad = server.integrate(DEMO, &failing).await;
    let events = [envelope("custom:chat_opened", 1), envelope("custom:chat_opened", 2)];
    server.emit_new(DEMO, &events).await;
    let endpoints = [good, bad].map(|endpoint| endpoint.id().to_owned());
    ([taking, failing], server, endpoints)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_app_and_endpoint_is_measured() {
    let (_receivers, server, [good, bad]) = with_failures().await;
    let of = |name: &str, endpoint: &str, rest: &str| {
        format!("c2c_endpoint_{name}{{app=\"demo\",endpoint=\"{endpoint}\"{rest}}}")
    };
    let with = |outcome: &str, reason: &str| format!(",outcome=\"{outcome}\",reason=\"{reason}\"");
    let delivered = of("deliveries", &good, &with("delivered", "success"));
    let failed = of("failed_attempts_total", &bad, ",reason=\"status\"");
    let mut values = BTreeMap::new();
    let is_settled = async || {
        values = values_at(&server, "/metrics/apps").await;
        values.get(&delivered) == Some(&2.0) && values.get(&failed) >= Some(&2.0)
    };
    assert!(eventually(PATIENCE, is_settled).await, "{values:?}");
    let heard = "c2c_app_events_total{app=\"demo\",outcome=\"accepted\",reason=\"\"}".to_owned();
    for (name, expected) in [
        (heard, 2.0),
        (of("accepted_total", &good, ""), 2.0),
        (of("accepted_total", &bad, ""), 2.0),
        (of("deliveries", &good, &with("pending", "")), 0.0),
        (of("deliveries", &bad, &with("pending", "")), 2.0),
        (of("oldest_seconds", &good, ""), 0.0),
    ] {
        assert_eq!(values.get(&name), Some(&expected), "{name} in {values:?}");
    }
    assert!(values[&of("oldest_seconds", &bad, "")] > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_the_server_is_alive_and_ready() {
    let server = start(&[]);
    let reply = ask(&server, "/healthz").await;
    assert_eq!((reply.status, reply.text()), (200, "alive\n"));
    for path in ["/readyz", "/readyz/pages"] {
        let reply = ask(&server, path).await;
        assert_eq!((reply.status, reply.text()), (200, "ready\n"));
    }
    assert_eq!(ask(&server, "/").await.status, 404);
    assert_eq!(ask_as(address(&server), "HEAD", "/healthz", "localhost").await.status, 200);
    let reply = ask_as(address(&server), "POST", "/readyz", "localhost").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"));
    // A web page whose name was made to mean this address.
    assert_eq!(ask_as(address(&server), "GET", "/metrics", "evil.example").await.status, 421);
    // The other doors know none of it.
    for to in [To::Console, To::Parent, To::Widget, To::Sandbox] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(server.get(to, path, &[]).await.status, 404, "{to:?}{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_is_alive_but_not_ready() {
    let (mut cluster, url) = database();
    // It makes the demo app: for the next one, no change is left that would take it out of the cache.
    assert!(start(&["--database", &url]).stop());
    let server = start(&["--database", &url]);
    assert_eq!(ask(&server, "/readyz").await.status, 200);
    server.document("/s/demo").await;
    {
        let _paused = cluster.pause().expect("paused");
        let reply = ask(&server, "/readyz").await;
        assert_eq!(
            (reply.status, reply.text()),
            (503, "not ready: the database cannot be reached\n")
        );
        for path in ["/healthz", "/readyz/pages"] {
            assert_eq!(ask(&server, path).await.status, 200, "{path}");
        }
    }
    let ready = async || ask(&server, "/readyz").await.status == 200;
    assert!(eventually(PATIENCE, ready).await, "it does not become ready again");
    block_in_place(|| cluster.kill()).expect("killed");
    let reply = ask(&server, "/readyz").await;
    assert_eq!((reply.status, reply.text()), (503, "not ready: the database cannot be reached\n"));
    // Documents are served all the same.
    assert_eq!(server.get(To::Sandbox, "/s/demo", &[]).await.status, 200);
    let failed =
        async || values(&server).await[r#"c2c_database_failures_total{kind="unavailable"}"#] > 0.0;
    assert!(eventually(PATIENCE, failed).await, "no failure is counted");
    let lags = async || values(&server).await["c2c_follow_lag_seconds"] > 2.0;
    assert!(eventually(PATIENCE, lags).await, "it knows no changes and says that it does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_will_stop_says_so_and_goes_on_until_a_second_signal() {
    let mut server = start(&["--drain-seconds", "3600"]);
    signal(&server.child, "-TERM");
    let leaves = async || ask(&server, "/readyz").await.status == 503;
    assert!(eventually(PATIENCE, leaves).await, "it still says that it is ready");
    for path in ["/readyz", "/readyz/pages"] {
        let reply = ask(&server, path).await;
        assert_eq!((reply.status, reply.text()), (503, "not ready: it is stopping\n"), "{path}");
    }
    assert_eq!(ask(&server, "/healthz").await.status, 200);
    // New connections, to visitors' pages and to the console.
    server.document("/s/demo").await;
    server.publish(DEMO, "live", "<b>late</b>").await;
    assert!(server.child.try_wait().expect("a state").is_none(), "it has ended");
    signal(&server.child, "-TERM");
    let end = async || server.child.try_wait().expect("a state").is_some();
    assert!(eventually(PATIENCE, end).await, "it does not stop");
    assert!(server.child.wait().expect("ends").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_after_the_time_for_load_balancers() {
    let server = start(&["--drain-seconds", "1"]);
    let began = Instant::now();
    assert!(block_in_place(|| server.stop()));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted() {
    let server = start(&[]);
    let before = values(&server).await;
    let _idle = TcpStream::connect(server.address(To::Sandbox)).await.expect("connects");
    for _ in 0..3 {
        server.document("/s/demo").await;
    }
    assert_eq!(server.get(To::Widget, "/w/none", &[]).await.status, 404);
    assert_eq!(server.get(To::Parent, "/p/demo", &[]).await.status, 200);
    assert_eq!(server.get(To::Console, "/", &[]).await.status, 200);
    assert_eq!(server.get(To::Console, "/api/apps", &[]).await.status, 200);
    assert_eq!(server.get(To::Sandbox, "/s/demo", &["host: other.example"]).await.status, 421);
    server.publish(DEMO, "live", "<b>new</b>").await;
    let links = format!("{DEMO}/preview-links");
    assert_eq!(server.write("POST", &links, &json!({"hours": 1})).await.status, 201);

    let after = values(&server).await;
    let more = |name: &str| {
        let value =
            |values: &BTreeMap<_, f64>| *values.get(name).unwrap_or_else(|| panic!("{name}"));
        value(&after) - value(&before)
    };
    let is = |name: &str, expected: f64| {
        assert!((more(name) - expected).abs() < 1e-9, "{name}: {} more", more(name));
    };
    is(r#"c2c_requests_total{site="sandbox",status="2xx"}"#, 3.0);
    is(r#"c2c_requests_total{site="widget",status="4xx"}"#, 1.0);
    is(r#"c2c_requests_total{site="parent",status="2xx"}"#, 1.0);
    is(r#"c2c_requests_total{site="console",status="2xx"}"#, 1.0);
    is(r#"c2c_requests_total{site="other",status="4xx"}"#, 1.0);
    assert!(more(r#"c2c_requests_total{site="api",status="2xx"}"#) >= 3.0);
    is(r#"c2c_request_duration_seconds_count{site="sandbox"}"#, 3.0);
    // The demo app's three pages are one entry, and an app that does not exist is another.
    is("c2c_cache_misses_total", 2.0);
    is("c2c_cache_hits_total", 3.0);
    is(r#"c2c_publications_total{to="live"}"#, 1.0);
    is(r#"c2c_publications_total{to="staging"}"#, 0.0);
    is(r#"c2c_preview_links_total{event="made"}"#, 1.0);
    assert!(more("c2c_compilation_duration_seconds_count") >= 1.0);
    assert!(after[r#"c2c_connections{door="pages"}"#] >= 1.0);
    assert!(after[r#"c2c_connections{door="admin"}"#] >= 1.0);
    assert!(after[r#"c2c_connections_max{door="pages"}"#] >= 64.0);
    assert!(
        after["c2c_cache_bytes"] > 0.0 && after["c2c_cache_bytes_max"] > after["c2c_cache_bytes"]
    );
    assert!(after["c2c_follow_lag_seconds"] < Duration::from_secs(10).as_secs_f64());
    assert!(after.keys().any(|name| name.starts_with("c2c_build_info{version=")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_makes_a_time_series() {
    let server = start(&[]);
    let names = |values: BTreeMap<String, f64>| values.into_keys().collect::<Vec<_>>();
    let before = names(values(&server).await);
    for (to, path) in [
        (To::Sandbox, "/s/one"),
        (To::Sandbox, "/%22%0a"),
        (To::Widget, "/w/two?three=four"),
        (To::Console, "/api/apps/five"),
    ] {
        server.get(to, path, &["host: six.example", "x-seven: eight"]).await;
        server.get(to, path, &["x-seven: eight"]).await;
    }
    assert_eq!(server.get(To::Console, &format!("/{}", "a".repeat(9000)), &[]).await.status, 414);
    assert_eq!(names(values(&server).await), before);
}

/// The names of all measurements, as rows of the table in the documentation. A label has its values,
/// unless they are of apps.
fn rows(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut help = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').expect("a name and its meaning").1;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and its type");
            let labels = labels(text, name);
            rows.push(format!("| `{name}` | {kind} | {labels} | {help} |"));
        }
    }
    rows
}

/// The labels of a measurement, each with its values.
fn labels(text: &str, name: &str) -> String {
    let mut labels = BTreeMap::<&str, Vec<&str>>::new();
    let is_of_apps = ["c2c_app_", "c2c_endpoint_"].iter().any(|of| name.starts_with(of));
    for line in text.lines().filter(|line| line.starts_with(name)) {
        let Some((_, rest)) = line.split_once('{') else { continue };
        let inside = rest.split_once('}').expect("closed").0;
        for label in inside.split(',') {
            let (label, value) = label.split_once('=').expect("a label and its value");
            let values = labels.entry(label).or_default();
            let value = value.trim_matches('"');
            let is_listed = !is_of_apps && !matches!(label, "le" | "version");
            if is_listed && !values.contains(&value) {
                values.push(value);
            }
        }
    }
    labels.remove("le");
    let of_label = |(label, values): (&str, Vec<&str>)| {
        let values = values.join(", ");
        if values.is_empty() { format!("`{label}`") } else { format!("`{label}`: {values}") }
    };
    labels.into_iter().map(of_label).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_has_all_metrics() {
    let (_receivers, server, _) = with_failures().await;
    let failed = "c2c_endpoint_failed_attempts_total";
    let mut of_apps = String::new();
    let has_failed = async || {
        of_apps = ask(&server, "/metrics/apps").await.text().to_owned();
        of_apps.contains(failed)
    };
    assert!(eventually(PATIENCE, has_failed).await);
    let reply = ask(&server, "/metrics").await;
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operation.md");
    let docs = std::fs::read_to_string(table).expect("docs/operation.md");
    let is_row = |line: &&str| line.starts_with("| `c2c_");
    let documented: Vec<_> = docs.lines().filter(is_row).collect();
    let rows = [rows(reply.text()), rows(&of_apps)].concat();
    assert_eq!(documented, rows, "docs/operation.md should have:\n{}", rows.join("\n"));
}
