//! The way in for events: from pages of the widget's own origin only, bounded, and durable once it is acknowledged.

use std::net::Ipv4Addr;

use c2c_server::{CollectLimits, Limits};
use serde_json::{Value, json};

use crate::client::{Fixture, Reply, To};
use crate::console::DEMO;
use crate::integrating::{JSON, batch, envelope, id};

const EVENTS: &str = "/e/demo";

async fn fixture() -> Fixture {
    let fixture = Fixture::start().await;
    fixture.collect(DEMO, "refuse").await;
    fixture
}

async fn intake(fixture: &Fixture) -> Value {
    fixture.read(&format!("{DEMO}/integrations")).await["intake"].clone()
}

/// Sends a body with these header lines.
async fn send(fixture: &Fixture, headers: &[&str], body: &str) -> Reply {
    fixture.send(To::Widget, "POST", EVENTS, headers, body).await
}

#[tokio::test]
async fn only_pages_of_the_widgets_origin_send_events() {
    let fixture = fixture().await;
    let own = format!("origin: {}", fixture.origin(To::Widget));
    let parent = format!("origin: {}", fixture.origin(To::Parent));
    let sandbox = format!("origin: {}", fixture.origin(To::Sandbox));
    let body = batch(&[envelope("custom:chat_opened", 1)]).to_string();
    for headers in [
        &[JSON][..],
        &[&parent, JSON],
        &[&sandbox, JSON],
        // The frame's origin.
        &["origin: null", JSON],
        &[&own, &own, JSON],
        &[&own, "sec-fetch-site: same-site", JSON],
        &[&own, "sec-fetch-site: cross-site", JSON],
    ] {
        let reply = send(&fixture, headers, &body).await;
        assert_eq!(reply.problem(), (403, "not-from-the-page".to_owned()), "{headers:?}");
        assert!(reply.headers.keys().all(|name| !name.starts_with("access-control")), "{reply:?}");
    }
    // Requests that a page may send elsewhere without asking.
    for media_type in
        ["content-type: text/plain", "content-type: text/plain;charset=UTF-8", "x-none: 1"]
    {
        let reply = send(&fixture, &[&own, media_type], &body).await;
        assert_eq!(reply.problem(), (415, "not-json".to_owned()), "{media_type}");
    }
    let asked = fixture
        .send(To::Widget, "OPTIONS", EVENTS, &[&parent, "access-control-request-method: POST"], "")
        .await;
    assert_eq!((asked.status, asked.header("allow")), (405, "POST"));
    assert!(asked.headers.keys().all(|name| !name.starts_with("access-control")), "{asked:?}");
    assert_eq!(intake(&fixture).await["accepted"], 0);
    assert_eq!(send(&fixture, &[&own, JSON], &body).await.status, 200);
    assert_eq!(intake(&fixture).await["accepted"], 1);
    // Other hosts have no such address.
    for to in [To::Parent, To::Sandbox, To::Console] {
        let reply = fixture.send(to, "POST", EVENTS, &[&own, JSON], &body).await;
        assert!(reply.status == 404 || reply.status == 405, "{to:?}: {reply:?}");
    }
}

#[tokio::test]
async fn a_strangers_request_is_refused_before_its_body() {
    let fixture = fixture().await;
    for (headers, expected) in [
        (["origin: null".to_owned(), JSON.to_owned()], 403),
        ([format!("origin: {}", fixture.origin(To::Widget)), JSON.to_owned()], 413),
    ] {
        let mut connection = fixture.connect(To::Widget).await;
        let (host, headers) = (fixture.host(To::Widget), headers.join("\r\n"));
        // Its body is announced and never comes.
        let head = format!(
            "POST {EVENTS} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\ncontent-length: 65537\r\n\r\n"
        );
        connection.send(&head).await;
        let reply = connection.reply("POST").await;
        assert_eq!((reply.status, reply.header("connection")), (expected, "close"));
    }
}

#[tokio::test]
async fn an_app_takes_events_only_if_it_is_told_to() {
    let fixture = Fixture::start().await;
    let events = batch(&[envelope("custom:chat_opened", 1)]);
    let none = (404, "takes-no-events".to_owned());
    assert_eq!(fixture.emit(DEMO, &events).await.problem(), none);
    assert_eq!(fixture.emit("no-such-app", &events).await.problem(), none);
    let page = fixture.get(To::Widget, "/w/demo", &[]).await;
    assert!(!page.text().contains("/e/demo"), "{page:?}");
    assert!(!page.header("content-security-policy").contains("connect-src"), "{page:?}");

    fixture.collect(DEMO, "refuse").await;
    let page = fixture.get(To::Widget, "/w/demo", &[]).await;
    assert!(page.text().contains("/e/demo"), "{page:?}");
    assert!(page.header("content-security-policy").contains("connect-src 'self'"), "{page:?}");
    assert_eq!(fixture.emit(DEMO, &events).await.status, 200);

    fixture.collect(DEMO, "off").await;
    assert_eq!(fixture.emit(DEMO, &events).await.problem(), none);
}

