//! A host of the sandbox for each app: its documents are there, and nowhere else.

use c2c_server::Limits;

use crate::client::{Fixture, Reply, To, request};
use crate::console::{DEMO, code, settings};
use crate::preview_links::{OPEN, ask, link};

const DOMAIN: &str = "usercontent.example";
const IN_FRAME: &str = "sec-fetch-dest: iframe";

async fn start() -> Fixture {
    let setting = format!("https://*.{DOMAIN}");
    Fixture::with(&Limits::default(), &["--sandbox-origin", &setting]).await.with_staging().await
}

/// A request on the pages' listener with exactly this host.
async fn get(fixture: &Fixture, host: &str, path: &str) -> Reply {
    let mut connection = fixture.connect(To::Widget).await;
    let host = format!("host: {host}");
    connection.send(&request("GET", path, &[&host, IN_FRAME], "")).await;
    connection.reply("GET").await
}

/// Asserts that a path has a document with `part` on the app's host, and gets 421 on every other.
async fn check_at_home(fixture: &Fixture, app: &str, path: &str, part: &str) {
    for other in [
        DOMAIN.to_owned(),
        format!("other.{DOMAIN}"),
        format!("demo.other.{DOMAIN}"),
        format!("other.{app}.{DOMAIN}"),
        format!(".{DOMAIN}"),
        format!("{app}.{DOMAIN}:444"),
        format!("{app}{DOMAIN}"),
        format!("{app}.{DOMAIN}.evil.example"),
        app.to_owned(),
        "sandbox.localhost".to_owned(),
    ] {
        let reply = get(fixture, &other, path).await;
        assert_eq!(reply.status, 421, "{other}{path}: {reply:?}");
        assert_eq!(reply.text(), "This server does not speak for the host in the request.\n");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.header("content-security-policy").starts_with("sandbox; "), "{reply:?}");
    }
    for host in [format!("{app}.{DOMAIN}"), format!("{}.Usercontent.EXAMPLE", app.to_uppercase())] {
        let reply = get(fixture, &host, path).await;
        assert_eq!(reply.status, 200, "{host}{path}: {reply:?}");
        assert!(reply.text().contains(part), "{host}{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_document_is_on_the_host_of_its_app_only() {
    let fixture = start().await;
    fixture.publish(DEMO, "live", "<b>live</b>").await;
    fixture.publish(DEMO, "staging", "<b>staged</b>").await;
    // Once before the pages are in the cache, and once after.
    assert_eq!(get(&fixture, &format!("other.{DOMAIN}"), "/s/demo").await.status, 421);
    check_at_home(&fixture, "demo", "/s/demo", "<b>live</b>").await;
    check_at_home(&fixture, "demo", "/staging/demo", "<b>staged</b>").await;
    let other = fixture.create("Other").await;
    fixture.publish(&other, "live", "<b>other</b>").await;
    let id = other.rsplit('/').next().expect("an id");
    assert_eq!(get(&fixture, &format!("{id}.{DOMAIN}"), "/s/demo").await.status, 421);
    assert_eq!(get(&fixture, &format!("demo.{DOMAIN}"), &format!("/s/{id}")).await.status, 421);
    // The sandbox's hosts have no other pages, and an app that is not there has none.
    for path in ["/w/demo", "/p/demo", "/host.js", "/s/none", "/s/", "/s/no%20such", "/"] {
        let reply = get(&fixture, &format!("demo.{DOMAIN}"), path).await;
        assert_eq!(reply.status, 404, "{path}: {reply:?}");
    }
    assert_eq!(get(&fixture, &format!("none.{DOMAIN}"), "/s/none").await.status, 404);
}

#[tokio::test]
async fn all_links_and_policies_name_the_host_of_the_app() {
    let fixture = start().await;
    let own = format!("https://demo.{DOMAIN}");
    let app = fixture.read(DEMO).await;
    assert_eq!(app["links"]["sandbox"], format!("{own}/s/demo"));
    assert_eq!(app["stagingLinks"]["sandbox"], format!("{own}/staging/demo"));
    let widget = fixture.get(To::Widget, "/w/demo", &[]).await;
    let policy = widget.header("content-security-policy");
    assert!(policy.contains(&format!("; frame-src {own};")), "{policy}");
    assert!(!policy.contains('*'), "{policy}");
    assert!(widget.text().contains(&format!("{own}/s/demo")), "{}", widget.text());
    let printed = fixture.running.addresses();
    assert!(printed.contains(&format!("sandbox   {own}/s/demo\n")), "{printed}");
}

#[tokio::test]
async fn previews_are_on_the_host_of_their_app() {
    let fixture = start().await;
    let staged =
        fixture.write("POST", &format!("{DEMO}/previews"), &code("<b>draft</b>", "")).await;
    let staged = staged.json();
    let path = format!("/preview/{}", staged["id"].as_str().expect("an id"));
    assert_eq!(staged["links"]["sandbox"], format!("https://demo.{DOMAIN}{path}"));
    check_at_home(&fixture, "demo", &path, "<b>draft</b>").await;
    let widget = fixture.get(To::Widget, &path, &[]).await;
    let policy = widget.header("content-security-policy");
    assert!(policy.contains(&format!("; frame-src https://demo.{DOMAIN};")), "{policy}");
}

#[tokio::test]
async fn preview_links_lead_to_the_host_of_their_app() {
    let fixture = start().await;
    assert_eq!(fixture.configure(DEMO, &settings(&[], "kept")).await.status, 200);
    let token = link(&fixture, "<b>draft</b>").await;
    let path = async || {
        let opened = ask(&fixture, OPEN, &token).await.json();
        let src = opened["src"].as_str().expect("a URL").to_owned();
        src.strip_prefix(&format!("https://demo.{DOMAIN}")).expect(&src).to_owned()
    };
    let ticket = path().await;
    assert_eq!(get(&fixture, DOMAIN, &ticket).await.status, 421);
    let reply = get(&fixture, &format!("demo.{DOMAIN}"), &ticket).await;
    assert!(reply.status == 200 && reply.text().contains("<b>draft</b>"), "{reply:?}");
    // Another app's host gets nothing of the draft, and the ticket is used up.
    let ticket = path().await;
    let reply = get(&fixture, &format!("other.{DOMAIN}"), &ticket).await;
    assert!(reply.status == 421 && !reply.text().contains("draft"), "{reply:?}");
    assert_eq!(get(&fixture, &format!("demo.{DOMAIN}"), &ticket).await.status, 404);
}
