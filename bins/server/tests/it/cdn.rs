//! A content delivery network in front of the server: what it may keep, and that it is told about changes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use c2c_cluster::Cluster;
use c2c_server::Limits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Fixture, PATIENCE, To, eventually};
use crate::console::{DEMO, code};

const KEPT: &str = "max-age=600, stale-while-revalidate=600, stale-if-error=86400";

/// A hook that records what it is told.
#[derive(Clone)]
struct Hook {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    /// The statuses of the next answers; 200 after them.
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

#[derive(Clone, Debug)]
struct Call {
    head: String,
    body: Value,
    status: u16,
}

impl Hook {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("http://127.0.0.1:{port}/purge?key=s3cret");
        let hook = Self { url, calls: Arc::default(), statuses: Arc::default() };
        let answering = hook.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let hook = answering.clone();
                tokio::spawn(async move { hook.answer(stream).await });
            }
        });
        hook
    }

    async fn answer(&self, mut stream: TcpStream) {
        loop {
            let Some((head, body)) = read(&mut stream).await else { return };
            let status = self.statuses.lock().expect("no panic").pop_front().unwrap_or(200);
            let body = serde_json::from_slice(&body).expect("JSON");
            self.calls.lock().expect("no panic").push(Call { head, body, status });
            let answer = format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no panic").clone()
    }

    /// The tags that it was told with success, in order.
    fn tags(&self) -> Vec<Value> {
        let told = |call: Call| call.body["tags"].as_array().expect("tags").clone();
        self.calls().into_iter().filter(|call| call.status == 200).flat_map(told).collect()
    }
}

/// Reads one request, if there is another on this connection.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII").to_lowercase();
    let length = head.split("content-length: ").nth(1).expect("a length");
    let length: usize = length.lines().next().expect("a number").parse().expect("a number");
    while bytes.len() < end + length {
        assert!(stream.read_buf(&mut bytes).await.expect("a body") > 0, "it is complete");
    }
    Some((head, bytes[end..].to_vec()))
}

async fn server(hook: &Hook, more: &[&str]) -> Fixture {
    let cdn = ["--purge-url", &hook.url, "--cdn-seconds", "600"];
    Fixture::with(&Limits::default(), &[&cdn[..], more].concat()).await
}

#[tokio::test]
async fn a_network_may_keep_the_pages_of_an_app() {
    let server = server(&Hook::start().await, &[]).await.with_staging().await;
    server.publish(DEMO, "staging", "staged").await;
    for (to, path) in [
        (To::Sandbox, "/s/demo"),
        (To::Widget, "/w/demo"),
        (To::Parent, "/p/demo"),
        (To::Sandbox, "/staging/demo"),
    ] {
        for encoding in ["identity", "br", "gzip"] {
            let accept = format!("accept-encoding: {encoding}");
            let reply = server.get(to, path, &[&accept]).await;
            assert_eq!((reply.status, reply.header("cdn-cache-control")), (200, KEPT), "{path}");
            assert_eq!(reply.header("cache-tag"), "c2c-demo");
            assert_eq!(reply.header("surrogate-key"), "c2c-demo");
            // Browsers ask each time.
            assert_eq!(reply.header("cache-control"), "no-cache");
            let known = format!("if-none-match: {}", reply.header("etag"));
            let unchanged = server.get(to, path, &[&accept, &known]).await;
            assert_eq!((unchanged.status, unchanged.header("cdn-cache-control")), (304, KEPT));
            assert_eq!(unchanged.header("cache-tag"), "c2c-demo");
        }
    }
}

