//! Preview links: made in the console, opened on the widget's host, loaded once on the sandbox's.

use c2c_cluster::Cluster;
use c2c_server::Limits;
use serde_json::{Value, json};

use crate::client::{Fixture, Reply, To, request};
use crate::console::{DEMO, code, settings};

const LINKS: &str = "/api/apps/demo/preview-links";
const PAGE: &str = "/preview-link";
const SHOW: &str = "/preview-link/show";
pub(crate) const OPEN: &str = "/preview-link/open";
const JSON: &str = "content-type: application/json";
const IN_FRAME: &[&str] = &["sec-fetch-dest: iframe"];

/// Saves a draft, makes a link, and gives its token.
pub(crate) async fn link(fixture: &Fixture, head: &str) -> String {
    assert_eq!(fixture.save(DEMO, &code(head, "")).await.status, 200);
    token(fixture, DEMO).await
}

async fn token(fixture: &Fixture, app: &str) -> String {
    let path = format!("{app}/preview-links");
    let made = fixture.write("POST", &path, &json!({"hours": 1})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let url = made.json()["url"].as_str().expect("a URL").to_owned();
    let (page, token) = url.split_once('#').expect("a fragment");
    assert_eq!(page, fixture.origin(To::Widget) + PAGE);
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    token.to_owned()
}

/// A request as the page of a link sends it.
pub(crate) async fn ask(fixture: &Fixture, path: &str, token: &str) -> Reply {
    let origin = format!("origin: {}", fixture.origin(To::Widget));
    let body = json!({"token": token}).to_string();
    let reply = fixture.send(To::Widget, "POST", path, &[&origin, JSON], &body).await;
    assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
    // Shorter tokens of tests are part of anything.
    let tells = |text: &str| token.len() > 32 && text.contains(token);
    assert!(!tells(&format!("{:?}", reply.headers)) && !tells(reply.text()), "{reply:?}");
    reply
}

/// The path of a document on the sandbox's host.
async fn ticket(fixture: &Fixture, token: &str) -> String {
    let opened = ask(fixture, OPEN, token).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let src = opened.json()["src"].as_str().expect("a URL").to_owned();
    let path = src.strip_prefix(&fixture.origin(To::Sandbox)).expect(&src).to_owned();
    assert!(path.starts_with("/preview-link/"), "{path}");
    path
}

async fn load(fixture: &Fixture, path: &str) -> Reply {
    fixture.get(To::Sandbox, path, IN_FRAME).await
}

#[tokio::test]
async fn a_link_shows_the_draft_and_visitors_get_what_is_published() {
    let fixture = Fixture::start().await;
    let configured = fixture.configure(DEMO, &settings(&["https://shop.example"], "kept")).await;
    assert_eq!(configured.status, 200);
    let before = fixture.document("/s/demo").await;
    let token = link(&fixture, "<b>draft</b>").await;

    let shown = ask(&fixture, SHOW, &token).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "application/json"));
    let listed = fixture.read(LINKS).await["links"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let demo = fixture.origin(To::Parent) + "/p/demo";
    let expected = json!({
        "app": "demo",
        "name": "Demo",
        "expiresAt": listed[0]["expiresAt"],
        "pages": ["https://shop.example/"],
        "demo": demo,
    });
    assert_eq!(shown.json(), expected);

    let path = ticket(&fixture, &token).await;
    let document = load(&fixture, &path).await;
    assert_eq!((document.status, document.header("cache-control")), (200, "no-store"));
    assert!(document.text().contains("<b>draft</b>"), "{document:?}");
    // It is the document that a publication makes, apart from that.
    fixture.publish_draft(DEMO, "live").await;
    let published = fixture.get(To::Sandbox, "/s/demo", IN_FRAME).await;
    assert_ne!(published.text(), before);
    assert_eq!(document.text(), published.text());
    let mut expected = published.headers.clone();
    expected.insert("cache-control".to_owned(), "no-store".to_owned());
    expected.remove("date");
    let mut headers = document.headers.clone();
    headers.remove("date");
    assert_eq!(headers, expected);

    // Changes of the draft are seen by the next load.
    fixture.save(DEMO, &code("<b>later</b>", "")).await;
    let path = ticket(&fixture, &token).await;
    assert!(load(&fixture, &path).await.text().contains("<b>later</b>"));
    assert!(!fixture.document("/s/demo").await.contains("later"));
}

