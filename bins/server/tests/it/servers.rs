//! Several servers on one database, and a server whose database is gone.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Fixture, PATIENCE, To, eventually};
use crate::console::{DEMO, code};
use crate::database::{database, server};

/// Changes of another server are seen within a second.
const SEEN: Duration = Duration::from_secs(3);
/// The longest wait for a database that is gone: 5 s, and some for a slow machine. Three waits, one after
/// the other, would take longer.
const REFUSED: Duration = Duration::from_secs(12);

/// Two servers that start at the same time, so that one of them makes the schema and the demo app.
async fn two(url: &str) -> (Fixture, Fixture) {
    // Tasks of their own: a start computes for a while, and the other's wait for its database would be over.
    let [first, second] =
        [url.to_owned(), url.to_owned()].map(|url| tokio::spawn(async move { server(&url).await }));
    (first.await.expect("starts"), second.await.expect("starts"))
}

/// Checks that the second server serves the changes that the first makes.
async fn check_two(url: &str) {
    let (first, second) = two(url).await;
    assert_eq!(second.read("/api/apps").await["apps"].as_array().expect("a list").len(), 1);
    let served = async |path: &str, text: &str| second.document(path).await.contains(text);
    // The page before each change is in the second server's cache.
    assert!(served("/s/demo", "call_ended").await);

    first.publish(DEMO, "live", "<b>first</b>").await;
    assert!(
        eventually(SEEN, async || served("/s/demo", "<b>first</b>").await).await,
        "publication"
    );

    assert_eq!(first.switch(DEMO, true).await.status, 200);
    assert!(
        eventually(SEEN, async || !served("/s/demo", "<b>first</b>").await).await,
        "switch-off"
    );

    assert_eq!(first.switch(DEMO, false).await.status, 200);
    assert!(eventually(SEEN, async || served("/s/demo", "<b>first</b>").await).await, "switch-on");

    let status = async |path: &str| second.get(To::Sandbox, path, &[]).await.status;
    assert_eq!(status("/staging/demo").await, 404);
    let first = first.with_staging().await;
    assert!(eventually(SEEN, async || status("/staging/demo").await == 200).await, "settings");
    first.publish(DEMO, "staging", "<b>staged</b>").await;
    assert!(eventually(SEEN, async || served("/staging/demo", "staged").await).await, "staging");

    assert_eq!(first.write("DELETE", DEMO, &json!({})).await.status, 204);
    assert!(eventually(SEEN, async || status("/s/demo").await == 404).await, "deletion");
    let restore = format!("{DEMO}/restore");
    assert_eq!(first.write("POST", &restore, &json!({})).await.status, 200);
    assert!(eventually(SEEN, async || status("/s/demo").await == 200).await, "restoration");

    // A draft on one is a conflict on the other, and publications are counted together.
    let tag = second.tag(&format!("{DEMO}/draft")).await;
    assert_eq!(first.save(DEMO, &code("theirs", "")).await.status, 200);
    let late = second.edit(&format!("{DEMO}/draft"), &tag, &code("ours", "")).await;
    assert_eq!(late.problem(), (412, "draft-conflict".to_owned()));
    assert_eq!(second.publish_draft(DEMO, "live").await.json()["revision"], 4);
    assert!(second.document("/s/demo").await.contains("theirs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_on_one_postgresql_serve_the_same() {
    let (_cluster, url) = database();
    check_two(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_on_one_file_serve_the_same() {
    let folder = tempfile::TempDir::new().expect("a directory");
    check_two(&format!("sqlite:{}", folder.path().join("shared.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_carried_out_once_and_served_by_all() {
    let (_cluster, url) = database();
    let (first, second) = two(&url).await;
    first.document("/s/demo").await;
    second.document("/s/demo").await;
    first.save(DEMO, &code("<b>planned</b>", "")).await;
    let mut publication = first.publication(DEMO, "live").await;
    publication["at"] = (jiff::Timestamp::now() + Duration::from_secs(1)).to_string().into();
    let path = format!("{DEMO}/revisions");
    assert_eq!(first.write("POST", &path, &publication).await.status, 201);
    for server in [&first, &second] {
        let served = async || server.document("/s/demo").await.contains("<b>planned</b>");
        assert!(eventually(PATIENCE, served).await, "it is not served");
    }
    let entries = first.read(&format!("{DEMO}/audit")).await["entries"].clone();
    let actions = entries.as_array().expect("a list").iter();
    assert_eq!(actions.filter(|entry| entry["action"] == "carriedOut").count(), 1);
}

/// `PostgreSQL` stores no U+0000 in a text, and a query may have one.
#[tokio::test]
async fn a_text_that_no_database_holds_is_found_nowhere() {
    let (_cluster, url) = database();
    let server = server(&url).await;
    let found = server.read("/api/apps?search=%00").await;
    assert_eq!(found, json!({"apps": [], "more": false}));
    let saved = server.save(DEMO, &code("a\0b", "")).await;
    assert_eq!(saved.status, 200);
    assert_eq!(server.read(&format!("{DEMO}/draft")).await["head"], "a\0b");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_a_server_serves_the_pages_that_it_has() {
    let (mut cluster, url) = database();
    let (other_server, server) = (server(&url).await, server(&url).await);
    let unknown = other_server.create("Not asked for").await.replace("/api/apps", "/s");
    server.document("/s/demo").await;
    assert_eq!(other_server.publish(DEMO, "live", "<b>known</b>").await, 2);
    // The page before is in the cache until the change arrives, and the page after it is not forgotten again.
    let known = async || server.document("/s/demo").await.contains("<b>known</b>");
    assert!(eventually(SEEN, known).await, "it is not served");
    tokio::task::block_in_place(|| cluster.stop().expect("stops"));

    assert!(known().await);
    // All wait at the same time, not one after the other.
    let start = Instant::now();
    let (ask, lost) = (|| server.get(To::Sandbox, &unknown, &[]), code("lost", ""));
    let (first, second, third, read, write) = tokio::join!(
        ask(),
        ask(),
        ask(),
        server.get(To::Console, DEMO, &[]),
        server.edit("/api/apps/demo/draft", "\"3\"", &lost),
    );
    let took = start.elapsed();
    for page in [first, second, third] {
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{page:?}");
        assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for reply in [read, write] {
        assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()));
        assert_eq!(reply.header("retry-after"), "5");
    }
    assert!(took < REFUSED, "the last answer took {took:?}");
    assert!(known().await);

    tokio::task::block_in_place(|| cluster.resume().expect("starts"));
    let start = Instant::now();
    assert_eq!(server.publish(DEMO, "live", "<b>back</b>").await, 3);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(server.document("/s/demo").await.contains("<b>back</b>"));
    assert_eq!(server.get(To::Sandbox, &unknown, &[]).await.status, 200);
}

/// Connections that were idle when the server ended are not offered to requests.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_database_between_requests_is_not_noticed() {
    let (mut cluster, url) = database();
    let server = server(&url).await;
    for round in 2..=4 {
        assert_eq!(server.publish(DEMO, "live", &format!("{round}")).await, round);
        tokio::task::block_in_place(|| {
            cluster.stop().expect("stops");
            cluster.resume().expect("starts");
        });
    }
    assert_eq!(server.read(DEMO).await["live"], 4);
}

/// A later checker may be stricter than the one that a revision passed.
#[tokio::test]
async fn code_that_the_checker_rejects_now_is_not_served_until_other_code_is_published() {
    let (cluster, url) = database();
    let server = server(&url).await;
    let kept = || cluster.psql("c2c", "SELECT COUNT(*) FROM document").expect("a number");
    assert!(eventually(PATIENCE, async || kept().trim() == "1").await, "{}", kept());
    // A later version also has other keys, and finds no document.
    cluster
        .psql("c2c", "UPDATE revision SET head = '<!-- open'; DELETE FROM document")
        .expect("done");
    for (to, path) in [(To::Parent, "/p/demo"), (To::Widget, "/w/demo"), (To::Sandbox, "/s/demo")] {
        assert_eq!(server.get(to, path, &[]).await.status, 404, "{path}");
    }
    server.publish(DEMO, "live", "<b>fine</b>").await;
    assert!(server.document("/s/demo").await.contains("<b>fine</b>"));
    let back = json!({"to": 1, "replaces": 2});
    let reply = server.write("POST", &format!("{DEMO}/rollback"), &back).await;
    assert_eq!(reply.problem(), (422, "code-rejected".to_owned()));
    assert!(server.document("/s/demo").await.contains("<b>fine</b>"));
}
