//! The draft: saved by version, with errors or without, and never visible to visitors.

use serde_json::json;

use crate::client::{Fixture, To};
use crate::console::{DEMO, code};

const DRAFT: &str = "/api/apps/demo/draft";
const PUBLISH: &str = "/api/apps/demo/revisions";

#[tokio::test]
async fn a_draft_is_saved_over_the_version_that_was_edited() {
    let fixture = Fixture::start().await;
    let before = fixture.get(To::Console, DRAFT, &[]).await;
    assert_eq!((before.status, before.header("etag")), (200, "\"2\""));
    assert_eq!(
        (&before.json()["version"], &before.json()["savedBy"]),
        (&json!(2), &json!("c2c-server"))
    );

    let saved = fixture.edit(DRAFT, "\"2\"", &code("<b>draft</b>", "<i>end</i>")).await;
    assert_eq!((saved.status, saved.header("etag")), (200, "\"3\""));
    assert_eq!(saved.json(), json!({"version": 3, "diagnostics": []}));

    let after = fixture.get(To::Console, DRAFT, &[]).await;
    assert_eq!((after.status, after.header("etag")), (200, "\"3\""));
    let mut json = after.json();
    let at: jiff::Timestamp = json["savedAt"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!((jiff::Timestamp::now() - at).total(jiff::Unit::Second).is_ok_and(|age| age < 60.0));
    json.as_object_mut().expect("an object").remove("savedAt");
    let expected = json!({"version": 3, "savedBy": "console", "head": "<b>draft</b>", "bodyEnd": "<i>end</i>"});
    assert_eq!(json, expected);
}

#[tokio::test]
async fn code_that_is_the_same_keeps_its_version() {
    let fixture = Fixture::start().await;
    for _ in 0..2 {
        let tag = fixture.tag(DRAFT).await;
        let saved = fixture.edit(DRAFT, &tag, &code("<b>same</b>", "")).await;
        assert_eq!((saved.status, saved.header("etag")), (200, "\"3\""));
        assert_eq!(saved.json(), json!({"version": 3, "diagnostics": []}));
    }
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.edit(DRAFT, "\"2\"", &code("first", "")).await.status, 200);
    for tag in ["\"2\"", "\"1\"", "\"0\"", "\"4\"", "\"-1\"", &format!("\"{}\"", i64::MAX)] {
        let reply = fixture.edit(DRAFT, tag, &code("second", "")).await;
        assert_eq!(reply.problem(), (412, "draft-conflict".to_owned()), "{tag}");
        assert_eq!(reply.json()["title"], "Precondition Failed");
        assert_eq!(reply.json()["draft"], fixture.read(DRAFT).await, "{tag}");
    }
    assert_eq!(fixture.read(DRAFT).await["head"], "first");
    let of_the_first = fixture.edit(DRAFT, "\"3\"", &code("both", "")).await;
    assert_eq!(of_the_first.status, 200);
}

