//! Drafts: checked during typing, staged for preview, never published.

use c2c_server::Limits;
use serde_json::{Value, json};

use crate::client::{Fixture, Reply, To};
use crate::console::{DEMO, code, settings};

const PREVIEWS: &str = "/api/apps/demo/previews";
const PAGES: [To; 3] = [To::Parent, To::Widget, To::Sandbox];

/// Stages a draft and returns the path of its pages on their hosts.
async fn stage(fixture: &Fixture, head: &str, body_end: &str) -> String {
    let reply = fixture.write("POST", PREVIEWS, &code(head, body_end)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    format!("/preview/{}", reply.json()["id"].as_str().expect("an id"))
}

/// The pages that may be above a page, by its policy.
fn ancestors(reply: &Reply) -> Vec<&str> {
    let policy = reply.header("content-security-policy");
    let directive = policy.split("; ").find_map(|part| part.strip_prefix("frame-ancestors "));
    directive.expect(policy).split(' ').collect()
}

/// A page's configuration for its script.
fn config(reply: &Reply) -> Value {
    let (_, rest) = reply.text().split_once("data-config=\"").expect("an attribute");
    let text = rest.split_once('"').expect("its end").0.replace("&quot;", "\"");
    serde_json::from_str(&text.replace("&lt;", "<").replace("&amp;", "&")).expect("JSON")
}

async fn nothing_is_stored(fixture: &Fixture) {
    assert_eq!(fixture.read(DEMO).await["newest"], 1);
    assert_eq!(fixture.read(&format!("{DEMO}/draft")).await["version"], 2);
}

#[tokio::test]
async fn a_draft_is_judged_and_nothing_is_stored() {
    let fixture = Fixture::start().await;
    let fine = fixture.write("POST", "/api/check", &code("<b>fine</b>", "")).await;
    assert_eq!((fine.status, fine.json()), (200, json!({"rejected": false, "diagnostics": []})));
    let broken = fixture.write("POST", "/api/check", &code("", "<p>\n <script>")).await;
    assert_eq!((broken.status, &broken.json()["rejected"]), (200, &json!(true)));
    let found = &broken.json()["diagnostics"][0];
    assert_eq!((&found["code"], &found["area"]), (&json!("unclosed-script"), &json!("bodyEnd")));
    assert_eq!((&found["line"], &found["column"]), (&json!(2), &json!(2)));
    nothing_is_stored(&fixture).await;
}

#[tokio::test]
async fn a_draft_is_staged_beside_what_visitors_get() {
    let fixture = Fixture::start().await;
    let before = fixture.get(To::Sandbox, "/s/demo", &[]).await;
    let reply = fixture.write("POST", PREVIEWS, &code("<b>draft</b>", "<i>end</i>")).await;
    assert_eq!((reply.status, &reply.json()["diagnostics"]), (201, &json!([])));
    let id = reply.json()["id"].as_str().expect("an id").to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let path = format!("/preview/{id}");
    let expected = json!({
        "parent": fixture.origin(To::Parent) + &path,
        "widget": fixture.origin(To::Widget) + &path,
        "sandbox": fixture.origin(To::Sandbox) + &path,
    });
    assert_eq!(reply.json()["links"], expected);

    let document = fixture.get(To::Sandbox, &path, &[]).await;
    let text = document.text();
    assert!(text.contains("<b>draft</b>") && text.contains("<i>end</i></body>"), "{text}");
    assert!(text.contains("data-app=\"demo\""), "{text}");
    let after = fixture.get(To::Sandbox, "/s/demo", &[]).await;
    assert_eq!(
        (after.body, after.headers["etag"].clone()),
        (before.body, before.headers["etag"].clone())
    );
    nothing_is_stored(&fixture).await;
    // A preview is not an app.
    for to in PAGES {
        for prefix in ["p", "w", "s"] {
            assert_eq!(fixture.get(to, &format!("/{prefix}/{id}"), &[]).await.status, 404);
        }
    }
}

#[tokio::test]
async fn the_console_stands_above_previews_and_above_nothing_else() {
    let fixture = Fixture::start().await;
    let settings = settings(&["https://shop.example"], "kept");
    assert_eq!(fixture.configure(DEMO, &settings).await.status, 200);
    let path = stage(&fixture, "<b>draft</b>", "").await;
    let [console, parent, widget] =
        [To::Console, To::Parent, To::Widget].map(|to| fixture.origin(to));

    let page = fixture.get(To::Parent, &path, &[]).await;
    assert_eq!(ancestors(&page), [&*console]);
    let expected =
        json!({"appName": "Demo", "widgetOrigin": widget, "widgetPath": path, "console": console});
    assert_eq!(config(&page), expected);
    let page = fixture.get(To::Widget, &path, &[]).await;
    assert_eq!(ancestors(&page), [&*parent, "https://shop.example", &*console]);
    let src = fixture.origin(To::Sandbox) + &path;
    let parents = [parent.as_str(), "https://shop.example"];
    let expected = json!({"app": "demo", "src": src, "parentOrigins": parents, "console": console});
    assert_eq!(config(&page), expected);
    let page = fixture.get(To::Sandbox, &path, &[]).await;
    assert_eq!(ancestors(&page), [&*widget, &*parent, "https://shop.example", &*console]);

    // Except for `frame-ancestors`, their policies are those of the published pages, which never
    // name the console.
    for (to, published) in
        [(To::Parent, "/p/demo"), (To::Widget, "/w/demo"), (To::Sandbox, "/s/demo")]
    {
        let preview = fixture.get(to, &path, &[]).await;
        let published = fixture.get(to, published, &[]).await;
        let mut expected = published.headers.clone();
        let policy = published.header("content-security-policy").to_owned();
        assert!(!policy.contains(&console) && !published.text().contains(&console), "{policy}");
        let console_too = match to {
            To::Parent => policy.replace("ancestors 'none'", &format!("ancestors {console}")),
            _ => policy.replace("https://shop.example", &format!("https://shop.example {console}")),
        };
        expected.insert("content-security-policy".to_owned(), console_too);
        expected.insert("cache-control".to_owned(), "no-store".to_owned());
        for differs in ["etag", "content-length", "date"] {
            expected.insert(differs.to_owned(), preview.header(differs).to_owned());
        }
        assert_eq!(preview.headers, expected, "{to:?}");
    }
}

#[tokio::test]
async fn no_encoding_of_a_preview_is_kept() {
    let fixture = Fixture::start().await;
    let path = stage(&fixture, "", "").await;
    for accept in ["identity", "gzip", "br"] {
        let accept = format!("accept-encoding: {accept}");
        let reply = fixture.get(To::Sandbox, &path, &[&accept]).await;
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{accept}");
    }
}

#[tokio::test]
async fn a_staged_document_opens_in_a_frame_only() {
    let fixture = Fixture::start().await;
    let path = stage(&fixture, "", "").await;
    let frame = fixture.get(To::Sandbox, &path, &["sec-fetch-dest: iframe"]).await;
    assert_eq!(frame.status, 200);
    let page = fixture.get(To::Sandbox, &path, &["sec-fetch-dest: document"]).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn the_areas_are_where_the_browser_will_find_them() {
    let fixture = Fixture::start().await;
    let (head, body_end) = ("<b>1</b>\r\n<b>\u{1F600}</b>", "\n<i>2</i>");
    let reply = fixture.write("POST", PREVIEWS, &code(head, body_end)).await;
    let path = format!("/preview/{}", reply.json()["id"].as_str().expect("an id"));
    let document = fixture.get(To::Sandbox, &path, &[]).await;
    let place = |offset: usize| {
        let before = document.text()[..offset].replace("\r\n", "\n");
        let line = before.rsplit('\n').next().expect("there is always a last line");
        json!({"line": before.matches('\n').count() + 1, "column": line.encode_utf16().count() + 1})
    };
    let area = |snippet: &str| {
        let start = document.text().find(snippet).expect("the snippet, byte for byte");
        json!({"start": place(start), "end": place(start + snippet.len())})
    };
    assert_eq!(reply.json()["areas"], json!({"head": area(head), "bodyEnd": area(body_end)}));
}

#[tokio::test]
async fn what_cannot_run_is_not_staged() {
    let limits = Limits { previews_max: 1, ..Limits::default() };
    let fixture = Fixture::with_limits(&limits).await;
    let path = stage(&fixture, "<b>draft</b>", "").await;
    let reply = fixture.write("POST", PREVIEWS, &code("<script>", "")).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["diagnostics"][0]["code"], "unclosed-script");
    assert!(reply.json()["id"].is_null());
    for id in ["none", "NO_ID"] {
        let path = format!("/api/apps/{id}/previews");
        assert_eq!(fixture.write("POST", &path, &code("", "")).await.status, 404, "{id}");
    }
    assert_eq!(fixture.get(To::Sandbox, &path, &[]).await.status, 200, "the place was not taken");
}

#[tokio::test]
async fn the_oldest_preview_goes_first_and_says_so_where_it_was() {
    let limits = Limits { previews_max: 2, ..Limits::default() };
    let fixture = Fixture::with_limits(&limits).await;
    let mut paths = Vec::new();
    for text in ["first", "second", "third"] {
        paths.push(stage(&fixture, text, "").await);
    }
    for to in PAGES {
        let mut statuses = Vec::new();
        for path in &paths {
            statuses.push(fixture.get(to, path, &[]).await.status);
        }
        assert_eq!(statuses, [404, 200, 200], "{to:?}");
        for path in [&*paths[0], "/preview/", "/preview/none", &format!("{}/", paths[1])] {
            let gone = fixture.get(to, path, &[]).await;
            assert_eq!((gone.status, gone.header("cache-control")), (404, "no-store"), "{path}");
            assert!(gone.text().contains("Run the preview again"), "{}", gone.text());
            assert_eq!(gone.header("content-type"), "text/plain; charset=utf-8");
            let pages = [To::Parent, To::Console].map(|to| fixture.origin(to));
            assert_eq!(ancestors(&gone), pages);
        }
    }
    assert!(fixture.get(To::Sandbox, &paths[2], &[]).await.text().contains("third"));
}

#[tokio::test]
async fn as_many_previews_as_promised_are_there_at_once() {
    let fixture = Fixture::start().await;
    let mut paths = Vec::new();
    for _ in 0..=32 {
        paths.push(stage(&fixture, "", "").await);
    }
    assert_eq!(fixture.get(To::Parent, &paths[0], &[]).await.status, 404);
    for path in &paths[1..] {
        assert_eq!(fixture.get(To::Parent, path, &[]).await.status, 200, "{path}");
    }
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 33, "every id is new");
}

