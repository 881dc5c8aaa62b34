//! The console's API: apps, permission to write, and rejected requests.

use c2c_catalogue::Catalogue;
use serde_json::{Value, json};

use crate::client::{Fixture, To};
use crate::console::{DEMO, code};

const DRAFT: &str = "/api/apps/demo/draft";

#[tokio::test]
async fn a_fresh_server_has_the_demo_app() {
    let fixture = Fixture::start().await;
    let list = fixture.get(To::Console, "/api/apps", &[]).await;
    assert_eq!((list.status, list.header("cache-control")), (200, "no-store"));
    let parent = format!("{}/p/demo", fixture.origin(To::Parent));
    assert_eq!(list.json()["apps"][0]["links"]["parent"], parent);
    assert_eq!(list.json()["more"], false);
    let app = fixture.read(DEMO).await;
    assert_eq!((&app["live"], &app["newest"], &app["off"]), (&json!(1), &json!(1), &json!(null)));
    assert_eq!((&app["staging"], &app["stagingLinks"]), (&json!(false), &json!(null)));
    let head = fixture.read(DRAFT).await["head"].as_str().expect("a string").to_owned();
    assert!(head.contains("c2c.on('call_ended'"), "{head}");
    assert!(fixture.document("/s/demo").await.contains(&head));
}

#[tokio::test]
async fn the_list_says_how_new_each_apps_code_is() {
    let fixture = Fixture::start().await;
    fixture.create("Empty").await;
    for revision in 2..=12 {
        assert_eq!(fixture.publish(DEMO, "live", &format!("{revision}")).await, revision);
    }
    let list = fixture.read("/api/apps").await;
    let [demo, empty] = list["apps"].as_array().expect("a list").as_slice() else {
        panic!("{list}")
    };
    assert_eq!(
        (&demo["id"], &demo["live"], &demo["newest"]),
        (&json!("demo"), &json!(12), &json!(12))
    );
    assert_eq!((&empty["live"], &empty["newest"]), (&json!(null), &json!(null)));
    assert!(empty["createdAt"].as_str().expect("a time").parse::<jiff::Timestamp>().is_ok());
}

async fn names(fixture: &Fixture, query: &str) -> (Vec<String>, Value) {
    let list = fixture.read(&format!("/api/apps?{query}")).await;
    let apps = list["apps"].as_array().expect("a list").iter();
    let names = apps.map(|app| app["name"].as_str().expect("a name").to_owned());
    (names.collect(), list["more"].clone())
}

#[tokio::test]
async fn apps_are_searched_and_listed_in_parts() {
    let fixture = Fixture::start().await;
    let mut addresses = Vec::new();
    for name in ["B%b", "A", "C_c", "Bb"] {
        addresses.push(fixture.create(name).await);
    }
    let expected = |names: &[&str], more: bool| {
        (names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), json!(more))
    };
    let check = async |query: &str, these: &[&str], more: bool| {
        assert_eq!(names(&fixture, query).await, expected(these, more), "{query}");
    };
    check("", &["A", "B%b", "Bb", "C_c", "Demo shop"], false).await;
    check("limit=2", &["A", "B%b"], true).await;
    check("limit=5", &["A", "B%b", "Bb", "C_c", "Demo shop"], false).await;
    check("limit=0", &[], true).await;
    let id = |address: &str| address.rsplit('/').next().expect("an id").to_owned();
    let after = id(&addresses[0]);
    check(&format!("limit=2&after={after}"), &["Bb", "C_c"], true).await;
    check(&format!("after={after}"), &["Bb", "C_c", "Demo shop"], false).await;
    check("search=%25", &["B%b"], false).await;
    check("search=_", &["C_c"], false).await;
    check("search=SHOP", &["Demo shop"], false).await;
    check(&format!("search={}", &id(&addresses[1])[2..]), &["A"], false).await;
    check("search=none", &[], false).await;
    check("search=%27%3B--%5C", &[], false).await;
    check("search=%00", &[], false).await;
}