#[tokio::test]
async fn a_save_names_the_version_that_was_edited() {
    let fixture = Fixture::start().await;
    let body = code("<b>lost</b>", "");
    let reply = fixture.write("PUT", DRAFT, &body).await;
    assert_eq!(reply.problem(), (428, "precondition-required".to_owned()));
    for tag in [
        "*",
        "",
        "2",
        "\"2",
        "\"\"",
        "\"two\"",
        "\"2\", \"3\"",
        "W/\"2\"",
        "w/\"2\"",
        "\"+2\"",
        "\"02\"",
        "\" 2\"",
        "\"2.0\"",
        "\"1180591620717411303424\"",
        "\"2\"; x",
    ] {
        let reply = fixture.edit(DRAFT, tag, &body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{tag:?}");
    }
    let twice = ["if-match: \"2\"", "if-match: \"3\""];
    let reply = fixture.write_with("PUT", DRAFT, &twice, &body).await;
    assert_eq!(reply.problem(), (400, "bad-request".to_owned()));
    assert_eq!(fixture.read(DRAFT).await["version"], 2, "nothing was saved");
}

#[tokio::test]
async fn saving_a_draft_reaches_no_visitor() {
    let fixture = Fixture::start().await.with_staging().await;
    let pages = [
        (To::Sandbox, "/s/demo"),
        (To::Sandbox, "/staging/demo"),
        (To::Widget, "/w/demo"),
        (To::Parent, "/p/demo"),
    ];
    let mut before = Vec::new();
    for (to, path) in pages {
        before.push(fixture.get(to, path, &[]).await.body);
    }
    let app = fixture.read(DEMO).await;
    assert_eq!(fixture.save(DEMO, &code("<b>secret</b>", "")).await.status, 200);
    for ((to, path), before) in pages.into_iter().zip(before) {
        assert_eq!(fixture.get(to, path, &[]).await.body, before, "{path}");
    }
    assert_eq!(fixture.read(DEMO).await, app);
    // Neither does it after the pages were made anew.
    assert_eq!(fixture.switch(DEMO, true).await.status, 200);
    assert_eq!(fixture.switch(DEMO, false).await.status, 200);
    assert!(!fixture.document("/s/demo").await.contains("secret"));
}

#[tokio::test]
async fn an_unclosed_script_or_comment_is_saved_and_not_published() {
    let fixture = Fixture::start().await;
    let before = fixture.document("/s/demo").await;
    for (head, body_end, area, line, column) in [
        ("<p>\n  <script>\n  c2c.on()", "", "head", 2, 3),
        ("<!-- note\n<p>", "", "head", 1, 1),
        ("", "\r\n\tx<!-- note", "bodyEnd", 2, 3),
        ("<b>fine</b>", "<script src=x>", "bodyEnd", 1, 1),
    ] {
        let saved = fixture.save(DEMO, &code(head, body_end)).await;
        assert_eq!(saved.status, 200, "{saved:?}");
        let json = saved.json();
        let found = &json["diagnostics"][0];
        assert_eq!(found["severity"], "error");
        assert_eq!(
            (&found["area"], &found["line"], &found["column"]),
            (&json!(area), &json!(line), &json!(column))
        );
        let draft = fixture.read(DRAFT).await;
        assert_eq!((&draft["head"], &draft["bodyEnd"]), (&json!(head), &json!(body_end)));

        let refused = fixture.publish_draft(DEMO, "live").await;
        assert_eq!(refused.problem(), (422, "code-rejected".to_owned()));
        assert_eq!(refused.json()["diagnostics"], json["diagnostics"]);
        let mut planned = fixture.publication(DEMO, "live").await;
        planned["at"] = "2999-01-01T00:00:00Z".into();
        let refused = fixture.write("POST", PUBLISH, &planned).await;
        assert_eq!(refused.problem(), (422, "code-rejected".to_owned()));
    }
    let app = fixture.read(DEMO).await;
    assert_eq!((&app["live"], &app["newest"]), (&json!(1), &json!(1)), "nothing was published");
    assert_eq!(fixture.document("/s/demo").await, before);
}

#[tokio::test]
async fn a_draft_with_warnings_is_published_and_says_what_will_not_work() {
    let fixture = Fixture::start().await;
    let head = "<script>c2c.on('call_end', () => {}); c2c.on('call_ended', () => {});</script>";
    let saved = fixture.save(DEMO, &code(head, "")).await;
    let json = saved.json();
    let [found] = json["diagnostics"].as_array().expect("a list").as_slice() else {
        panic!("{json}")
    };
    assert_eq!((&found["severity"], &found["code"]), (&json!("warning"), &json!("unknown-event")));
    let fix = json!({"span": {"start": 16, "end": 24}, "replacement": "call_ended"});
    assert_eq!((&found["line"], &found["column"], &found["fix"]), (&json!(1), &json!(17), &fix));
    let published = fixture.publish_draft(DEMO, "live").await;
    let expected = json!({"revision": 2, "diagnostics": json["diagnostics"]});
    assert_eq!((published.status, published.json()), (201, expected));
    assert!(fixture.document("/s/demo").await.contains(head));
    let revision = fixture.read("/api/apps/demo/revisions/2").await;
    assert_eq!(revision["diagnostics"], json["diagnostics"]);
    for (path, status) in [("/api/check", 200), ("/api/apps/demo/previews", 201)] {
        let reply = fixture.write("POST", path, &code(head, "")).await;
        assert_eq!((reply.status, &reply.json()["diagnostics"]), (status, &json["diagnostics"]));
    }
}

#[tokio::test]
async fn an_app_says_how_much_fits() {
    let fixture = Fixture::start().await;
    let max = fixture.read(DEMO).await["snippetBytesMax"].as_u64().expect("a number");
    let max = usize::try_from(max).expect("a size");
    assert_eq!(max, 256 * 1024);
    assert_eq!(fixture.save(DEMO, &code(&"x".repeat(max), &"y".repeat(max))).await.status, 200);
    assert_eq!(fixture.publish_draft(DEMO, "live").await.status, 201);
    for (head, body_end) in [(max + 1, 0), (0, max + 1)] {
        let too_large = code(&"x".repeat(head), &"x".repeat(body_end));
        let reply = fixture.save(DEMO, &too_large).await;
        assert_eq!(reply.problem(), (422, "snippet-too-large".to_owned()));
        for path in ["/api/check", "/api/apps/demo/previews"] {
            let reply = fixture.write("POST", path, &too_large).await.json();
            assert_eq!(reply["diagnostics"][0]["severity"], "error", "{path}");
        }
    }
}

/// No page can hold U+0000, but a draft can.
#[tokio::test]
async fn code_that_no_page_could_hold_is_kept_as_a_draft() {
    let fixture = Fixture::start().await;
    let saved = fixture.save(DEMO, &code("a\0b", "\u{feff}\r\n\u{10ffff}")).await;
    assert_eq!((saved.status, &saved.json()["diagnostics"][0]["severity"]), (200, &json!("error")));
    let draft = fixture.read(DRAFT).await;
    assert_eq!(
        (&draft["head"], &draft["bodyEnd"]),
        (&json!("a\0b"), &json!("\u{feff}\r\n\u{10ffff}"))
    );
    assert_eq!(fixture.publish_draft(DEMO, "live").await.problem().0, 422);
}
