//! Publication: checked code goes live at once, or into staging, and comes back.

use serde_json::{Value, json};

use crate::client::{Fixture, PATIENCE, Reply, To, request};
use crate::console::{DEMO, code, settings};

const PUBLISH: &str = "/api/apps/demo/revisions";
const PAGES: [(To, &str); 3] =
    [(To::Parent, "/p/demo"), (To::Widget, "/w/demo"), (To::Sandbox, "/s/demo")];

#[tokio::test]
async fn a_publication_is_served_at_once_and_survives() {
    let fixture = Fixture::start().await;
    fixture.document("/s/demo").await;
    fixture.save(DEMO, &code("<b>new</b>", "<i>end</i>")).await;
    let reply = fixture.publish_draft(DEMO, "live").await;
    assert_eq!((reply.status, reply.json()), (201, json!({"revision": 2, "diagnostics": []})));
    let document = fixture.document("/s/demo").await;
    assert!(document.contains("<b>new</b>") && document.contains("<i>end</i></body>"));
    let app = fixture.read(DEMO).await;
    assert_eq!((&app["live"], &app["newest"]), (&json!(2), &json!(2)));
    let revision = fixture.read(&format!("{PUBLISH}/2")).await;
    assert_eq!(
        (&revision["head"], &revision["bodyEnd"]),
        (&json!("<b>new</b>"), &json!("<i>end</i>"))
    );
    // The draft remains, for the next publication.
    assert_eq!(fixture.publish_draft(DEMO, "live").await.json()["revision"], 3);
}

async fn publish(fixture: &Fixture, draft: i64, replaces: Value) -> Reply {
    fixture.write("POST", PUBLISH, &json!({"draft": draft, "replaces": replaces})).await
}

#[tokio::test]
async fn a_draft_that_was_not_seen_is_not_published() {
    let fixture = Fixture::start().await;
    fixture.save(DEMO, &code("newer", "")).await;
    for draft in [2, 1, 4, 0, -1, i64::MAX] {
        let reply = publish(&fixture, draft, json!(1)).await;
        assert_eq!(reply.problem(), (409, "draft-conflict".to_owned()), "{draft}");
        assert_eq!(reply.json()["draft"], fixture.read(&format!("{DEMO}/draft")).await);
    }
    assert_eq!(fixture.read(DEMO).await["newest"], 1);
    assert!(!fixture.document("/s/demo").await.contains("newer"));
}

#[tokio::test]
async fn a_revision_that_was_not_seen_is_not_replaced() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.publish(DEMO, "live", "theirs").await, 2);
    for replaces in [json!(1), json!(3), json!(0), json!(null), json!(i64::MIN)] {
        let reply = publish(&fixture, 3, replaces.clone()).await;
        assert_eq!(reply.problem(), (409, "live-conflict".to_owned()), "{replaces}");
        assert_eq!(reply.json()["app"], fixture.read(DEMO).await);
    }
    let new = fixture.create("New").await;
    let body = json!({"draft": 1, "replaces": 1});
    let reply = fixture.write("POST", &format!("{new}/revisions"), &body).await;
    assert_eq!(reply.problem(), (409, "live-conflict".to_owned()));
    assert!(fixture.document("/s/demo").await.contains("theirs"));
}

#[tokio::test]
async fn without_staging_nothing_is_staged() {
    let fixture = Fixture::start().await;
    let publication = json!({"draft": 2, "replaces": null, "to": "staging"});
    let reply = fixture.write("POST", PUBLISH, &publication).await;
    assert_eq!(reply.problem(), (409, "no-staging".to_owned()));
    for (to, _) in PAGES {
        assert_eq!(fixture.get(to, "/staging/demo", &[]).await.status, 404, "{to:?}");
    }
    let promotion = json!({"staged": 1, "replaces": 1});
    let reply = fixture.write("POST", &format!("{DEMO}/promote"), &promotion).await;
    assert_eq!(reply.problem(), (409, "nothing-staged".to_owned()));
}

#[tokio::test]
async fn staging_has_pages_of_its_own() {
    let fixture = Fixture::start().await.with_staging().await;
    let empty = fixture.document("/staging/demo").await;
    assert!(empty.contains("data-app=\"demo\"") && !empty.contains("call_ended"), "{empty}");
    let mut live = Vec::new();
    for (to, path) in PAGES {
        live.push(fixture.get(to, path, &[]).await.body);
    }
    assert_eq!(fixture.publish(DEMO, "staging", "<b>staged</b>").await, 2);
    let app = fixture.read(DEMO).await;
    assert_eq!((&app["live"], &app["staged"], &app["newest"]), (&json!(1), &json!(2), &json!(2)));
    let links = [("parent", To::Parent), ("widget", To::Widget), ("sandbox", To::Sandbox)];
    for (name, to) in links {
        assert_eq!(app["stagingLinks"][name], fixture.origin(to) + "/staging/demo");
        assert_eq!(fixture.get(to, "/staging/demo", &[]).await.status, 200, "{name}");
    }
    for ((to, path), live) in PAGES.into_iter().zip(live) {
        assert_eq!(fixture.get(to, path, &[]).await.body, live, "{path}");
    }
    assert!(fixture.document("/staging/demo").await.contains("<b>staged</b>"));
    // Its pages lead to each other, not to those of visitors.
    let widget = fixture.get(To::Widget, "/staging/demo", &[]).await;
    let src = format!("{}/staging/demo&quot;", fixture.origin(To::Sandbox));
    assert!(widget.text().contains(&src), "{}", widget.text());
    let parent = fixture.get(To::Parent, "/staging/demo", &[]).await;
    let path = "&quot;widgetPath&quot;:&quot;/staging/demo&quot;";
    assert!(parent.text().contains(path), "{}", parent.text());
}

