//! The console's API: permission to write, rejected requests, and saves that are never lost.

use c2c_catalogue::Catalogue;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{Fixture, PATIENCE, Reply, To, request};

const CODE: &str = "/api/apps/demo/code";

fn code(head: &str, revision: i64) -> Value {
    json!({"head": head, "bodyEnd": "", "revision": revision})
}

#[tokio::test]
async fn a_fresh_server_has_the_demo_app() {
    let fixture = Fixture::start().await;
    let list = fixture.get(To::Console, "/api/apps", &[]).await;
    assert_eq!((list.status, list.header("cache-control")), (200, "no-store"));
    let parent = format!("{}/p/demo", fixture.origin(To::Parent));
    assert_eq!(list.json()["apps"][0]["links"]["parent"], parent);
    let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
    assert_eq!(app["revision"], 1);
    assert!(app["head"].as_str().expect("a string").contains("c2c.on('call_ended'"));
}

#[tokio::test]
async fn an_app_says_how_much_fits() {
    let fixture = Fixture::start().await;
    let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
    let max = app["snippetBytesMax"].as_u64().and_then(|max| usize::try_from(max).ok());
    let max = max.expect("a number");
    assert_eq!(fixture.write("PUT", CODE, &code(&"x".repeat(max), 1)).await.status, 200);
    assert_eq!(fixture.write("PUT", CODE, &code(&"x".repeat(max + 1), 2)).await.status, 422);
}

#[tokio::test]
async fn the_list_says_how_new_each_apps_code_is() {
    let fixture = Fixture::start().await;
    fixture.write("POST", "/api/apps", &json!({"name": "Empty"})).await;
    for revision in 1..=10 {
        assert_eq!(fixture.write("PUT", CODE, &code("", revision)).await.status, 200);
    }
    let before = Timestamp::now();
    assert_eq!(fixture.write("PUT", CODE, &code("", 11)).await.status, 200);
    let list = fixture.get(To::Console, "/api/apps", &[]).await.json();
    let [demo, empty] = list["apps"].as_array().expect("a list").as_slice() else {
        panic!("{list}")
    };
    assert_eq!((&demo["id"], &demo["revision"]), (&json!("demo"), &json!(12)));
    let saved: Timestamp = demo["savedAt"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(before <= saved && saved <= Timestamp::now(), "{saved}");
    assert_eq!((&empty["revision"], &empty["savedAt"]), (&json!(0), &json!(null)));
}

#[tokio::test]
async fn a_save_is_served_at_once_and_survives() {
    let fixture = Fixture::start().await;
    let reply = fixture.write("PUT", CODE, &code("<b>new</b>", 1)).await;
    assert_eq!(reply.json(), json!({"revision": 2, "diagnostics": []}));
    assert!(fixture.get(To::Sandbox, "/s/demo", &[]).await.text().contains("<b>new</b>"));
    let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
    assert_eq!((&app["revision"], &app["head"]), (&json!(2), &json!("<b>new</b>")));
}

#[tokio::test]
async fn a_save_with_warnings_is_served_and_says_what_will_not_work() {
    let fixture = Fixture::start().await;
    let head = "<script>c2c.on('call_end', () => {}); c2c.on('call_ended', () => {});</script>";
    let reply = fixture.write("PUT", CODE, &code(head, 1)).await;
    assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)));
    let json = reply.json();
    let [found] = json["diagnostics"].as_array().expect("a list").as_slice() else {
        panic!("{json}")
    };
    assert_eq!((&found["severity"], &found["code"]), (&json!("warning"), &json!("unknown-event")));
    let fix = json!({"span": {"start": 16, "end": 24}, "replacement": "call_ended"});
    assert_eq!((&found["line"], &found["column"], &found["fix"]), (&json!(1), &json!(17), &fix));
    assert!(fixture.get(To::Sandbox, "/s/demo", &[]).await.text().contains(head));
    let draft = json!({"head": head, "bodyEnd": ""});
    for (path, status) in [("/api/check", 200), ("/api/apps/demo/previews", 201)] {
        let reply = fixture.write("POST", path, &draft).await;
        assert_eq!((reply.status, &reply.json()["diagnostics"]), (status, &json["diagnostics"]));
    }
}

/// The injector applies these rules to code that it only reads, the catalogue to names that arrive.
#[tokio::test]
async fn names_of_custom_events_are_judged_as_the_catalogue_does() {
    let fixture = Fixture::start().await;
    for name in [
        "lead",
        "Lead.b-2_",
        "1st",
        "",
        "a b",
        "é",
        "c2c",
        "C-2-c_x",
        "ac2c",
        "call_ended",
        "Call.Ended",
        "call_ended2",
        "widgetloaded",
        "_a",
        "-a",
        "a:b",
        &"a".repeat(64),
        &"a".repeat(65),
    ] {
        let draft = json!({"head": format!("<script>c2c.emit('{name}')</script>"), "bodyEnd": ""});
        let reply = fixture.write("POST", "/api/check", &draft).await.json();
        let expected = match Catalogue::reference().custom_name(name) {
            Ok(_) => json!(null),
            Err(_) => json!("custom-event-name"),
        };
        assert_eq!(reply["diagnostics"][0]["code"], expected, "{name}");
    }
}

