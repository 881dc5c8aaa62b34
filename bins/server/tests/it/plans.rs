//! Plans: a publication and a return to an older revision, each at one time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{Fixture, PATIENCE, Reply, eventually};
use crate::console::{DEMO, code};

const PLANS: &str = "/api/apps/demo/plans";
const BACK: &str = "/api/apps/demo/plans/switch-back";
const PUBLISH: &str = "/api/apps/demo/revisions";
const LATER: &str = "2999-01-01T00:00:00Z";
/// The time until a plan that a test waits for.
const DUE: Duration = Duration::from_secs(1);

/// Plans the publication of a head.
async fn plan(fixture: &Fixture, head: &str, at: &str) -> Reply {
    let mut publication = publication(fixture, head).await;
    publication["at"] = at.into();
    fixture.write("POST", PUBLISH, &publication).await
}

/// The publication of a head, which is saved.
async fn publication(fixture: &Fixture, head: &str) -> Value {
    assert_eq!(fixture.save(DEMO, &code(head, "")).await.status, 200);
    fixture.publication(DEMO, "live").await
}

/// A time that is soon, to be taken just before the request that has it.
fn due() -> Timestamp {
    Timestamp::now() + DUE
}

/// Asserts that a plan is carried out at its time, and not before.
async fn check_carried_out(at: Timestamp, mut served: impl AsyncFnMut() -> bool) {
    assert!(!served().await || Timestamp::now() >= at, "it did not wait");
    assert!(eventually(PATIENCE, served).await, "it was not carried out");
}

#[tokio::test]
async fn a_planned_publication_waits_for_its_time() {
    let fixture = Fixture::start().await;
    let before = fixture.document("/s/demo").await;
    let planned = plan(&fixture, "<b>planned</b>", LATER).await;
    assert_eq!((planned.status, planned.json()), (201, json!({"revision": 2, "diagnostics": []})));
    let expected = json!({"plans": [
        {"task": "publish", "at": LATER, "revision": 2, "plannedBy": "console"},
    ]});
    assert_eq!(fixture.read(PLANS).await, expected);
    let app = fixture.read(DEMO).await;
    assert_eq!((&app["live"], &app["newest"]), (&json!(1), &json!(2)));
    assert_eq!(fixture.document("/s/demo").await, before);
    // A later one takes its place.
    assert_eq!(plan(&fixture, "<b>other</b>", "2999-01-02T00:00:00+02:00").await.status, 201);
    let expected = json!({"plans": [
        {"task": "publish", "at": "2999-01-01T22:00:00Z", "revision": 3, "plannedBy": "console"},
    ]});
    assert_eq!(fixture.read(PLANS).await, expected);
}

#[tokio::test]
async fn a_return_is_planned_beside_a_publication() {
    let fixture = Fixture::start().await;
    plan(&fixture, "<b>planned</b>", LATER).await;
    let sooner = "2998-01-01T00:00:00Z";
    let reply = fixture.write("PUT", BACK, &json!({"to": 1, "at": sooner})).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    let expected = json!({"plans": [
        {"task": "switch-back", "at": sooner, "revision": 1, "plannedBy": "console"},
        {"task": "publish", "at": LATER, "revision": 2, "plannedBy": "console"},
    ]});
    assert_eq!(fixture.read(PLANS).await, expected);
}

