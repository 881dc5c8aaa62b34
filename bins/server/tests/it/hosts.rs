//! The check of a request's host, before everything else.

use crate::client::{Fixture, To, request};

/// The status of a request with exactly these header lines.
async fn status(fixture: &Fixture, to: To, target: &str, headers: &[&str]) -> u16 {
    let mut connection = fixture.connect(to).await;
    connection.send(&request("GET", target, headers, "")).await;
    connection.reply("GET").await.status
}

#[tokio::test]
async fn each_site_answers_for_itself_only() {
    let fixture = Fixture::start().await;
    for (to, path) in [
        (To::Console, "/"),
        (To::Parent, "/p/demo"),
        (To::Widget, "/w/demo"),
        (To::Sandbox, "/s/demo"),
    ] {
        assert_eq!(fixture.get(to, path, &[]).await.status, 200, "{to:?}");
        for other in [To::Console, To::Parent, To::Widget, To::Sandbox] {
            if fixture.host(other) != fixture.host(to) {
                assert_ne!(fixture.get(other, path, &[]).await.status, 200, "{path} at {other:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_foreign_host_is_misdirected_on_both_listeners() {
    let fixture = Fixture::start().await;
    let port = fixture.host(To::Parent).rsplit_once(':').expect("a port").1.to_owned();
    for host in [
        "evil.example".to_owned(),
        "localhost".to_owned(),
        format!("localhost:{port}0"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        format!("localhost.:{port}"),
        format!("x.localhost:{port}"),
        format!("localhost:{port}@evil.example"),
        String::new(),
    ] {
        let header = format!("host: {host}");
        for (to, target) in [(To::Console, "/api/apps"), (To::Sandbox, "/s/demo")] {
            let status = status(&fixture, to, target, &[&header]).await;
            assert!(matches!(status, 400 | 421), "{host:?} got {status}");
        }
    }
}

#[tokio::test]
async fn the_console_is_not_behind_the_door_of_the_pages() {
    let fixture = Fixture::start().await;
    let console = format!("host: {}", fixture.host(To::Console));
    assert_eq!(status(&fixture, To::Sandbox, "/", &[&console]).await, 421);
    let sandbox = format!("host: {}", fixture.host(To::Sandbox));
    assert_eq!(status(&fixture, To::Console, "/s/demo", &[&sandbox]).await, 421);
}

#[tokio::test]
async fn hosts_that_contradict_each_other_are_misdirected() {
    let fixture = Fixture::start().await;
    let ours = fixture.host(To::Sandbox);
    let host = format!("host: {ours}");
    assert_eq!(status(&fixture, To::Sandbox, "/s/demo", &[]).await, 421);
    assert_eq!(status(&fixture, To::Sandbox, "/s/demo", &[&host, "host: evil.example"]).await, 421);
    assert_eq!(status(&fixture, To::Sandbox, "/s/demo", &[&host, &host]).await, 421);
    assert_eq!(status(&fixture, To::Sandbox, "http://evil.example/s/demo", &[&host]).await, 421);
    let absolute = format!("http://{ours}/s/demo");
    assert_eq!(status(&fixture, To::Sandbox, &absolute, &["host: evil.example"]).await, 421);
    assert_eq!(status(&fixture, To::Sandbox, &absolute, &[&host]).await, 200);
    let upper = host.to_uppercase();
    assert_eq!(status(&fixture, To::Sandbox, "/s/demo", &[&upper]).await, 200);
}