#[tokio::test]
async fn an_unclosed_script_or_comment_is_refused_with_line_and_column() {
    let fixture = Fixture::start().await;
    for (head, body_end, area, line, column) in [
        ("<p>\n  <script>\n  c2c.on()", "", "head", 2, 3),
        ("<!-- note\n<p>", "", "head", 1, 1),
        ("", "\r\n\tx<!-- note", "bodyEnd", 2, 3),
        ("<b>fine</b>", "<script src=x>", "bodyEnd", 1, 1),
    ] {
        let body = json!({"head": head, "bodyEnd": body_end, "revision": 1});
        let reply = fixture.write("PUT", CODE, &body).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        let json = reply.json();
        let found = &json["diagnostics"][0];
        assert_eq!(found["severity"], "error");
        assert_eq!(
            (&found["area"], &found["line"], &found["column"]),
            (&json!(area), &json!(line), &json!(column))
        );
    }
    let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
    assert_eq!(app["revision"], 1, "nothing was saved");
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.write("PUT", CODE, &code("first", 1)).await.status, 200);
    let reply = fixture.write("PUT", CODE, &code("second", 1)).await;
    assert_eq!((reply.status, reply.json()["revision"].clone()), (409, json!(2)));
    for revision in [-1, 0, 7, i64::MAX] {
        assert_eq!(
            fixture.write("PUT", CODE, &code("x", revision)).await.status,
            409,
            "{revision}"
        );
    }
    assert!(fixture.get(To::Sandbox, "/s/demo", &[]).await.text().contains("first"));
}

#[tokio::test]
async fn apps_are_made_and_kept_apart() {
    let fixture = Fixture::start().await;
    let made = fixture.write("POST", "/api/apps", &json!({"name": "  Caf\u{e9} <b>  "})).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["name"], "Caf\u{e9} <b>");
    let id = made["id"].as_str().expect("an id");
    let path = format!("/api/apps/{id}/code");
    assert_eq!(fixture.write("PUT", &path, &code("<i>other</i>", 0)).await.status, 200);
    let other = fixture.get(To::Sandbox, &format!("/s/{id}"), &[]).await;
    let demo = fixture.get(To::Sandbox, "/s/demo", &[]).await;
    assert!(other.text().contains("<i>other</i>") && !demo.text().contains("<i>other</i>"));
    assert!(other.text().contains(&format!("data-app=\"{id}\"")));
}