#[tokio::test]
async fn a_staged_revision_goes_live() {
    let fixture = Fixture::start().await.with_staging().await;
    fixture.document("/s/demo").await;
    assert_eq!(fixture.publish(DEMO, "staging", "first").await, 2);
    assert_eq!(fixture.publish(DEMO, "staging", "<b>staged</b>").await, 3);
    let promote = async |staged: i64, replaces: Value| {
        let body = json!({"staged": staged, "replaces": replaces});
        fixture.write("POST", &format!("{DEMO}/promote"), &body).await
    };
    for (staged, replaces) in [(2, json!(1)), (1, json!(1)), (3, json!(2)), (3, json!(null))] {
        let reply = promote(staged, replaces).await;
        assert_eq!(reply.problem(), (409, "live-conflict".to_owned()), "{staged}");
        assert_eq!(reply.json()["app"], fixture.read(DEMO).await);
    }
    assert!(!fixture.document("/s/demo").await.contains("<b>staged</b>"));
    let promoted = promote(3, json!(1)).await;
    assert_eq!((promoted.status, promoted.json()), (200, fixture.read(DEMO).await));
    assert_eq!((&promoted.json()["live"], &promoted.json()["staged"]), (&json!(3), &json!(3)));
    assert!(fixture.document("/s/demo").await.contains("<b>staged</b>"));
}

#[tokio::test]
async fn without_staging_its_pages_are_gone() {
    let fixture = Fixture::start().await.with_staging().await;
    fixture.publish(DEMO, "staging", "<b>staged</b>").await;
    fixture.document("/staging/demo").await;
    assert_eq!(fixture.configure(DEMO, &settings(&[], "visit")).await.status, 200);
    for (to, path) in PAGES {
        assert_eq!(fixture.get(to, "/staging/demo", &[]).await.status, 404);
        assert_eq!(fixture.get(to, path, &[]).await.status, 200);
    }
    assert_eq!(fixture.read(DEMO).await["staged"], json!(null));
    let fixture = fixture.with_staging().await;
    assert!(!fixture.document("/staging/demo").await.contains("<b>staged</b>"));
}

#[tokio::test]
async fn old_content_comes_back_as_a_new_revision() {
    let fixture = Fixture::start().await;
    for head in ["<b>second</b>", "<b>third</b>"] {
        fixture.publish(DEMO, "live", head).await;
    }
    let roll_back = async |to: i64, replaces: Value| {
        let body = json!({"to": to, "replaces": replaces, "note": "calls were not counted"});
        fixture.write("POST", &format!("{DEMO}/rollback"), &body).await
    };
    for replaces in [json!(2), json!(null), json!(4)] {
        let reply = roll_back(2, replaces).await;
        assert_eq!(reply.problem(), (409, "live-conflict".to_owned()));
        assert_eq!(reply.json()["app"], fixture.read(DEMO).await);
    }
    for to in [0, -1, 4, i64::MAX] {
        let reply = roll_back(to, json!(3)).await;
        assert_eq!(reply.problem(), (404, "no-such-revision".to_owned()), "{to}");
    }
    let reply = roll_back(2, json!(3)).await;
    assert_eq!((reply.status, reply.json()), (201, json!({"revision": 4, "diagnostics": []})));
    assert!(fixture.document("/s/demo").await.contains("<b>second</b>"));
    let revision = fixture.read(&format!("{PUBLISH}/4")).await;
    assert_eq!((&revision["copyOf"], &revision["head"]), (&json!(2), &json!("<b>second</b>")));
    assert_eq!(revision["note"], "calls were not counted");
    // The draft is as it was.
    assert_eq!(fixture.read(&format!("{DEMO}/draft")).await["head"], "<b>third</b>");
}

#[tokio::test]
async fn a_client_that_leaves_does_not_part_database_and_visitors() {
    let fixture = Fixture::start().await;
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let host = format!("host: {}", fixture.host(To::Console));
    let headers = [&*host, &origin, "content-type: application/json"];
    for round in 0_u64..40 {
        let head = format!("<b>round {round}</b>");
        assert_eq!(fixture.save(DEMO, &code(&head, "")).await.status, 200);
        let body = fixture.publication(DEMO, "live").await;
        let mut connection = fixture.connect(To::Console).await;
        connection.send(&request("POST", PUBLISH, &headers, &body.to_string())).await;
        // Anywhere between the first byte and the last: the delay is the test's input, not a wait.
        tokio::time::sleep(std::time::Duration::from_micros(round * 250)).await;
        drop(connection);
        // Published or not, visitors get the live code as soon as the request is done.
        tokio::time::timeout(PATIENCE, async {
            loop {
                let live = fixture.read(DEMO).await["live"].clone();
                let revision = fixture.read(&format!("{PUBLISH}/{live}")).await;
                let stored = revision["head"].as_str().expect("a string").to_owned();
                if fixture.document("/s/demo").await.contains(&stored) {
                    return;
                }
            }
        })
        .await
        .expect("database and visitors agree");
    }
}