#[tokio::test]
async fn a_link_also_shows_what_is_switched_off() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.switch(DEMO, true).await.status, 200);
    let token = link(&fixture, "<b>correction</b>").await;
    let path = ticket(&fixture, &token).await;
    assert!(load(&fixture, &path).await.text().contains("<b>correction</b>"));
    assert!(!fixture.document("/s/demo").await.contains("correction"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_20_loads_at_once_one_gets_the_document() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<b>draft</b>").await;
    for _ in 0..3 {
        let path = ticket(&fixture, &token).await;
        let loads = (0..20).map(|_| load(&fixture, &path));
        let replies = futures(loads).await;
        let (got, rest): (Vec<_>, Vec<_>) =
            replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!(got.len(), 1);
        assert!(got[0].text().contains("<b>draft</b>"));
        for reply in rest {
            assert_eq!(reply.status, 404);
            assert_eq!(reply.text(), "This preview address was used. Open the link again.\n");
        }
    }
}

/// Runs futures at the same time, in their order.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, output) in &mut all {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        if all.iter().any(|(_, output)| output.is_none()) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(all.drain(..).filter_map(|(_, output)| output).collect())
    })
    .await
}

#[tokio::test]
async fn only_a_load_in_a_frame_uses_a_ticket_up() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<b>draft</b>").await;
    let path = ticket(&fixture, &token).await;
    for destination in ["document", "empty", "object", "embed", "script", "image"] {
        let header = format!("sec-fetch-dest: {destination}");
        let reply = fixture.get(To::Sandbox, &path, &[&header]).await;
        assert_eq!(reply.status, 403, "{destination}");
        assert!(!reply.text().contains("<b>draft"), "{destination}");
        let both = ["sec-fetch-dest: iframe", &header];
        assert_eq!(fixture.get(To::Sandbox, &path, &both).await.status, 403, "{destination}");
    }
    for method in ["HEAD", "POST", "OPTIONS", "DELETE", "PUT"] {
        let reply = fixture.send(To::Sandbox, method, &path, IN_FRAME, "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET"), "{method}");
    }
    for to in [To::Widget, To::Parent] {
        assert_eq!(fixture.get(to, &path, IN_FRAME).await.status, 404, "{to:?}");
    }
    // A tag of the client does not turn the load into a 304.
    let headers = ["sec-fetch-dest: iframe", "if-none-match: *"];
    let unchanged = fixture.get(To::Sandbox, &(path.clone() + "x"), &headers).await;
    assert_eq!(unchanged.status, 404);
    assert!(load(&fixture, &path).await.text().contains("<b>draft</b>"));
    assert_eq!(load(&fixture, &path).await.status, 404);
}

#[tokio::test]
async fn mail_scanners_use_nothing_up() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<b>draft</b>").await;
    for path in [PAGE, &format!("{PAGE}?token={token}")] {
        for method in ["GET", "HEAD"] {
            let page = fixture.send(To::Widget, method, path, &[], "").await;
            assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
            assert!(!page.text().contains(&token));
        }
    }
    for path in [SHOW, OPEN] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let reply = fixture.send(To::Widget, method, path, &[], "").await;
            assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method} {path}");
        }
    }
    for _ in 0..3 {
        assert_eq!(ask(&fixture, SHOW, &token).await.status, 200);
    }
    let path = ticket(&fixture, &token).await;
    assert_eq!(load(&fixture, &path).await.status, 200);
}

#[tokio::test]
async fn the_page_has_a_strict_policy() {
    let fixture = Fixture::start().await;
    let page = fixture.get(To::Widget, PAGE, &[]).await;
    let policy = page.header("content-security-policy");
    let expected = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                    base-uri 'none'; form-action 'none'; connect-src 'self'; \
                    require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'";
    assert_eq!(policy, expected);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin-allow-popups");
    for file in ["/preview-link.js", "/preview-link.css", "/linked.js"] {
        assert_eq!(fixture.get(To::Widget, file, &[]).await.status, 200, "{file}");
    }
    for to in [To::Parent, To::Sandbox, To::Console] {
        assert_eq!(fixture.get(to, PAGE, &[]).await.status, 404, "{to:?}");
    }
}

/// Asserts that a token gets the one answer of all tokens that open nothing.
async fn is_invalid(fixture: &Fixture, token: &str) {
    let unknown = ask(fixture, SHOW, &"0".repeat(64)).await;
    assert_eq!(unknown.problem(), (404, "no-such-preview-link".to_owned()));
    for path in [SHOW, OPEN] {
        let reply = ask(fixture, path, token).await;
        assert_eq!((reply.status, &reply.body), (404, &unknown.body), "{path}");
        let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&reply), names(&unknown));
    }
}

