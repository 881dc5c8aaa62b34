//! Limits on one client: time and bytes.

use std::time::Duration;

use c2c_server::Limits;

use crate::client::{Connection, Fixture, PATIENCE, To, request};

const SHORT: Duration = Duration::from_millis(300);

fn hasty() -> Limits {
    Limits { head_timeout: SHORT, body_timeout: SHORT, write_timeout: SHORT, ..Limits::default() }
}

#[tokio::test]
async fn a_head_that_does_not_end_loses_the_connection() {
    let fixture = Fixture::with_limits(&hasty()).await;
    let mut connection = fixture.connect(To::Sandbox).await;
    connection.send("GET /s/demo HTTP/1.1\r\nhost: ").await;
    assert!(connection.closed_within(PATIENCE).await.is_some());
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_loses_the_connection() {
    let fixture = Fixture::with_limits(&hasty()).await;
    let mut connection = fixture.connect(To::Sandbox).await;
    connection.send("GET /s/demo HTTP/1.1\r\nhost: ").await;
    let closed = async {
        while connection.closed_within(SHORT / 10).await.is_none() {
            // The connection may be closed by now.
            let _ = connection.try_send(b"x").await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, closed).await.is_ok(), "the connection stayed open");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let fixture = Fixture::with_limits(&hasty()).await;
    let mut fresh = fixture.connect(To::Sandbox).await;
    assert!(fresh.closed_within(PATIENCE).await.is_some());
    let mut kept = fixture.connect(To::Sandbox).await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    kept.send(&request("GET", "/s/demo", &[&host], "")).await;
    assert_eq!(kept.reply("GET").await.status, 200);
    assert_eq!(kept.closed_within(PATIENCE).await, Some(Vec::new()));
}

#[tokio::test]
async fn a_connection_in_use_outlasts_the_timeout() {
    let head_timeout = Duration::from_secs(1);
    let fixture = Fixture::with_limits(&Limits { head_timeout, ..Limits::default() }).await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    let mut connection = fixture.connect(To::Sandbox).await;
    for _ in 0..6 {
        connection.send(&request("GET", "/s/demo", &[&host], "")).await;
        assert_eq!(connection.reply("GET").await.status, 200);
        assert_eq!(connection.closed_within(head_timeout / 4).await, None);
    }
}

#[tokio::test]
async fn a_request_may_take_longer_than_its_head() {
    let fixture = Fixture::with_limits(&Limits { head_timeout: SHORT, ..Limits::default() }).await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let headers = [&*host, &origin, "content-type: application/json", "content-length: 16"];
    let mut connection = fixture.connect(To::Console).await;
    connection.send(&request("POST", "/api/apps", &headers, "")).await;
    assert_eq!(connection.closed_within(SHORT * 3).await, None);
    connection.send(r#"{"name": "Slow"}"#).await;
    assert_eq!(connection.reply("POST").await.status, 201);
}

#[tokio::test]
async fn a_client_may_pause_in_the_middle_of_its_responses() {
    /// More responses than both sides' buffers hold.
    const MANY: usize = 2000;
    let fixture = Fixture::with_limits(&Limits { head_timeout: SHORT, ..Limits::default() }).await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    let mut connection = fixture.connect(To::Sandbox).await;
    connection.send(&request("GET", "/s/demo", &[&host], "").repeat(MANY - 1)).await;
    connection.send(&request("GET", "/s/demo", &[&host, "connection: close"], "")).await;
    tokio::time::sleep(SHORT * 3).await;
    let responses = connection.closed_within(PATIENCE).await.expect("the end of the last response");
    let responses = String::from_utf8(responses).expect("UTF-8");
    assert_eq!(responses.matches("HTTP/1.1 200 OK").count(), MANY);
}

#[tokio::test]
async fn idle_connections_end_at_once_when_the_server_stops() {
    let limits = Limits::default();
    let fixture = Fixture::with_limits(&limits).await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    let mut fresh = fixture.connect(To::Sandbox).await;
    let mut kept = fixture.connect(To::Sandbox).await;
    kept.send(&request("GET", "/s/demo", &[&host], "")).await;
    assert_eq!(kept.reply("GET").await.status, 200);
    let stopped = tokio::time::timeout(limits.drain_timeout / 2, fixture.running.stop()).await;
    assert!(stopped.is_ok(), "the server waited for its clients");
    assert_eq!(fresh.closed_within(PATIENCE).await, Some(Vec::new()));
    assert_eq!(kept.closed_within(PATIENCE).await, Some(Vec::new()));
}

#[tokio::test]
async fn a_body_that_does_not_end_is_answered_with_408() {
    let fixture = Fixture::with_limits(&hasty()).await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let headers = [&*host, &origin, "content-type: application/json", "content-length: 100"];
    let mut connection = fixture.connect(To::Console).await;
    connection.send(&request("POST", "/api/apps", &headers, "")).await;
    connection.send("{\"name\"").await;
    let reply = connection.reply("POST").await;
    assert_eq!((reply.status, reply.header("connection")), (408, "close"));
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_the_connection() {
    let fixture = Fixture::with_limits(&hasty()).await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    let mut connection = fixture.connect(To::Sandbox).await;
    // More requests than both sides' buffers hold, and their answers are not read.
    let many = request("GET", "/s/demo", &[&host], "").repeat(1000);
    let refused = async { while connection.try_send(many.as_bytes()).await.is_ok() {} };
    assert!(tokio::time::timeout(PATIENCE, refused).await.is_ok(), "the connection stayed open");
}

#[tokio::test]
async fn too_much_is_named_by_its_status() {
    let fixture = Fixture::start().await;
    let long = format!("/s/demo?{}", "x".repeat(9 * 1024));
    let reply = fixture.get(To::Sandbox, &long, &[]).await;
    assert_eq!((reply.status, reply.header("connection")), (414, "close"));
    let many = vec!["x-header: 1"; 65];
    assert_eq!(fixture.get(To::Sandbox, "/s/demo", &many).await.status, 431);
    let large = format!("x-header: {}", "x".repeat(100 * 1024));
    assert_eq!(fixture.get(To::Sandbox, "/s/demo", &[&large]).await.status, 431);
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_read() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let json_type = "content-type: application/json";
    let mut announced = fixture.connect(To::Console).await;
    let headers = [&*host, &origin, json_type, "content-length: 1000000000"];
    announced.send(&request("POST", "/api/apps", &headers, "")).await;
    let reply = announced.reply("POST").await;
    assert_eq!((reply.status, reply.header("connection")), (413, "close"));

    let limits = Limits { body_bytes_max: 1000, ..Limits::default() };
    let fixture = Fixture::with_limits(&limits).await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let mut chunked = fixture.connect(To::Console).await;
    let headers = [&*host, &origin, json_type, "transfer-encoding: chunked"];
    chunked.send(&request("POST", "/api/apps", &headers, "")).await;
    chunked.send(&format!("3e8\r\n{}\r\n1\r\nx\r\n0\r\n\r\n", "x".repeat(1000))).await;
    assert_eq!(chunked.reply("POST").await.status, 413);
}

/// A request that is refused before its body has arrived.
async fn refused(fixture: &Fixture, length: usize) -> Connection {
    let host = format!("host: {}", fixture.host(To::Console));
    let length = format!("content-length: {length}");
    let mut connection = fixture.connect(To::Console).await;
    let headers = [&*host, "origin: https://evil.example", &length];
    connection.send(&request("POST", "/api/apps", &headers, "")).await;
    assert_eq!(connection.reply("POST").await.status, 403);
    connection
}

/// Otherwise the system resets the connection, and a client that is still sending may lose the answer.
#[tokio::test]
async fn the_body_of_a_refused_request_is_read() {
    const PART: usize = 100_000;
    let fixture = Fixture::start().await;
    let mut connection = refused(&fixture, 30 * PART).await;
    for _ in 0..30 {
        connection.send(&"x".repeat(PART)).await;
    }
    assert_eq!(connection.closed_within(PATIENCE).await, Some(Vec::new()));
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_not_read_without_end() {
    let limits = Limits::default();
    let fixture = Fixture::with_limits(&limits).await;
    let mut endless = refused(&fixture, 1_000_000_000).await;
    let part = "x".repeat(100_000);
    let closed = async { while endless.try_send(part.as_bytes()).await.is_ok() {} };
    // Sooner than by the timeout.
    let soon = limits.head_timeout / 3;
    assert!(tokio::time::timeout(soon, closed).await.is_ok(), "the body is read on");

    let fixture = Fixture::with_limits(&hasty()).await;
    let mut silent = refused(&fixture, 1_000_000_000).await;
    tokio::time::sleep(SHORT * 3).await;
    let closed = async { while silent.try_send(b"x").await.is_ok() {} };
    assert!(tokio::time::timeout(PATIENCE, closed).await.is_ok(), "the connection stayed open");
}

#[tokio::test]
async fn a_length_beyond_64_bits_is_400() {
    let fixture = Fixture::start().await;
    let length = "content-length: 18446744073709551616";
    for (to, path) in [(To::Sandbox, "/s/demo"), (To::Console, "/api/apps")] {
        let host = format!("host: {}", fixture.host(to));
        let mut connection = fixture.connect(to).await;
        connection.send(&request("POST", path, &[&host, length], "")).await;
        assert_eq!(connection.reply("POST").await.status, 400);
        assert_eq!(connection.closed_within(PATIENCE).await, Some(Vec::new()));

        let mut used = fixture.connect(to).await;
        used.send(&request("GET", path, &[&host], "")).await;
        assert_eq!(used.reply("GET").await.status, 200);
        used.send(&request("POST", path, &[&host, length], "")).await;
        assert_eq!(used.reply("POST").await.status, 400);
    }
}

#[tokio::test]
async fn broken_requests_are_400_or_closed() {
    let fixture = Fixture::start().await;
    let host = format!("host: {}", fixture.host(To::Sandbox));
    for start in [
        "GET /s/demo",
        "GET  /s/demo HTTP/1.1",
        "GET /s/de mo HTTP/1.1",
        "\0\0\0\0",
        "GET /s/\0 HTTP/1.1",
    ] {
        let mut connection = fixture.connect(To::Sandbox).await;
        connection.send(&format!("{start}\r\n{host}\r\n\r\n")).await;
        let answer = connection.closed_within(PATIENCE).await.expect("closed");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{start:?}: {answer}");
    }
    let smuggled = [&*host, "content-length: 5", "transfer-encoding: chunked"];
    let mut connection = fixture.connect(To::Sandbox).await;
    connection.send(&request("GET", "/s/demo", &smuggled, "")).await;
    connection.send("0\r\n\r\nGET /s/none HTTP/1.1\r\nhost: evil.example\r\n\r\n").await;
    // Two lengths contradict each other: there is one answer, and the rest is not taken for a request.
    assert_eq!(connection.reply("GET").await.status, 200);
    assert_eq!(connection.closed_within(PATIENCE).await, Some(Vec::new()));
}