#[tokio::test]
async fn a_write_comes_from_the_console_or_not_at_all() {
    let fixture = Fixture::start().await;
    let ours = format!("origin: {}", fixture.origin(To::Console));
    let localhost = ours.replace("127.0.0.1", "localhost");
    let json_type = "content-type: application/json";
    let body = code("<b>stolen</b>", 1).to_string();
    for (headers, expected) in [
        (vec![json_type], 403),
        (vec![json_type, "origin: null"], 403),
        (vec![json_type, "origin: https://evil.example"], 403),
        (vec![json_type, localhost.as_str()], 403),
        (vec![json_type, ours.as_str(), "origin: https://evil.example"], 403),
        (vec![json_type, "origin:"], 403),
        (vec![json_type, ours.as_str(), "sec-fetch-site: cross-site"], 403),
        (vec![json_type, ours.as_str(), "sec-fetch-site: same-site"], 403),
        (vec![json_type, ours.as_str(), "sec-fetch-site: none"], 403),
        (vec![ours.as_str()], 415),
        (vec![ours.as_str(), "content-type: text/plain"], 415),
        (vec![ours.as_str(), "content-type: application/x-www-form-urlencoded"], 415),
        (vec![ours.as_str(), "content-type: text/plain; application/json"], 415),
        (vec![ours.as_str(), "content-type: application/json5"], 415),
    ] {
        let reply = fixture.send(To::Console, "PUT", CODE, &headers, &body).await;
        assert_eq!(reply.status, expected, "{headers:?}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
    let headers = [ours.as_str(), "content-type: Application/JSON; charset=utf-8"];
    assert_eq!(fixture.send(To::Console, "PUT", CODE, &headers, &body).await.status, 200);
}

#[tokio::test]
async fn a_preflight_is_not_answered() {
    let fixture = Fixture::start().await;
    let headers = ["origin: https://evil.example", "access-control-request-method: PUT"];
    let reply = fixture.send(To::Console, "OPTIONS", CODE, &headers, "").await;
    assert_eq!(reply.status, 403);
    assert!(reply.headers.keys().all(|name| !name.starts_with("access-control-")), "{reply:?}");
}

#[tokio::test]
async fn bad_json_is_answered_with_the_place() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let headers = [origin.as_str(), "content-type: application/json"];
    let deep = format!(r#"{{"head":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (body, part) in [
        ("", "EOF"),
        ("{", "line 1 column 1"),
        ("[]", "invalid type"),
        (r#"{"head":"","bodyEnd":""}"#, "missing field `revision`"),
        (r#"{"head":"","bodyEnd":"","revision":"1"}"#, "invalid type: string"),
        (r#"{"head":"","bodyEnd":"","revision":1.5}"#, "floating point"),
        (r#"{"head":null,"bodyEnd":"","revision":1}"#, "invalid type: null"),
        (r#"{"head":"","head":"","bodyEnd":"","revision":1}"#, "duplicate field `head`"),
        (r#"{"head":"","bodyEnd":"","revision":1,"x":1}"#, "unknown field `x`"),
        (r#"{"head":"\ud800","bodyEnd":"","revision":1}"#, "line 1 column"),
        (deep.as_str(), "column"),
    ] {
        let reply = fixture.send(To::Console, "PUT", CODE, &headers, body).await;
        let error = reply.json()["error"].as_str().expect("a sentence").to_owned();
        assert!(
            reply.status == 400 && error.contains(part),
            "{body:.60}: {} {error}",
            reply.status
        );
    }
}

#[tokio::test]
async fn input_that_no_page_could_hold_is_refused_as_such() {
    let fixture = Fixture::start().await;
    for head in ["a\0b".to_owned(), "x".repeat(256 * 1024 + 1)] {
        let reply = fixture.write("PUT", CODE, &code(&head, 1)).await;
        assert_eq!(reply.status, 422);
        assert_eq!(reply.json()["diagnostics"][0]["severity"], "error");
    }
    assert_eq!(fixture.write("PUT", CODE, &code(&"x".repeat(256 * 1024), 1)).await.status, 200);
}

/// Changes the demo app's settings.
async fn put(fixture: &Fixture, name: &str, origins: Value) -> Reply {
    let body = json!({"name": name, "parentOrigins": origins, "jar": "kept"});
    fixture.write("PUT", "/api/apps/demo", &body).await
}

#[tokio::test]
async fn settings_are_checked() {
    let fixture = Fixture::start().await;
    assert_eq!(put(&fixture, "Demo", json!(["https://shop.example"])).await.status, 200);
    for (name, origins) in [
        ("", json!([])),
        ("   ", json!([])),
        (&*"x".repeat(101), json!([])),
        ("Demo", json!(["*"])),
        ("Demo", json!(["null"])),
        ("Demo", json!(["https://shop.example/"])),
        ("Demo", json!(["https://*.example"])),
        ("Demo", json!(["https://a.example; script-src *"])),
        ("Demo", json!(["http://[::1]:8080"])),
        ("Demo", json!(vec!["https://shop.example"; 51])),
    ] {
        let reply = put(&fixture, name, origins.clone()).await;
        assert_eq!(reply.status, 400, "{name:?} {origins}");
    }
    let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
    assert_eq!(app["parentOrigins"], json!(["https://shop.example"]));
    assert_eq!(app["jar"], "kept");
}

#[tokio::test]
async fn there_is_nothing_else() {
    let fixture = Fixture::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/x",
        "/api/apps/",
        "/api/apps/none",
        "/api/apps/DEMO",
        "/api/apps/a%00",
        "/api/apps/demo/x",
        "/api/apps/demo/previews/",
        "/api/apps/demo/previews/x",
        "/api/check/",
    ] {
        let reply = fixture.get(To::Console, path, &[]).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let reply = fixture.write("DELETE", "/api/apps/demo", &json!({})).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, PUT"));
    assert_eq!(reply.json(), json!({"error": "this address takes GET, HEAD, PUT only"}));
    assert_eq!(fixture.write("PUT", "/api/apps/none/code", &code("x", 0)).await.status, 404);
}

#[tokio::test]
async fn a_client_that_leaves_does_not_part_database_and_visitors() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let headers = [&*host, &origin, "content-type: application/json"];
    for round in 0_u64..40 {
        let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
        let body =
            code(&format!("<b>round {round}</b>"), app["revision"].as_i64().expect("a number"));
        let mut connection = fixture.connect(To::Console).await;
        connection.send(&request("PUT", CODE, &headers, &body.to_string())).await;
        // Anywhere between the first byte and the last: the delay is the test's input, not a wait.
        tokio::time::sleep(std::time::Duration::from_micros(round * 250)).await;
        drop(connection);
        // Saved or not, visitors get the stored code as soon as the request is done.
        tokio::time::timeout(PATIENCE, async {
            loop {
                let app = fixture.get(To::Console, "/api/apps/demo", &[]).await.json();
                let stored = app["head"].as_str().expect("a string").to_owned();
                let served = fixture.get(To::Sandbox, "/s/demo", &[]).await;
                if served.text().contains(&stored) {
                    return;
                }
            }
        })
        .await
        .expect("database and visitors agree");
    }
}