#[tokio::test]
async fn links_that_ended_are_as_unknown_as_others() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let fixture = Fixture::with(&Limits::default(), &["--database", &url]).await;
    let token = link(&fixture, "<b>draft</b>").await;
    for other in ["", "x", &token[1..], &token.to_uppercase(), &format!("{token}0")] {
        if *other != token {
            is_invalid(&fixture, other).await;
        }
    }

    let path = ticket(&fixture, &token).await;
    let late = ticket(&fixture, &token).await;
    let id = fixture.read(LINKS).await["links"][0]["id"].as_str().expect("an id").to_owned();
    // Another app cannot revoke it.
    let other = fixture.create("Other").await;
    let reply = fixture.write("DELETE", &format!("{other}/preview-links/{id}"), &json!({})).await;
    assert_eq!(reply.problem(), (404, "no-such-preview-link".to_owned()));
    assert_eq!(load(&fixture, &path).await.status, 200);
    let reply = fixture.write("DELETE", &format!("{LINKS}/{id}"), &json!({})).await;
    assert_eq!(reply.status, 204);
    is_invalid(&fixture, &token).await;
    assert_eq!(load(&fixture, &late).await.status, 404);
    assert_eq!(fixture.read(LINKS).await, json!({"links": []}));

    let token = self::token(&fixture, DEMO).await;
    let late = ticket(&fixture, &token).await;
    cluster.psql("c2c", "UPDATE preview_link SET expires_at = 1").expect("done");
    is_invalid(&fixture, &token).await;
    assert_eq!(load(&fixture, &late).await.status, 404);

    let token = self::token(&fixture, DEMO).await;
    let late = ticket(&fixture, &token).await;
    cluster.psql("c2c", "UPDATE preview_ticket SET expires_at = 1").expect("done");
    assert_eq!(load(&fixture, &late).await.status, 404);
    let late = ticket(&fixture, &token).await;
    assert_eq!(fixture.write("DELETE", DEMO, &json!({})).await.status, 204);
    is_invalid(&fixture, &token).await;
    assert_eq!(load(&fixture, &late).await.status, 404);
    // Not even after the app has come back.
    let restored = fixture.write("POST", &format!("{DEMO}/restore"), &json!({})).await;
    assert_eq!(restored.status, 200);
    is_invalid(&fixture, &token).await;

    let said: Vec<Value> = fixture.read(&format!("{DEMO}/audit")).await["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["action"].clone())
        .filter(|action| action.as_str().is_some_and(|action| action.starts_with("preview")))
        .collect();
    let expected = ["previewLinkMade", "previewLinkMade", "previewLinkRevoked", "previewLinkMade"];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_link_shows_the_draft_of_its_own_app() {
    let fixture = Fixture::start().await;
    let other = fixture.create("Other").await;
    fixture.save(&other, &code("<b>other</b>", "")).await;
    let ours = link(&fixture, "<b>ours</b>").await;
    let theirs = token(&fixture, &other).await;
    for (token, own, foreign) in [(&ours, "ours", "other"), (&theirs, "other", "ours")] {
        let path = ticket(&fixture, token).await;
        let text = load(&fixture, &path).await.text().to_owned();
        assert!(text.contains(own) && !text.contains(foreign), "{text}");
    }
    let shown = ask(&fixture, SHOW, &theirs).await.json();
    assert_eq!(shown["name"], "Other");
    assert_eq!(shown["app"], other.trim_start_matches("/api/apps/"));
}

#[tokio::test]
async fn a_draft_with_errors_is_explained() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<p>\n<script>").await;
    assert_eq!(ask(&fixture, SHOW, &token).await.status, 200);
    let opened = ask(&fixture, OPEN, &token).await;
    assert_eq!(opened.problem(), (422, "code-rejected".to_owned()));
    let detail = opened.json()["detail"].as_str().expect("a sentence").to_owned();
    assert!(detail.starts_with("the draft has an error in Head HTML, line 2: "), "{detail}");
    // The draft can change between the two requests.
    fixture.save(DEMO, &code("<b>fine</b>", "")).await;
    let path = ticket(&fixture, &token).await;
    fixture.save(DEMO, &code("<script>", "")).await;
    let reply = load(&fixture, &path).await;
    assert_eq!(
        (reply.status, reply.text()),
        (422, "The draft has errors. Fix them, and open the link again.\n")
    );
}