#[tokio::test]
async fn it_keeps_nothing_else() {
    let server = server(&Hook::start().await, &[]).await;
    let preview = server.write("POST", &format!("{DEMO}/previews"), &code("draft", "")).await;
    let preview = format!("/preview/{}", preview.json()["id"].as_str().expect("an id"));
    for (to, path, header, status) in [
        (To::Sandbox, "/s/unknown", "accept: */*", 404),
        (To::Sandbox, "/s/demo", "sec-fetch-dest: document", 403),
        (To::Sandbox, preview.as_str(), "sec-fetch-dest: iframe", 200),
        (To::Widget, preview.as_str(), "accept: */*", 200),
        (To::Console, "/", "accept: */*", 200),
    ] {
        let reply = server.get(to, path, &[header]).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.headers.get("cdn-cache-control"), None, "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
    let usual = Fixture::start().await.get(To::Sandbox, "/s/demo", &[]).await;
    for name in ["cdn-cache-control", "cache-tag", "surrogate-key"] {
        assert_eq!(usual.headers.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn each_change_is_told() {
    let hook = Hook::start().await;
    let server = server(&hook, &["--purge-authorization", "Bearer t0ken"]).await;
    // The job has begun once it has told something.
    let began = eventually(PATIENCE, async || {
        server.publish(DEMO, "live", "<b>first</b>").await;
        !hook.tags().is_empty()
    });
    assert!(began.await, "nothing is told");
    let call = &hook.calls()[0];
    assert!(call.head.starts_with("post /purge?key=s3cret http/1.1"), "{}", call.head);
    assert!(call.head.contains("\r\nauthorization: bearer t0ken\r\n"), "{}", call.head);
    assert!(call.head.contains("\r\ncontent-type: application/json\r\n"), "{}", call.head);
    assert_eq!(call.body, json!({"tags": ["c2c-demo"]}));

    // Changes are told in their order: once the last is told, all before it are.
    let last = server.create("Last").await.replace("/api/apps/", "c2c-");
    let told = eventually(PATIENCE, async || hook.tags().contains(&json!(last))).await;
    assert!(told, "the creation");
    let settled = hook.tags().len();
    assert_eq!(server.switch(DEMO, true).await.status, 200);
    assert!(eventually(PATIENCE, async || hook.tags().len() > settled).await, "the switch");
    // A draft changes nothing that a network keeps: the next thing told is the new app.
    let settled = hook.tags().len();
    assert_eq!(server.save(DEMO, &code("draft", "")).await.status, 200);
    let other = server.create("Other").await.replace("/api/apps/", "c2c-");
    assert!(eventually(PATIENCE, async || hook.tags().len() > settled).await, "the creation");
    assert_eq!(hook.tags()[settled..], [json!(other)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_tells() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let hook = Hook::start().await;
    let (first, second) =
        (server(&hook, &["--database", &url]).await, server(&hook, &["--database", &url]).await);
    first.publish(DEMO, "live", "1").await;
    let position = || cluster.psql("c2c", "SELECT position FROM job WHERE name = 'purge'");
    let began = eventually(PATIENCE, async || position().is_ok_and(|at| !at.trim().is_empty()));
    assert!(began.await, "the job is not claimed");
    let before = hook.tags().len();
    for round in 0..5 {
        let server = if round % 2 == 0 { &first } else { &second };
        server.publish(DEMO, "live", &format!("{round}")).await;
        let told = before + round + 1;
        assert!(eventually(PATIENCE, async || hook.tags().len() >= told).await, "{round}");
    }
    assert_eq!(hook.tags().len(), before + 5, "{:?}", hook.calls());
}

#[tokio::test]
async fn what_the_hook_rejects_is_told_again_also_by_the_next_server() {
    let hook = Hook::start().await;
    let folder = tempfile::TempDir::new().expect("a directory");
    let database = format!("sqlite:{}", folder.path().join("c2c.db").display());
    let first = server(&hook, &["--database", &database]).await;
    let began = eventually(PATIENCE, async || {
        first.publish(DEMO, "live", "first").await;
        !hook.tags().is_empty()
    });
    assert!(began.await, "nothing is told");
    let before = hook.tags().len();
    hook.statuses.lock().expect("no panic").extend([500; 1000]);
    first.publish(DEMO, "live", "second").await;
    let rejected = || hook.calls().iter().filter(|call| call.status == 500).count();
    assert!(eventually(PATIENCE, async || rejected() >= 1).await, "it is not told");
    first.running.stop().await;

    hook.statuses.lock().expect("no panic").clear();
    let _second = server(&hook, &["--database", &database]).await;
    let told = eventually(PATIENCE, async || hook.tags().len() > before).await;
    assert!(told, "the second server does not tell it: {:?}", hook.calls());
    assert_eq!(hook.tags().last(), Some(&json!("c2c-demo")));
}

#[test]
fn without_a_hook_nothing_is_kept() {
    let parse = |arguments: &[&str]| {
        use clap::Parser as _;
        let arguments = [&["c2c-server"], arguments].concat();
        c2c_server::Settings::try_parse_from(arguments).map_err(|error| error.to_string())
    };
    let error = parse(&["--purge-url", "ftp://cdn.example/"]).expect_err("no hook");
    assert!(error.contains("https://cdn.example/purge"), "{error}");
    let secrets =
        ["--purge-url", "https://cdn.example/?key=s3cret", "--purge-authorization", "t0ken"];
    let shown = format!("{:?}", parse(&secrets).expect("settings"));
    assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
}
