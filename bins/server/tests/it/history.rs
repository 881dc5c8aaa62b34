//! History and audit log, in parts, and the numbers of revisions.

use serde_json::{Value, json};

use crate::client::{Fixture, To};
use crate::console::{DEMO, code, settings};

const HISTORY: &str = "/api/apps/demo/revisions";
const AUDIT: &str = "/api/apps/demo/audit";

/// The numbers in a part of a list, and whether there are more.
async fn part(fixture: &Fixture, path: &str, list: &str, number: &str) -> (Vec<i64>, Value) {
    let part = fixture.read(path).await;
    let numbers = part[list].as_array().expect("a list").iter();
    let numbers = numbers.map(|one| one[number].as_i64().expect("a number"));
    (numbers.collect(), part["more"].clone())
}

/// Checks parts of a list that has these numbers, newest first, against the numbers themselves.
async fn check_parts(fixture: &Fixture, path: &str, list: &str, number: &str, all: &[i64]) {
    let newest = all[0];
    for limit in [0, 1, 2, all.len() - 1, all.len(), all.len() + 1] {
        for before in
            [None, Some(i64::MIN), Some(0), Some(1), Some(newest), Some(newest + 1), Some(i64::MAX)]
        {
            let older: Vec<i64> = all
                .iter()
                .copied()
                .filter(|&one| before.is_none_or(|before| one < before))
                .collect();
            let expected = (older[..limit.min(older.len())].to_vec(), json!(older.len() > limit));
            let before = before.map(|before| format!("&before={before}")).unwrap_or_default();
            let path = format!("{path}?limit={limit}{before}");
            assert_eq!(part(fixture, &path, list, number).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn history_is_read_in_parts_the_newest_first() {
    let fixture = Fixture::start().await;
    for revision in 2..=5 {
        fixture.publish(DEMO, "live", &revision.to_string()).await;
    }
    check_parts(&fixture, HISTORY, "revisions", "number", &[5, 4, 3, 2, 1]).await;
    assert_eq!(part(&fixture, HISTORY, "revisions", "number").await.0.len(), 5);
    let empty = fixture.create("New").await;
    let none = json!({"revisions": [], "more": false});
    assert_eq!(fixture.read(&format!("{empty}/revisions")).await, none);
}

#[tokio::test]
async fn one_answer_holds_a_hundred_at_most() {
    let fixture = Fixture::start().await;
    for _ in 0..101 {
        assert_eq!(fixture.publish_draft(DEMO, "live").await.status, 201);
    }
    for (path, list, number) in [(HISTORY, "revisions", "number"), (AUDIT, "entries", "seq")] {
        for query in ["", "?limit=100", "?limit=1000"] {
            let (numbers, more) = part(&fixture, &format!("{path}{query}"), list, number).await;
            assert_eq!((numbers.len(), more), (100, json!(true)), "{path}{query}");
        }
    }
}

#[tokio::test]
async fn a_revision_says_where_it_came_from() {
    let fixture = Fixture::start().await;
    fixture.save(DEMO, &code("<b>2</b>", "")).await;
    let mut publication = fixture.publication(DEMO, "live").await;
    publication["note"] = " because\nof it ".into();
    assert_eq!(fixture.write("POST", HISTORY, &publication).await.status, 201);
    let history = fixture.read(HISTORY).await;
    let revision = fixture.read(&format!("{HISTORY}/2")).await;
    let mark = &history["revisions"][0];
    for (field, expected) in [
        ("number", json!(2)),
        ("author", json!("console")),
        ("note", json!("because\nof it")),
        ("copyOf", json!(null)),
        ("createdAt", revision["createdAt"].clone()),
    ] {
        assert_eq!((&mark[field], &revision[field]), (&expected, &expected), "{field}");
    }
    let at = revision["createdAt"].as_str().expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    let catalogue = c2c_catalogue::Catalogue::reference().version().to_string();
    assert_eq!(revision["catalogue"], catalogue);
    assert_eq!((&revision["head"], &revision["diagnostics"]), (&json!("<b>2</b>"), &json!([])));
    let seed = fixture.read(&format!("{HISTORY}/1")).await;
    assert_eq!((&seed["author"], &seed["note"]), (&json!("c2c-server"), &json!("")));
}

#[tokio::test]
async fn other_numbers_are_not_found() {
    let fixture = Fixture::start().await;
    let two_to_the_70 = "1180591620717411303424";
    let greatest = i64::MAX.to_string();
    for number in [
        "x",
        "0",
        "-1",
        "2",
        "1.0",
        "%20",
        "1%00",
        "1e3",
        &greatest,
        two_to_the_70,
        "\u{661}",
        "1/",
    ] {
        let reply = fixture.get(To::Console, &format!("{HISTORY}/{number}"), &[]).await;
        assert!(matches!(reply.problem().0, 400 | 404), "{number}: {reply:?}");
    }
    assert_eq!(
        fixture.get(To::Console, &format!("{HISTORY}/2"), &[]).await.problem().1,
        "no-such-revision"
    );
    let none = fixture.get(To::Console, "/api/apps/none/revisions/1", &[]).await;
    assert_eq!(none.problem(), (404, "no-such-app".to_owned()));
    // Each app has numbers of its own.
    let empty = fixture.create("New").await;
    let other = fixture.get(To::Console, &format!("{empty}/revisions/1"), &[]).await;
    assert_eq!(other.problem(), (404, "no-such-revision".to_owned()));
}

#[tokio::test]
async fn the_audit_log_has_every_action_with_its_details() {
    let fixture = Fixture::start().await.with_staging().await;
    let at = "2999-01-01T00:00:00Z";
    fixture.publish(DEMO, "staging", "<b>2</b>").await;
    for (method, part, body) in [
        ("POST", "/promote", json!({"staged": 2, "replaces": 1})),
        ("POST", "/rollback", json!({"to": 1, "replaces": 2, "note": "back"})),
        ("PUT", "/switch", json!({"off": true, "reason": "why"})),
        ("PUT", "/switch", json!({"off": false})),
        ("PUT", "/plans/switch-back", json!({"to": 2, "at": at})),
        ("DELETE", "/plans/switch-back", json!({})),
        ("DELETE", "", json!({})),
        ("POST", "/restore", json!({})),
    ] {
        let reply = fixture.write(method, &format!("{DEMO}{part}"), &body).await;
        assert!(matches!(reply.status, 200..=204), "{method} {part}: {reply:?}");
    }
    let reply = fixture.get(To::Console, AUDIT, &[]).await;
    // A key that is there twice would hide the first.
    assert_eq!(reply.text().matches("\"at\":").count(), reply.text().matches("\"seq\":").count());
    let mut entries = reply.json()["entries"].as_array().expect("a list").clone();
    entries.reverse();
    let first = json!({"name": "Demo shop", "parentOrigins": [], "jar": "visit", "staging": false, "approval": false});
    let mut second = settings(&[], "visit");
    second["staging"] = true.into();
    let live = json!({"environment": "live", "revision": 1, "draft": 2, "note": ""});
    let staged = json!({"environment": "staging", "revision": 2, "draft": 3, "note": ""});
    let expected = [
        ("c2c-server", "created", json!({"settings": first})),
        ("c2c-server", "draftSaved", json!({"version": 2})),
        ("c2c-server", "published", live),
        ("console", "configured", json!({"version": 2, "settings": second})),
        ("console", "draftSaved", json!({"version": 3})),
        ("console", "published", staged),
        ("console", "promoted", json!({"revision": 2})),
        ("console", "rolledBack", json!({"revision": 3, "to": 1, "note": "back"})),
        ("console", "switchedOff", json!({"reason": "why"})),
        ("console", "switchedOn", json!({"reason": ""})),
        ("console", "planned", json!({"task": "switch-back", "due": at, "revision": 2})),
        ("console", "cancelled", json!({"task": "switch-back"})),
        ("console", "deleted", json!({})),
        ("console", "restored", json!({})),
    ];
    let mut times = Vec::new();
    for ((seq, entry), (actor, action, mut details)) in (1..).zip(&mut entries).zip(expected) {
        let entry = entry.as_object_mut().expect("an object");
        let at = entry.remove("at").and_then(|at| at.as_str().map(str::to_owned)).expect("a time");
        times.push(at.parse::<jiff::Timestamp>().expect("RFC 3339"));
        details["seq"] = seq.into();
        details["actor"] = actor.into();
        details["action"] = action.into();
        details["credential"] = Value::Null;
        let address = if actor == "console" { json!("127.0.0.1") } else { Value::Null };
        details["address"] = address;
        assert_eq!(Value::Object(entry.clone()), details);
    }
    assert_eq!(times.len(), 14);
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn the_audit_log_is_read_in_parts_and_has_one_apps_entries() {
    let fixture = Fixture::start().await;
    let other = fixture.create("Other").await;
    fixture.publish(DEMO, "live", "x").await;
    check_parts(&fixture, AUDIT, "entries", "seq", &[6, 5, 3, 2, 1]).await;
    assert_eq!(part(&fixture, &format!("{other}/audit"), "entries", "seq").await.0, [4]);
    let none = fixture.get(To::Console, "/api/apps/none/audit", &[]).await;
    assert_eq!(none.problem(), (404, "no-such-app".to_owned()));
}