#[tokio::test]
async fn only_the_page_of_the_link_may_ask() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<b>draft</b>").await;
    let body = json!({"token": token}).to_string();
    let ours = format!("origin: {}", fixture.origin(To::Widget));
    let foreign =
        [To::Parent, To::Sandbox, To::Console].map(|to| format!("origin: {}", fixture.origin(to)));
    let foreign = foreign.iter().map(String::as_str);
    for origin in foreign.chain(["origin: null", "origin: http://evil.example", "x: y"]) {
        let reply = fixture.send(To::Widget, "POST", OPEN, &[origin, JSON], &body).await;
        assert_eq!(reply.problem(), (403, "not-from-the-page".to_owned()), "{origin}");
    }
    let twice = [&*ours, &*ours, JSON];
    assert_eq!(fixture.send(To::Widget, "POST", OPEN, &twice, &body).await.status, 403);
    for kind in
        ["content-type: text/plain", "content-type: application/x-www-form-urlencoded", "x: y"]
    {
        let reply = fixture.send(To::Widget, "POST", OPEN, &[&*ours, kind], &body).await;
        assert_eq!(reply.problem(), (415, "not-json".to_owned()), "{kind}");
    }
    for wrong in ["", "[]", "{}", "null", "{\"token\": 1}", "{\"token\": \"\", \"more\": 1}"] {
        let reply = fixture.send(To::Widget, "POST", OPEN, &[&*ours, JSON], wrong).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{wrong}");
    }
    assert_eq!(fixture.send(To::Widget, "POST", OPEN, &[&*ours, JSON], &body).await.status, 200);
    for to in [To::Parent, To::Sandbox] {
        let reply = fixture.send(to, "POST", OPEN, &[&*ours, JSON], &body).await;
        assert!(reply.status == 404 || reply.status == 405, "{to:?}: {reply:?}");
    }
}

#[tokio::test]
async fn bodies_are_bounded_in_size_and_time() {
    let limits =
        Limits { body_timeout: std::time::Duration::from_millis(300), ..Limits::default() };
    let fixture = Fixture::with_limits(&limits).await;
    let ours = format!("origin: {}", fixture.origin(To::Widget));
    let large = json!({"token": "x".repeat(1024)}).to_string();
    let reply = fixture.send(To::Widget, "POST", SHOW, &[&ours, JSON], &large).await;
    assert_eq!(reply.problem(), (413, "body-too-large".to_owned()));
    assert_eq!(reply.header("connection"), "close");
    let host = format!("host: {}", fixture.host(To::Widget));
    let mut slow = fixture.connect(To::Widget).await;
    let headers = [&*host, &ours, JSON, "content-length: 100"];
    slow.send(&request("POST", SHOW, &headers, "")).await;
    slow.send("{").await;
    let reply = slow.reply("POST").await;
    assert_eq!((reply.status, reply.header("connection")), (408, "close"));
}

#[tokio::test]
async fn loads_of_a_link_are_limited() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<b>draft</b>").await;
    for _ in 0..c2c_store::PREVIEW_TICKETS_MAX {
        assert_eq!(ask(&fixture, OPEN, &token).await.status, 200);
    }
    let reply = ask(&fixture, OPEN, &token).await;
    assert_eq!(reply.problem(), (429, "too-many-loads".to_owned()));
}

/// Otherwise the holder of a link could have the server check code without a limit.
#[tokio::test]
async fn a_draft_with_errors_is_checked_as_often_as_it_can_be_loaded() {
    let fixture = Fixture::start().await;
    let token = link(&fixture, "<script>").await;
    for _ in 0..c2c_store::PREVIEW_TICKETS_MAX {
        assert_eq!(ask(&fixture, OPEN, &token).await.status, 422);
    }
    let reply = ask(&fixture, OPEN, &token).await;
    assert_eq!(reply.problem(), (429, "too-many-loads".to_owned()));
}

/// The link is made at one, opened at another, and 20 loads are shared by both.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_links_and_tickets() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let first = Fixture::with(&Limits::default(), &["--database", &url]).await;
    let second = Fixture::with(&Limits::default(), &["--database", &url]).await;
    let token = link(&first, "<b>draft</b>").await;
    for _ in 0..3 {
        let path = ticket(&second, &token).await;
        let loads = (0..20).map(|n| load(if n % 2 == 0 { &first } else { &second }, &path));
        let replies = futures(loads).await;
        let got = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(got, 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 404).count(), 19);
    }
    let id = first.read(LINKS).await["links"][0]["id"].as_str().expect("an id").to_owned();
    let path = ticket(&second, &token).await;
    assert_eq!(second.write("DELETE", &format!("{LINKS}/{id}"), &json!({})).await.status, 204);
    assert_eq!(load(&first, &path).await.status, 404);
    is_invalid(&first, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_links_answer_503() {
    let mut cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let fixture = Fixture::with(&Limits::default(), &["--database", &url]).await;
    let token = link(&fixture, "<b>draft</b>").await;
    let path = ticket(&fixture, &token).await;
    tokio::task::block_in_place(|| cluster.stop().expect("stops"));
    let (shown, opened, loaded) = tokio::join!(
        ask(&fixture, SHOW, &token),
        ask(&fixture, OPEN, &token),
        load(&fixture, &path),
    );
    for reply in [&shown, &opened] {
        assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()));
    }
    for reply in [shown, opened, loaded] {
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"));
    }
    tokio::task::block_in_place(|| cluster.resume().expect("starts"));
    assert_eq!(load(&fixture, &path).await.status, 200);
}