#[tokio::test]
async fn each_event_is_judged_by_itself() {
    let fixture = fixture().await;
    let mut upper = envelope("custom:chat_opened", 3);
    upper["id"] = id(3).to_uppercase().into();
    let events = [
        envelope("custom:chat_opened", 1),
        envelope("no_such_event", 2),
        upper,
        envelope("custom:chat_opened", 1),
    ];
    let reply = fixture.emit(DEMO, &batch(&events)).await;
    let expected = json!({
        "accepted": 1,
        "known": 1,
        "refused": [{"id": id(2), "reason": "catalogue"}, {"id": null, "reason": "form"}],
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    let counted = json!({"accepted": 1, "known": 1, "refused": {"catalogue": 1, "form": 1}});
    assert_eq!(intake(&fixture).await, counted);
    // An app that marks takes the one that its catalogue does not know.
    fixture.collect(DEMO, "mark").await;
    fixture.emit_new(DEMO, &[envelope("no_such_event", 2)]).await;
    // Without custom code, nothing comes from there.
    assert_eq!(fixture.switch(DEMO, true).await.status, 200);
    let reply = fixture.emit(DEMO, &batch(&[envelope("custom:chat_opened", 9)])).await;
    assert_eq!(reply.json()["refused"], json!([{"id": id(9), "reason": "off"}]));
}

#[tokio::test]
async fn what_was_acknowledged_is_committed() {
    let data = tempfile::TempDir::new().expect("a directory");
    let settings = crate::client::settings(data.path(), &[]);
    let path = data.path().join("c2c.db");
    let fixture = Fixture::with_settings(data, &settings, &Limits::default()).await;
    fixture.collect(DEMO, "refuse").await;
    fixture
        .emit_new(DEMO, &[envelope("custom:chat_opened", 1), envelope("custom:chat_opened", 2)])
        .await;
    // Another connection sees them: they are committed, and not in the server's memory.
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}?mode=ro", path.display()))
        .await
        .expect("opens");
    let row = sqlx::query("SELECT COUNT(*) AS n FROM event").fetch_one(&pool).await.expect("a row");
    assert_eq!(sqlx::Row::try_get::<i64, _>(&row, "n").expect("a number"), 2);
}

#[tokio::test]
async fn a_flood_for_one_app_leaves_the_others_alone() {
    let number = |number| std::num::NonZeroU32::new(number).expect("not zero");
    let collect = CollectLimits {
        app_events_per_second: number(1),
        app_events_burst: number(300),
        ..CollectLimits::default()
    };
    let fixture = Fixture::with_limits(&Limits { collect, ..Limits::default() }).await;
    fixture.collect(DEMO, "refuse").await;
    let other = fixture.create("Other").await;
    fixture.collect(&other, "refuse").await;
    let (mut taken, mut away) = (0, 0);
    for client in 0..20 {
        let events: Vec<_> =
            (0..50).map(|event| envelope("custom:forged", client * 50 + event)).collect();
        let from = Ipv4Addr::new(127, 2, 0, 1 + u8::try_from(client).expect("small"));
        let reply = fixture.emit_from(from, DEMO, &batch(&events)).await;
        match reply.status {
            200 => taken += 50,
            429 => {
                let wait: u64 = reply.header("retry-after").parse().expect("seconds");
                assert!((1..=300).contains(&wait), "{wait}");
                away += 50;
            }
            status => panic!("{status}: {reply:?}"),
        }
    }
    assert_eq!((taken, away), (300, 700));
    let ordinary = fixture
        .emit_from(
            Ipv4Addr::new(127, 3, 0, 1),
            &other,
            &batch(&[envelope("custom:chat_opened", 1)]),
        )
        .await;
    assert_eq!(ordinary.status, 200, "{ordinary:?}");
    // The people of the app see it.
    let seen = crate::client::eventually(crate::client::PATIENCE, async || {
        intake(&fixture).await["refused"]["rate-limited"] == 700
    })
    .await;
    assert!(seen, "{}", intake(&fixture).await);
}

#[tokio::test]
async fn a_client_that_floods_waits_and_others_do_not() {
    let number = |number| std::num::NonZeroU32::new(number).expect("not zero");
    let collect = CollectLimits {
        client_batches_per_second: number(1),
        client_batches_burst: number(5),
        ..CollectLimits::default()
    };
    let fixture = Fixture::with_limits(&Limits { collect, ..Limits::default() }).await;
    fixture.collect(DEMO, "refuse").await;
    let (flooding, other) = (Ipv4Addr::new(127, 4, 0, 1), Ipv4Addr::new(127, 4, 0, 2));
    let mut statuses = Vec::new();
    for event in 0..8 {
        let reply =
            fixture.emit_from(flooding, DEMO, &batch(&[envelope("custom:forged", event)])).await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses[..5], [200; 5]);
    let away = statuses.iter().filter(|&&status| status == 429).count();
    assert!(away > 0, "{statuses:?}");
    let reply = fixture.emit_from(other, DEMO, &batch(&[envelope("custom:chat_opened", 99)])).await;
    assert_eq!(reply.status, 200);
    // The people of the app see it. The batches were not read, so each counts as one event.
    let seen = crate::client::eventually(crate::client::PATIENCE, async || {
        intake(&fixture).await["refused"]["rate-limited"] == away
    })
    .await;
    assert!(seen, "{away} were turned away: {}", intake(&fixture).await);
}
