//! The receivers in docs/integrations.md: each is run, and gets webhooks from a server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use c2c_receivers::Receiver;
use c2c_server::Limits;
use hyper::http;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::client::{Fixture, PATIENCE, eventually};
use crate::console::DEMO;
use crate::integrating::{envelope, id};

const DOCUMENT: &str = include_str!("../../../../docs/integrations.md");

/// The block of code below a heading.
fn code(heading: &str) -> &'static str {
    let (_, section) = DOCUMENT.split_once(&format!("### {heading}\n")).expect(heading);
    let (_, block) = section.split_once("```").expect("a block");
    let (block, _) = block.split_once("\n```").expect("its end");
    block.split_once('\n').expect("a language").1
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a receiver of the document, and sends it an event and one that it must not take.
async fn check(heading: &str, file: &str, command: impl FnOnce(u16) -> Vec<String>) {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join(file), code(heading)).expect("written");
    let port = c2c_ports::free().expect("a port");
    let url = format!("http://127.0.0.1:{port}/hooks");
    let allowed = format!("127.0.0.1/32:{port}");
    let fixture = Fixture::with(&Limits::default(), &["--delivery-allow", &allowed]).await;
    fixture.collect(DEMO, "refuse").await;
    let endpoint = fixture.add_endpoint(DEMO, &url).await;
    let [program, arguments @ ..] = &command(port)[..] else { unreachable!("a program") };
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder.path())
        .env("PORT", port.to_string())
        .env("WEBHOOK_SECRET", &endpoint.secret)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; run `cargo xtask test --only tools`"));
    let mut running = Running(child);
    let listens = async || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(eventually(PATIENCE, listens).await, "{heading} does not listen");

    let agreed = fixture.write("POST", &format!("{}/agreement", endpoint.path), &json!({})).await;
    let asked = &agreed.json()["endpoint"];
    assert_eq!(asked["agreed"], "handshake", "{heading}: {agreed:?}");
    // It takes events at any rate.
    assert_eq!(asked.get("ratePerMinute"), Some(&json!(null)), "{heading}: {agreed:?}");
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let output = running.0.stdout.take().expect("it is piped");
    let line = spawn_blocking(move || BufReader::new(output).lines().next());
    let line =
        tokio::time::timeout(PATIENCE, line).await.expect("a line in time").expect("it runs");
    let line = line.expect("a line").expect("UTF-8");
    assert_eq!(line, format!("{} custom.chat_opened", id(1)), "{heading}");

    // It takes nothing that was signed with another key.
    let other = fixture
        .write(
            "POST",
            &format!("{}/keys", endpoint.path),
            &json!({"scheme": "v1", "overlapHours": 0}),
        )
        .await;
    assert_eq!(other.status, 201, "{other:?}");
    let refused = eventually(Duration::from_secs(40), async || {
        let test = fixture.write("POST", &format!("{}/test", endpoint.path), &json!({})).await;
        test.json()["exchange"]["status"] == 401 || test.json()["status"] == 401
    });
    assert!(refused.await, "{heading} takes what is signed with another key");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_node() {
    check("Node.js", "receiver.mjs", |_| words(&["node", "receiver.mjs"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_python() {
    check("Python", "receiver.py", |_| words(&["python3", "receiver.py"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_php() {
    check("PHP", "receiver.php", |port| {
        words(&["php", "-S", &format!("127.0.0.1:{port}"), "receiver.php"])
    })
    .await;
}

// As it is in the document.
fn type_of(secret: &str, headers: &http::HeaderMap, body: &[u8]) -> Option<String> {
    let webhook = standardwebhooks::Webhook::new(secret).ok()?;
    webhook.verify(body, headers).ok()?;
    let event: serde_json::Value = serde_json::from_slice(body).ok()?;
    event["type"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_rust() {
    let here = include_str!("receivers.rs");
    assert!(here.contains(code("Rust")), "the function here is not that of the document");
    let receiver = Receiver::taking().await;
    let [flag, allowed] = receiver.allowed();
    let fixture = Fixture::with(&Limits::default(), &[&flag, &allowed]).await;
    fixture.collect(DEMO, "refuse").await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let hits = receiver.wait(1).await;
    let kind = type_of(&endpoint.secret, &hits[0].headers, &hits[0].body);
    assert_eq!(kind.as_deref(), Some("custom.chat_opened"));
    let wrong = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(type_of(wrong, &hits[0].headers, &hits[0].body), None);
}
