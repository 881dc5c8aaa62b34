//! The settings of an app: checked, changed by version, and valid for visitors at once.

use serde_json::{Value, json};

use crate::client::{Fixture, Reply, To};
use crate::console::{DEMO, settings};

const SETTINGS: &str = "/api/apps/demo/settings";

#[tokio::test]
async fn settings_are_changed_over_the_version_that_was_edited() {
    let fixture = Fixture::start().await;
    let before = fixture.get(To::Console, SETTINGS, &[]).await;
    assert_eq!((before.status, before.header("etag")), (200, "\"1\""));
    let expected = json!({"name": "Demo shop", "parentOrigins": [], "jar": "visit", "staging": false, "approval": false});
    assert_eq!(before.json(), expected);

    let wanted = settings(&["https://shop.example", "http://localhost:8080"], "kept");
    let changed = fixture.edit(SETTINGS, "\"1\"", &wanted).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    assert_eq!(changed.json(), fixture.read(DEMO).await);
    assert_eq!(changed.json()["settingsVersion"], 2);
    let after = fixture.get(To::Console, SETTINGS, &[]).await;
    assert_eq!((after.json(), after.header("etag")), (wanted, "\"2\""));
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.edit(SETTINGS, "\"1\"", &settings(&[], "kept")).await.status, 200);
    for tag in ["\"1\"", "\"3\"", "\"0\""] {
        let reply = fixture.edit(SETTINGS, tag, &settings(&[], "none")).await;
        assert_eq!(reply.problem(), (412, "settings-conflict".to_owned()), "{tag}");
        assert_eq!(reply.json()["app"], fixture.read(DEMO).await);
    }
    let without = fixture.write("PUT", SETTINGS, &settings(&[], "none")).await;
    assert_eq!(without.problem(), (428, "precondition-required".to_owned()));
    for tag in ["*", "W/\"2\"", "2"] {
        let reply = fixture.edit(SETTINGS, tag, &settings(&[], "none")).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{tag}");
    }
    assert_eq!(fixture.read(DEMO).await["jar"], "kept");
}

/// The draft and the settings are edited apart from each other.
#[tokio::test]
async fn settings_and_draft_have_versions_of_their_own() {
    let fixture = Fixture::start().await;
    let draft = fixture.tag(&format!("{DEMO}/draft")).await;
    assert_eq!(fixture.configure(DEMO, &settings(&[], "kept")).await.status, 200);
    assert_eq!(fixture.tag(&format!("{DEMO}/draft")).await, draft);
    let tag = fixture.tag(SETTINGS).await;
    fixture.publish(DEMO, "live", "x").await;
    assert_eq!(fixture.tag(SETTINGS).await, tag);
}

async fn put(fixture: &Fixture, name: &str, origins: Value) -> Reply {
    let mut body = settings(&[], "kept");
    body["name"] = name.into();
    body["parentOrigins"] = origins;
    fixture.configure(DEMO, &body).await
}

#[tokio::test]
async fn settings_are_checked() {
    let fixture = Fixture::start().await;
    assert_eq!(put(&fixture, "Demo", json!(["https://shop.example"])).await.status, 200);
    for (name, origins, place) in [
        ("", json!([]), "/name: "),
        ("   ", json!([]), "/name: "),
        (&*"x".repeat(101), json!([]), "/name: "),
        ("a\nb", json!([]), "/name: "),
        ("Demo", json!(["*"]), "the body: "),
        ("Demo", json!(["null"]), "the body: "),
        ("Demo", json!(["https://shop.example/"]), "the body: "),
        ("Demo", json!(["https://*.example"]), "the body: "),
        ("Demo", json!(["https://a.example; script-src *"]), "the body: "),
        ("Demo", json!(["http://[::1]:8080"]), "/parentOrigins: "),
        ("Demo", json!(vec!["https://shop.example"; 51]), "/parentOrigins: "),
    ] {
        let reply = put(&fixture, name, origins.clone()).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{name:?} {origins}");
        let detail = reply.json()["detail"].as_str().expect("a sentence").to_owned();
        assert!(detail.starts_with(place), "{origins}: {detail}");
    }
    let many: Vec<String> = (0..50).map(|shop| format!("https://shop{shop}.example")).collect();
    assert_eq!(put(&fixture, "Demo", json!(many)).await.status, 200);
    let app = fixture.read(DEMO).await;
    assert_eq!(app["parentOrigins"], json!(many));
    assert_eq!((&app["jar"], &app["settingsVersion"]), (&json!("kept"), &json!(3)));
}

#[tokio::test]
async fn settings_apply_to_visitors_at_once_and_to_staging() {
    let fixture = Fixture::start().await.with_staging().await;
    let pages = [
        (To::Widget, "/w/demo"),
        (To::Sandbox, "/s/demo"),
        (To::Widget, "/staging/demo"),
        (To::Sandbox, "/staging/demo"),
    ];
    for shop in ["https://shop.example", "https://other.example"] {
        let mut settings = settings(&[shop], "visit");
        settings["staging"] = true.into();
        assert_eq!(fixture.configure(DEMO, &settings).await.status, 200);
        for (to, path) in pages {
            let reply = fixture.get(to, path, &[]).await;
            let policy = reply.header("content-security-policy");
            let (_, ancestors) = policy.split_once("frame-ancestors ").expect(policy);
            assert!(ancestors.contains(shop), "{path}: {policy}");
        }
    }
}