#[tokio::test]
async fn drafts_come_from_the_console_or_not_at_all() {
    let fixture = Fixture::start().await;
    let ours = format!("origin: {}", fixture.origin(To::Console));
    let json_type = "content-type: application/json";
    let body = code("<b>stolen</b>", "").to_string();
    for path in ["/api/check", PREVIEWS] {
        for (headers, expected) in [
            (vec![json_type], 403),
            (vec![json_type, "origin: https://evil.example"], 403),
            (vec![json_type, ours.as_str(), "sec-fetch-site: cross-site"], 403),
            (vec![ours.as_str(), "content-type: text/plain"], 415),
        ] {
            let reply = fixture.send(To::Console, "POST", path, &headers, &body).await;
            assert_eq!(reply.status, expected, "{path} {headers:?}");
            assert!(!reply.headers.contains_key("access-control-allow-origin"));
        }
        for body in ["{}", r#"{"head":"","bodyEnd":"","revision":1}"#, "[\"\",\"\"]"] {
            let headers = [ours.as_str(), json_type];
            let reply = fixture.send(To::Console, "POST", path, &headers, body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
        }
        for method in ["GET", "HEAD"] {
            let reply = fixture.send(To::Console, method, path, &[], "").await;
            assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method} {path}");
        }
        assert_eq!(fixture.write("PUT", path, &json!({})).await.status, 405, "{path}");
    }
    // The API is on the console's host only.
    for to in PAGES {
        let headers = [ours.as_str(), json_type];
        let reply = fixture.send(to, "POST", PREVIEWS, &headers, &body).await;
        assert_eq!(reply.status, 404, "{to:?}");
    }
}