#[tokio::test]
async fn queries_with_anything_else_are_refused() {
    let fixture = Fixture::start().await;
    let (history, audit) = (format!("{DEMO}/revisions"), format!("{DEMO}/audit"));
    for path in ["/api/apps", &history, &audit] {
        for query in ["x=1", "limit=x", "limit=-1", "limit=4294967296", "limit=1&limit=2", "limit="]
        {
            let reply = fixture.get(To::Console, &format!("{path}?{query}"), &[]).await;
            assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{path}?{query}");
        }
        assert_eq!(
            fixture.get(To::Console, &format!("{path}?limit=4294967295"), &[]).await.status,
            200
        );
    }
    for path in [&history, &audit] {
        for before in ["x", "1.5", "1180591620717411303424", "", "1&before=2"] {
            let reply = fixture.get(To::Console, &format!("{path}?before={before}"), &[]).await;
            assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{path} {before}");
        }
    }
    for query in ["after=A%20b", "after=&after=", "before=1"] {
        let reply = fixture.get(To::Console, &format!("/api/apps?{query}"), &[]).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn apps_are_made_and_kept_apart() {
    let fixture = Fixture::start().await;
    let made = fixture.write("POST", "/api/apps", &json!({"name": "  Caf\u{e9} <b>  "})).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["name"], "Caf\u{e9} <b>");
    let id = made["id"].as_str().expect("an id");
    let app = format!("/api/apps/{id}");
    assert_eq!(fixture.read(&app).await, made);
    let empty = fixture.document(&format!("/s/{id}")).await;
    assert!(empty.contains(&format!("data-app=\"{id}\"")), "{empty}");
    assert_eq!(fixture.publish(&app, "live", "<i>other</i>").await, 1);
    let other = fixture.document(&format!("/s/{id}")).await;
    let demo = fixture.document("/s/demo").await;
    assert!(other.contains("<i>other</i>") && !demo.contains("<i>other</i>"));
    assert!(other.contains(&format!("data-app=\"{id}\"")));
    for name in ["", " ", "a\tb", "a\0b", &"x".repeat(101)] {
        let reply = fixture.write("POST", "/api/apps", &json!({"name": name})).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{name:?}");
        assert!(
            reply.json()["detail"].as_str().is_some_and(|detail| detail.starts_with("/name: "))
        );
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
async fn a_write_comes_from_the_console_or_not_at_all() {
    let fixture = Fixture::start().await;
    let ours = format!("origin: {}", fixture.origin(To::Console));
    let localhost = ours.replace("127.0.0.1", "localhost");
    let (json_type, if_match) = ("content-type: application/json", "if-match: \"2\"");
    let body = code("<b>stolen</b>", "").to_string();
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
        let headers = [&headers[..], &[if_match]].concat();
        let reply = fixture.send(To::Console, "PUT", DRAFT, &headers, &body).await;
        assert_eq!(reply.problem().0, expected, "{headers:?}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
    let headers = [ours.as_str(), if_match, "content-type: Application/JSON; charset=utf-8"];
    assert_eq!(fixture.send(To::Console, "PUT", DRAFT, &headers, &body).await.status, 200);
}

/// Each with the method and address of a write that would succeed.
#[tokio::test]
async fn no_kind_of_write_comes_from_elsewhere() {
    let fixture = Fixture::start().await;
    let before = fixture.read(&format!("{DEMO}/audit")).await;
    let headers =
        ["origin: https://evil.example", "content-type: application/json", "if-match: \"1\""];
    for (method, path, body) in [
        ("POST", "/api/apps", json!({"name": "Evil"})),
        ("DELETE", "/api/apps/demo", json!({})),
        (
            "PUT",
            "/api/apps/demo/settings",
            json!({"name": "Evil", "parentOrigins": [], "jar": "kept", "staging": true, "approval": false}),
        ),
        ("POST", "/api/apps/demo/revisions", json!({"draft": 2, "replaces": 1})),
        ("POST", "/api/apps/demo/rollback", json!({"to": 1, "replaces": 1})),
        ("PUT", "/api/apps/demo/switch", json!({"off": true})),
        ("PUT", "/api/apps/demo/plans/switch-back", json!({"to": 1, "at": "2999-01-01T00:00:00Z"})),
    ] {
        let reply = fixture.send(To::Console, method, path, &headers, &body.to_string()).await;
        assert_eq!(reply.problem(), (403, "not-from-the-console".to_owned()), "{method} {path}");
    }
    assert_eq!(fixture.read(&format!("{DEMO}/audit")).await, before);
}

/// A browser adds a password that a proxy has asked for by itself, whatever page sends the request.
#[tokio::test]
async fn the_password_of_a_proxy_is_no_token() {
    const PASSWORD: &str = "authorization: Basic YTpi";
    let fixture = Fixture::start().await;
    let (json_type, body) = ("content-type: application/json", json!({"name": "Ours"}));
    let text = body.to_string();
    for shown in [PASSWORD, "authorization: Digest username=\"a\"", "authorization: Bearer"] {
        for origin in ["origin: https://evil.example", "x-none: 1"] {
            let headers = [origin, shown, json_type];
            let reply = fixture.send(To::Console, "POST", "/api/apps", &headers, &text).await;
            let expected = (403, "not-from-the-console".to_owned());
            assert_eq!(reply.problem(), expected, "{headers:?}");
        }
    }
    // Beside a token, it is not clear which of the two counts.
    let headers = [PASSWORD, "authorization: Bearer c2c_0", json_type];
    let reply = fixture.send(To::Console, "POST", "/api/apps", &headers, &text).await;
    assert_eq!(reply.problem().0, 403);
    // The console behind such a proxy.
    assert_eq!(fixture.write_with("POST", "/api/apps", &[PASSWORD], &body).await.status, 201);
}

#[tokio::test]
async fn a_preflight_is_not_answered() {
    let fixture = Fixture::start().await;
    let headers = ["origin: https://evil.example", "access-control-request-method: PUT"];
    let reply = fixture.send(To::Console, "OPTIONS", DRAFT, &headers, "").await;
    assert_eq!(reply.problem(), (405, "method-not-allowed".to_owned()));
    assert!(reply.headers.keys().all(|name| !name.starts_with("access-control-")), "{reply:?}");
}

#[tokio::test]
async fn bad_json_is_answered_with_the_place() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let headers = [origin.as_str(), "content-type: application/json", "if-match: \"2\""];
    let deep = format!(r#"{{"head":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let publish = format!("{DEMO}/revisions");
    for (method, path, body, part) in [
        ("PUT", DRAFT, "", "EOF"),
        ("PUT", DRAFT, "{", "line 1 column 1"),
        ("PUT", DRAFT, "[]", "invalid type"),
        ("PUT", DRAFT, r#"{"head":""}"#, "missing field `bodyEnd`"),
        ("PUT", DRAFT, r#"{"head":null,"bodyEnd":""}"#, "invalid type: null"),
        ("PUT", DRAFT, r#"{"head":"","head":"","bodyEnd":""}"#, "duplicate field `head`"),
        ("PUT", DRAFT, r#"{"head":"","bodyEnd":"","x":1}"#, "unknown field `x`"),
        ("PUT", DRAFT, r#"{"head":"\ud800","bodyEnd":""}"#, "line 1 column"),
        ("PUT", DRAFT, deep.as_str(), "column"),
        ("POST", &publish, r#"{"replaces":1}"#, "missing field `draft`"),
        ("POST", &publish, r#"{"draft":"2","replaces":1}"#, "invalid type: string"),
        ("POST", &publish, r#"{"draft":1.5,"replaces":1}"#, "floating point"),
        ("POST", &publish, r#"{"draft":1180591620717411303424,"replaces":1}"#, "line 1 column"),
        ("POST", &publish, r#"{"draft":2,"replaces":1,"to":"moon"}"#, "unknown variant `moon`"),
        ("POST", &publish, r#"{"draft":2,"replaces":1,"at":"tomorrow"}"#, "line 1 column"),
        (
            "POST",
            &publish,
            r#"{"draft":2,"replaces":1,"note":"\u0000"}"#,
            "/note: it has a control",
        ),
    ] {
        let reply = fixture.send(To::Console, method, path, &headers, body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{body:.60}");
        let json = reply.json();
        let detail = json["detail"].as_str().expect("a sentence");
        assert!(detail.contains(part), "{body:.60}: {detail}");
    }
}

#[tokio::test]
async fn there_is_nothing_else() {
    let fixture = Fixture::start().await;
    for path in [
        "/api/",
        "/api/x",
        "/api/apps/",
        "/api/apps/none",
        "/api/apps/DEMO",
        "/api/apps/a%00",
        "/api/apps/%ff",
        "/api/apps/demo/x",
        "/api/apps/demo/code",
        "/api/apps/demo/previews/",
        "/api/apps/demo/previews/x",
        "/api/check/",
    ] {
        let reply = fixture.get(To::Console, path, &[]).await;
        assert_eq!(reply.problem().0, 404, "{path}");
    }
    assert_eq!(fixture.get(To::Console, "/api", &[]).await.status, 404);
    let reply = fixture.write("PATCH", DEMO, &json!({})).await;
    assert_eq!(reply.problem(), (405, "method-not-allowed".to_owned()));
    assert_eq!(reply.header("allow"), "GET, HEAD, DELETE");
    assert_eq!(reply.json()["detail"], "this address takes GET, HEAD, DELETE only");
    let reply = fixture.edit("/api/apps/none/draft", "\"1\"", &code("x", "")).await;
    assert_eq!(reply.problem(), (404, "no-such-app".to_owned()));
}

/// Programs differ in which of two values counts, so neither does: at any depth, and where the form is any JSON.
#[tokio::test]
async fn a_name_that_comes_twice_is_refused() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let headers = [&origin[..], "content-type: application/json", "sec-fetch-site: same-origin"];
    for (path, body) in [
        ("/api/apps", r#"{"name": "One", "name": "Two"}"#),
        (
            "/api/apps/demo/endpoints",
            r#"{"name": "A receiver", "url": "https://one.example/", "url": "https://two.example/"}"#,
        ),
        (
            "/api/apps/demo/endpoints",
            r#"{"kind": "meta", "name": "x", "datasetId": "1", "accessToken": "y", "mapping": {"events": {}, "events": {}}}"#,
        ),
    ] {
        let reply = fixture.send(To::Console, "POST", path, &headers, body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{body}");
        let detail = reply.json()["detail"].as_str().expect("a sentence").to_owned();
        assert!(detail.starts_with("the body: duplicate field `"), "{detail}");
    }
}
