//! An app without its code: switched off, deleted, and back again.

use serde_json::json;

use crate::client::{Fixture, To};
use crate::console::{DEMO, code, settings};

const PAGES: [(To, &str); 3] =
    [(To::Parent, "/p/demo"), (To::Widget, "/w/demo"), (To::Sandbox, "/s/demo")];

#[tokio::test]
async fn visitors_get_an_empty_sandbox_at_once_and_staging_keeps_its_code() {
    let fixture = Fixture::start().await.with_staging().await;
    fixture.publish(DEMO, "live", "<b>live</b>").await;
    fixture.publish(DEMO, "staging", "<b>staged</b>").await;
    assert!(fixture.document("/s/demo").await.contains("<b>live</b>"));
    assert!(fixture.document("/staging/demo").await.contains("<b>staged</b>"));

    let before = jiff::Timestamp::now().as_millisecond();
    let off = fixture.switch(DEMO, true).await;
    assert_eq!((off.status, off.json()), (200, fixture.read(DEMO).await));
    let why = &off.json()["off"];
    assert_eq!((&why["by"], &why["reason"]), (&json!("console"), &json!("a test")));
    let at: jiff::Timestamp = why["at"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(before <= at.as_millisecond() && at <= jiff::Timestamp::now(), "{at}");
    let empty = fixture.document("/s/demo").await;
    assert!(!empty.contains("<b>live</b>") && empty.contains("data-app=\"demo\""), "{empty}");
    assert!(fixture.document("/staging/demo").await.contains("<b>staged</b>"));
    // The revision is still the one that a person sees and replaces.
    assert_eq!(off.json()["live"], 2);

    let on = fixture.switch(DEMO, false).await;
    assert_eq!((on.status, &on.json()["off"]), (200, &json!(null)));
    assert!(fixture.document("/s/demo").await.contains("<b>live</b>"));
    assert!(fixture.document("/staging/demo").await.contains("<b>staged</b>"));
}

#[tokio::test]
async fn an_empty_sandbox_is_that_of_an_app_without_code() {
    let fixture = Fixture::start().await;
    let app = fixture.create("New").await;
    let path = app.replace("/api/apps", "/s");
    let empty = fixture.document(&path).await;
    fixture.publish(&app, "live", "<b>code</b>").await;
    assert_ne!(fixture.document(&path).await, empty);
    assert_eq!(fixture.switch(&app, true).await.status, 200);
    assert_eq!(fixture.document(&path).await, empty);
}

#[tokio::test]
async fn an_app_that_is_off_stays_off_through_publications() {
    let fixture = Fixture::start().await.with_staging().await;
    assert_eq!(fixture.switch(DEMO, true).await.status, 200);
    fixture.publish(DEMO, "live", "<b>second</b>").await;
    assert!(!fixture.document("/s/demo").await.contains("<b>second</b>"));
    let back = json!({"to": 1, "replaces": 2});
    assert_eq!(fixture.write("POST", &format!("{DEMO}/rollback"), &back).await.status, 201);
    assert!(!fixture.document("/s/demo").await.contains("call_ended"));
    assert_eq!(fixture.publish(DEMO, "staging", "<b>fixed</b>").await, 4);
    assert!(fixture.document("/staging/demo").await.contains("<b>fixed</b>"));
    let promotion = json!({"staged": 4, "replaces": 3});
    assert_eq!(fixture.write("POST", &format!("{DEMO}/promote"), &promotion).await.status, 200);
    assert!(!fixture.document("/s/demo").await.contains("<b>fixed</b>"));
    assert_eq!(fixture.switch(DEMO, false).await.status, 200);
    assert!(fixture.document("/s/demo").await.contains("<b>fixed</b>"));
}

#[tokio::test]
async fn a_switch_is_turned_once() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.switch(DEMO, false).await.problem(), (409, "not-off".to_owned()));
    assert_eq!(fixture.switch(DEMO, true).await.status, 200);
    let off = fixture.read(DEMO).await["off"].clone();
    let again = json!({"off": true, "reason": "another reason"});
    let path = format!("{DEMO}/switch");
    let reply = fixture.write("PUT", &path, &again).await;
    assert_eq!(reply.problem(), (409, "already-off".to_owned()));
    assert_eq!(fixture.read(DEMO).await["off"], off);
    assert_eq!(fixture.switch("/api/apps/none", true).await.problem().1, "no-such-app");
    for reason in ["\u{7}", "a\0b", &"x".repeat(1001)] {
        let reply = fixture.write("PUT", &path, &json!({"off": false, "reason": reason})).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{reason:?}");
        let detail = reply.json()["detail"].as_str().expect("a sentence").to_owned();
        assert!(detail.starts_with("/reason: "), "{detail}");
    }
    // A reason may have several lines, or be missing.
    let lines = json!({"off": false, "reason": "\u{e9}\r\n\tx"});
    assert_eq!(fixture.write("PUT", &path, &lines).await.status, 200);
    assert_eq!(
        fixture.write("PUT", &path, &json!({"off": true})).await.json()["off"]["reason"],
        ""
    );
}