#[tokio::test]
async fn a_plan_is_given_up() {
    let fixture = Fixture::start().await;
    plan(&fixture, "<b>planned</b>", LATER).await;
    fixture.write("PUT", BACK, &json!({"to": 1, "at": LATER})).await;
    let mut left = 2;
    for task in ["publish", "switch-back"] {
        let path = format!("{PLANS}/{task}");
        let reply = fixture.write("DELETE", &path, &json!({})).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{task}");
        left -= 1;
        assert_eq!(fixture.read(PLANS).await["plans"].as_array().expect("a list").len(), left);
        let reply = fixture.write("DELETE", &path, &json!({})).await;
        assert_eq!(reply.problem(), (404, "not-planned".to_owned()), "{task}");
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused() {
    let fixture = Fixture::start().await;
    for at in ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "-009999-01-02T01:59:59Z"] {
        let reply = plan(&fixture, "x", at).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{at}");
        let back = fixture.write("PUT", BACK, &json!({"to": 1, "at": at})).await;
        assert_eq!(back.problem(), (400, "bad-request".to_owned()), "{at}");
        for reply in [reply, back] {
            let json = reply.json();
            assert!(
                json["detail"].as_str().is_some_and(|detail| detail.starts_with("/at: ")),
                "{json}"
            );
        }
    }
    for at in [json!("soon"), json!("2999-01-01"), json!(32_472_144_000_000_i64), json!(null)] {
        let reply = fixture.write("PUT", BACK, &json!({"to": 1, "at": at})).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{at}");
    }
    for to in [0, -1, 2, i64::MAX] {
        let reply = fixture.write("PUT", BACK, &json!({"to": to, "at": LATER})).await;
        assert_eq!(reply.problem(), (404, "no-such-revision".to_owned()), "{to}");
    }
    for task in ["none", "Publish", "switchBack", "%00"] {
        let reply = fixture.write("DELETE", &format!("{PLANS}/{task}"), &json!({})).await;
        assert_eq!(reply.problem().0, 404, "{task}");
    }
    let body = json!({"to": 1, "at": LATER});
    let reply = fixture.write("PUT", "/api/apps/none/plans/switch-back", &body).await;
    assert_eq!(reply.problem(), (404, "no-such-app".to_owned()));
    for task in ["publish", "switch-back"] {
        let path = format!("/api/apps/none/plans/{task}");
        let reply = fixture.write("DELETE", &path, &json!({})).await;
        assert_eq!(reply.problem(), (404, "no-such-app".to_owned()), "{task}");
    }
    assert_eq!(fixture.read(PLANS).await, json!({"plans": []}));
    assert_eq!(fixture.read(DEMO).await["newest"], 1, "no revision was made");
}

/// Staging is for looking at now; what is planned goes live.
#[tokio::test]
async fn nothing_is_planned_for_staging() {
    let fixture = Fixture::start().await.with_staging().await;
    fixture.publish(DEMO, "staging", "<b>staged</b>").await;
    for replaces in [json!(1), json!(2)] {
        let body = json!({"draft": 3, "replaces": replaces, "to": "staging", "at": LATER});
        let reply = fixture.write("POST", PUBLISH, &body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{replaces}");
    }
    assert_eq!(fixture.read(PLANS).await, json!({"plans": []}));
}

async fn live(fixture: &Fixture) -> Value {
    fixture.read(DEMO).await["live"].clone()
}

#[tokio::test]
async fn a_plan_that_is_due_is_carried_out_and_served() {
    let fixture = Fixture::start().await;
    let mut planned = publication(&fixture, "<b>planned</b>").await;
    // The page of the old revision is in the cache by now.
    fixture.document("/s/demo").await;
    let at = due();
    planned["at"] = at.to_string().into();
    assert_eq!(fixture.write("POST", PUBLISH, &planned).await.status, 201);
    let served = async || fixture.document("/s/demo").await.contains("<b>planned</b>");
    check_carried_out(at, served).await;
    assert_eq!(live(&fixture).await, 2);
    assert_eq!(fixture.read(PLANS).await, json!({"plans": []}));

    let at = due();
    let back = fixture.write("PUT", BACK, &json!({"to": 1, "at": at.to_string()})).await;
    assert_eq!(back.status, 204);
    let served = async || fixture.document("/s/demo").await.contains("call_ended");
    check_carried_out(at, served).await;
    assert_eq!(live(&fixture).await, 3);
    assert_eq!(fixture.read(&format!("{PUBLISH}/3")).await["copyOf"], 1);
    let entry = fixture.read(&format!("{DEMO}/audit?limit=1")).await["entries"][0].clone();
    assert_eq!((&entry["action"], &entry["task"]), (&json!("carriedOut"), &json!("switch-back")));
}

/// The later plan of another app shows that the time of the first is over.
#[tokio::test]
async fn a_plan_that_was_given_up_is_not_carried_out() {
    let fixture = Fixture::start().await;
    let mut planned = publication(&fixture, "<b>given up</b>").await;
    planned["at"] = due().to_string().into();
    assert_eq!(fixture.write("POST", PUBLISH, &planned).await.status, 201);
    let path = format!("{PLANS}/publish");
    assert_eq!(fixture.write("DELETE", &path, &json!({})).await.status, 204);
    let other = fixture.create("Other").await;
    let mut publication = fixture.publication(&other, "live").await;
    publication["at"] = due().to_string().into();
    assert_eq!(
        fixture.write("POST", &format!("{other}/revisions"), &publication).await.status,
        201
    );
    let carried_out = async || fixture.read(&other).await["live"] == 1;
    assert!(eventually(PATIENCE, carried_out).await, "the other plan was not carried out");
    assert_eq!(live(&fixture).await, 1);
}