#[tokio::test]
async fn a_deleted_app_is_not_found_anywhere_and_comes_back_as_it_was() {
    let fixture = Fixture::start().await.with_staging().await;
    fixture.publish(DEMO, "staging", "<b>staged</b>").await;
    let before = fixture.read(DEMO).await;
    let mut pages = Vec::new();
    for (to, path) in PAGES {
        pages.push((to, path, fixture.get(to, path, &[]).await.body));
        pages.push((to, "/staging/demo", fixture.get(to, "/staging/demo", &[]).await.body));
    }
    let deleted = fixture.write("DELETE", DEMO, &json!({})).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert!(!deleted.headers.contains_key("content-type"));

    for (to, path, _) in &pages {
        assert_eq!(fixture.get(*to, path, &[]).await.status, 404, "{to:?} {path}");
    }
    for part in ["", "/settings", "/draft", "/revisions", "/revisions/1", "/plans", "/audit"] {
        let reply = fixture.get(To::Console, &format!("{DEMO}{part}"), &[]).await;
        assert_eq!(reply.problem(), (404, "no-such-app".to_owned()), "{part}");
    }
    for (method, part, body) in [
        ("PUT", "/settings", settings(&[], "kept")),
        ("PUT", "/draft", code("", "")),
        ("POST", "/revisions", json!({"draft": 3, "replaces": 1})),
        ("POST", "/rollback", json!({"to": 1, "replaces": 1})),
        ("POST", "/promote", json!({"staged": 2, "replaces": 1})),
        ("PUT", "/switch", json!({"off": true})),
        ("PUT", "/plans/switch-back", json!({"to": 1, "at": "2999-01-01T00:00:00Z"})),
        ("DELETE", "/plans/publish", json!({})),
        ("DELETE", "/plans/switch-back", json!({})),
        ("POST", "/previews", code("", "")),
        ("DELETE", "", json!({})),
    ] {
        let path = format!("{DEMO}{part}");
        let reply = fixture.write_with(method, &path, &["if-match: \"2\""], &body).await;
        assert_eq!(reply.problem(), (404, "no-such-app".to_owned()), "{method} {part}");
    }
    assert_eq!(fixture.read("/api/apps").await["apps"], json!([]));

    let restored = fixture.write("POST", &format!("{DEMO}/restore"), &json!({})).await;
    assert_eq!((restored.status, restored.json()), (200, before.clone()));
    assert_eq!(fixture.read(DEMO).await, before);
    for (to, path, body) in &pages {
        assert_eq!(&fixture.get(*to, path, &[]).await.body, body, "{to:?} {path}");
    }
}

#[tokio::test]
async fn only_a_deleted_app_comes_back() {
    let fixture = Fixture::start().await;
    for app in [DEMO, "/api/apps/none"] {
        let reply = fixture.write("POST", &format!("{app}/restore"), &json!({})).await;
        assert_eq!(reply.problem(), (404, "no-such-app".to_owned()), "{app}");
    }
}

/// Pages that were not there are remembered as well.
#[tokio::test]
async fn a_new_app_is_served_at_once_and_an_unknown_one_never() {
    let fixture = Fixture::start().await;
    for to in [To::Parent, To::Widget, To::Sandbox] {
        for id in ["none", "NONE", "a%20b", "", &"x".repeat(1000), "0123456789abcdef"] {
            for path in [
                format!("/p/{id}"),
                format!("/w/{id}"),
                format!("/s/{id}"),
                format!("/staging/{id}"),
            ] {
                for _ in 0..2 {
                    let reply = fixture.get(to, &path, &[]).await;
                    assert_eq!(
                        (reply.status, reply.header("cache-control")),
                        (404, "no-store"),
                        "{path}"
                    );
                }
            }
        }
    }
    let path = fixture.create("New").await.replace("/api/apps", "/s");
    fixture.document(&path).await;
}
