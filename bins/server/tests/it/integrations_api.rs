//! The API of integrations: keys, deliveries, replays, events, deletion on request, and backends' events.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use c2c_receivers::{Answer, Hit, Receiver};
use c2c_server::Limits;
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::access::{Caller, guarded, owner};
use crate::client::{Client, Fixture, PATIENCE, Reply, To, eventually};
use crate::console::DEMO;
use crate::integrating::{Endpoint, JSON, batch, envelope, id};
use crate::openapi::assert_described;

/// The answers that [`little_long_work_of_an_app_is_done_at_once`] compares with the description.
pub(crate) const DESCRIBED: [(&str, u16); 2] =
    [("/api/apps/{app}/replays", 409), ("/api/apps/{app}/events/forget", 409)];

/// A time before and one after all events of a test.
const BEFORE: &str = "2020-01-01T00:00:00Z";
const AFTER: &str = "2999-01-01T00:00:00Z";

/// A file with a key for the secrets of integrations.
pub(crate) fn key_file(folder: &TempDir) -> String {
    let file = folder.path().join("secrets.key");
    std::fs::write(&file, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").expect("written");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("its mode");
    file.display().to_string()
}

/// A database in a file, and the settings with which a server uses it and calls a receiver.
pub(crate) fn on_file(folder: &TempDir, receiver: &Receiver) -> (String, [String; 6]) {
    let database = format!("sqlite:{}", folder.path().join("c2c.db").display());
    let [allow, address] = receiver.allowed();
    let [of_database, of_keys] = ["--database", "--secrets-key-file"].map(str::to_owned);
    let settings = [of_database, database.clone(), of_keys, key_file(folder), allow, address];
    (database, settings)
}

async fn fixture(receivers: &[&Receiver]) -> Fixture {
    let allowed: Vec<_> = receivers.iter().flat_map(|receiver| receiver.allowed()).collect();
    let allowed: Vec<_> = allowed.iter().map(String::as_str).collect();
    let fixture = Fixture::with(&Limits::default(), &allowed).await;
    fixture.collect(DEMO, "refuse").await;
    fixture
}

/// The address of an app that is not the demo.
async fn another_app(fixture: &Fixture) -> String {
    let made = fixture.write("POST", "/api/apps", &json!({"name": "Other"})).await.json();
    format!("/api/apps/{}", made["id"].as_str().expect("an id"))
}

/// Waits until so many deliveries have ended, and gives them all.
async fn ended(fixture: &Fixture, number: usize) -> Vec<Value> {
    let path = format!("{DEMO}/deliveries");
    let list = async || {
        let deliveries = fixture.read(&path).await["deliveries"].clone();
        deliveries.as_array().expect("a list").clone()
    };
    let is_ended = |delivery: &Value| delivery["outcome"] != "pending";
    let all = async || {
        let deliveries = list().await;
        deliveries.len() == number && deliveries.iter().all(is_ended)
    };
    assert!(eventually(PATIENCE, all).await, "{:?}", list().await);
    list().await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_and_removed_and_never_read() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.add_active(DEMO, &receiver.url()).await;
    let path = format!("{}/keys", endpoint.path);
    let rotate = async |scheme: &str, hours: u32| {
        fixture.write("POST", &path, &json!({"scheme": scheme, "overlapHours": hours})).await
    };
    let made = rotate("v1", 1).await;
    assert_eq!(made.status, 201, "{made:?}");
    let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret != endpoint.secret, "{secret}");
    let pair = rotate("v1a", 0).await.json();
    assert_eq!(pair["secret"], Value::Null);
    let public = pair["publicKey"].as_str().expect("a public key").to_owned();

    let listed = fixture.get(To::Console, &path, &[]).await;
    for secret in [&secret, &endpoint.secret] {
        assert!(!listed.text().contains(secret.trim_start_matches("whsec_")), "{listed:?}");
    }
    let listed = listed.json();
    let keys = listed["keys"].as_array().expect("a list");
    let seen: Vec<_> = keys
        .iter()
        .map(|key| (key["scheme"].clone(), key["publicKey"].clone(), key["endsAt"].is_null()))
        .collect();
    // The overlap is of the same scheme.
    assert_eq!(
        seen,
        [
            (json!("v1a"), json!(public), true),
            (json!("v1"), Value::Null, true),
            (json!("v1"), Value::Null, false)
        ]
    );
    let ends: jiff::Timestamp =
        keys[2]["endsAt"].as_str().expect("a time").parse().expect("a time");
    let left = ends.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3500..=3600).contains(&left), "{left}");
    assert_eq!(rotate("v1", 0).await.problem(), (409, "too-many-secrets".to_owned()));
    assert_eq!(rotate("v1", 169).await.problem().0, 400);

    for key in [&keys[2], &keys[1]] {
        let key = format!("{path}/{}", key["id"].as_str().expect("an id"));
        assert_eq!(fixture.write("DELETE", &key, &json!({})).await.status, 204);
        let again = fixture.write("DELETE", &key, &json!({})).await;
        assert_eq!(again.problem(), (404, "no-such-secret".to_owned()));
    }
    // Without a key, requests could not be signed.
    let last = format!("{path}/{}", keys[0]["id"].as_str().expect("an id"));
    let reply = fixture.write("DELETE", &last, &json!({})).await;
    assert_eq!(reply.problem(), (404, "no-such-secret".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_skipped_for_the_address_that_was_seen() {
    let fixture = fixture(&[]).await;
    let endpoint = fixture.add_endpoint(DEMO, "https://hooks.example/").await;
    // Another person changes it, before the owner skips the question.
    let changed = json!({
        "name": "A receiver", "url": "https://stranger.example/", "format": "standard", "filter": ["*"],
        "inFlightMax": 8,
    });
    assert_eq!(fixture.edit(&endpoint.path, "\"1\"", &changed).await.status, 200);
    let path = format!("{}/skip-agreement", endpoint.path);
    let reason = json!({"reason": "it is ours"});
    let reply = fixture.write("POST", &path, &reason).await;
    assert_eq!(reply.problem(), (428, "precondition-required".to_owned()));
    let skip = async |seen: u32| {
        let seen = format!("if-match: \"{seen}\"");
        fixture.write_with("POST", &path, &[&seen], &reason).await
    };
    assert_eq!(skip(1).await.problem(), (412, "endpoint-conflict".to_owned()));
    assert_eq!(fixture.read(&endpoint.path).await["state"], "asked");
    let skipped = skip(2).await;
    assert_eq!((skipped.status, skipped.header("etag")), (200, "\"3\""));
    assert_eq!(skipped.json()["state"], "active");
    assert_eq!(skip(3).await.problem(), (409, "endpoint-state".to_owned()));
}

/// A service for many customers may tell them apart by the query alone.
#[tokio::test(flavor = "multi_thread")]
async fn another_query_has_to_agree_again() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let states = async |tag: &str, url: &str| {
        let changed = json!({
            "name": "A receiver", "url": url, "format": "standard", "filter": ["*"], "inFlightMax": 8,
        });
        let reply = fixture.edit(&endpoint.path, tag, &changed).await.json();
        (reply["state"].clone(), reply["agreed"].clone())
    };
    let same = states("\"2\"", &receiver.url()).await;
    assert_eq!(same, (json!("active"), json!("handshake")));
    let other = receiver.url().replace("key=1", "key=2");
    assert_eq!(states("\"3\"", &other).await, (json!("asked"), json!("no")));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_in_pages() {
    let (one, two) = (Receiver::taking().await, Receiver::taking().await);
    let fixture = fixture(&[&one, &two]).await;
    let (first, _) = (fixture.integrate(DEMO, &one).await, fixture.integrate(DEMO, &two).await);
    for number in 1..=4 {
        fixture.emit_new(DEMO, &[envelope("custom:chat_opened", number)]).await;
    }
    fixture.emit_new(DEMO, &[envelope("custom:chat_closed", 5)]).await;
    let all = ended(&fixture, 10).await;

    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    let mut pages = 0;
    loop {
        let page = fixture.read(&format!("{DEMO}/deliveries{query}")).await;
        seen.extend(page["deliveries"].as_array().expect("a list").clone());
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=3&before={next}");
    }
    assert_eq!((pages, &seen), (4, &all));
    let numbers: Vec<_> = seen.iter().map(|delivery| delivery["seq"].as_i64()).collect();
    assert!(numbers.is_sorted_by(|a, b| a >= b), "{numbers:?}");

    let count = async |query: &str| {
        let page = fixture.read(&format!("{DEMO}/deliveries?{query}")).await;
        page["deliveries"].as_array().expect("a list").len()
    };
    let of_one = format!("endpoint={}", first.id());
    let received = all[4]["receivedAt"].as_str().expect("a time");
    for (query, expected) in [
        (&of_one[..], 5),
        ("name=custom:chat_closed", 2),
        ("outcome=delivered", 10),
        ("outcome=pending", 0),
        ("outcome=expired", 0),
        (&format!("from={received}&{of_one}"), 3),
        (&format!("to={received}&{of_one}"), 2),
        (&format!("from={BEFORE}&to={AFTER}"), 10),
        ("limit=0", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    for query in ["outcome=lost", "before=1", "before=x.y", "from=now", "limit=-1", "x=1"] {
        let reply = fixture.get(To::Console, &format!("{DEMO}/deliveries?{query}"), &[]).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_leads_from_the_event_to_the_answer() {
    let hostile = "<script>alert(1)</script>\u{0}\",\"x\":\"\u{7}";
    let receiver = Receiver::start(move |_| {
        Answer::With(500, "content-type", "text/html".to_owned(), hostile.to_owned())
    });
    let receiver = receiver.await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let event = envelope("custom:chat_opened", 1);
    fixture.emit_new(DEMO, std::slice::from_ref(&event)).await;
    receiver.wait(1).await;

    let path = format!("{DEMO}/events/{}", id(1));
    let is_noted =
        async || fixture.read(&path).await["events"][0]["deliveries"][0]["log"][0].is_object();
    assert!(eventually(PATIENCE, is_noted).await);
    let reply = fixture.get(To::Console, &path, &[]).await;
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let traced = reply.json()["events"][0].clone();
    assert_eq!(
        (&traced["id"], &traced["name"], &traced["consent"], &traced["verified"], &traced["marks"]),
        (&json!(id(1)), &event["name"], &json!("granted"), &json!(false), &json!([]))
    );
    assert_eq!(traced["envelope"], event);
    let delivery = traced["deliveries"][0].clone();
    assert_eq!(
        (&delivery["endpoint"], &delivery["outcome"], &delivery["reason"], &delivery["tries"]),
        (&json!(endpoint.id()), &json!("pending"), &Value::Null, &json!(1))
    );
    let attempt = &delivery["log"][0];
    assert_eq!(
        (&attempt["result"], &attempt["status"], &attempt["answer"], &attempt["address"]),
        (&json!("status"), &json!(500), &json!(hostile), &json!(receiver.address))
    );

    // The delivery alone says the same.
    let path = format!("{DEMO}/deliveries/{}/{}", endpoint.id(), traced["seq"]);
    let mut shown = fixture.read(&path).await;
    assert_eq!(shown["envelope"], event);
    shown.as_object_mut().expect("an object").remove("envelope");
    assert_eq!(shown, delivery);
    for (path, code) in [
        (format!("{DEMO}/events/{}", id(2)), "no-such-event"),
        (format!("{DEMO}/events/{}", id(1).to_uppercase()), "not-found"),
        (format!("{DEMO}/deliveries/{}/999", endpoint.id()), "no-such-delivery"),
        (format!("{DEMO}/deliveries/{}/x", endpoint.id()), "not-found"),
    ] {
        let reply = fixture.get(To::Console, &path, &[]).await;
        assert_eq!(reply.problem(), (404, code.to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_shown_as_it_was_sent() {
    let fails = |_: &Hit| Answer::Status(500);
    let (one, other) = (Receiver::start(fails).await, Receiver::start(fails).await);
    let fixture = fixture(&[&one, &other]).await;
    let (first, second) =
        (fixture.integrate(DEMO, &one).await, fixture.integrate(DEMO, &other).await);
    let changed =
        json!({"name": "Other", "format": "cloudevents", "filter": ["*"], "inFlightMax": 8});
    assert_eq!(fixture.edit(&second.path, "\"2\"", &changed).await.status, 200);
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;

    let path = format!("{DEMO}/events/{}", id(1));
    for (receiver, endpoint) in [(&one, &first), (&other, &second)] {
        let hit = receiver.wait(1).await.remove(0);
        let shown = async || {
            let event = fixture.read(&path).await["events"][0].clone();
            let all = event["deliveries"].as_array().expect("a list").iter();
            let mut of_endpoint = all.filter(|delivery| delivery["endpoint"] == endpoint.id());
            of_endpoint.next().expect("its delivery").clone()
        };
        let is_noted = async || shown().await["log"][0].is_object();
        assert!(eventually(PATIENCE, is_noted).await);
        let delivery = shown().await;
        let request = &delivery["request"];
        let header = |name: &str| hit.headers[name].to_str().expect("a text");
        assert_eq!(
            (&request["method"], &request["host"]),
            (&json!("POST"), &json!("127.0.0.1")),
            "{delivery}"
        );
        assert_eq!(request["contentType"], header("content-type"));
        assert_eq!(request["webhookId"], header("webhook-id"));
        assert_eq!(request["body"], &*String::from_utf8_lossy(&hit.body));
        let at = delivery["log"][0]["at"].as_str().expect("a time");
        let at: jiff::Timestamp = at.parse().expect("a time");
        assert_eq!(header("webhook-timestamp"), at.as_second().to_string());
        // The address has a secret.
        assert!(!delivery.to_string().contains("key=1"), "{delivery}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_says_why_endpoints_do_not_get_it() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let gets = fixture.integrate(DEMO, &receiver).await;
    let filters = fixture.integrate(DEMO, &receiver).await;
    let changed = json!({"name": "Other", "format": "standard", "filter": ["custom:other"], "inFlightMax": 8});
    assert_eq!(fixture.edit(&filters.path, "\"2\"", &changed).await.status, 200);
    let asked = fixture.add_endpoint(DEMO, &receiver.url()).await;
    let agrees = fixture.add_endpoint(DEMO, &receiver.url()).await;
    let removed = fixture.integrate(DEMO, &receiver).await;
    assert_eq!(fixture.write("DELETE", &removed.path, &json!({})).await.status, 204);
    let google = json!({
        "kind": "ga4", "name": "Google", "measurementId": "G-ABC1234", "apiSecret": "s3cr3t-of-Google",
        "mapping": {
            "client_id": {"from": "/data/ga_client_id"},
            "events": {"custom:chat_opened": {"name": "generate_lead", "params": {"n": {"from": "/data/n"}}}},
        },
    });
    let google = fixture.write("POST", &format!("{DEMO}/endpoints"), &google).await.json();
    let mut not_asked = batch(&[envelope("custom:chat_opened", 1)]);
    not_asked["consent"] = json!("not-asked");
    assert_eq!(fixture.emit(DEMO, &not_asked).await.json()["accepted"], 1);
    let agreement = format!("{}/agreement", agrees.path);
    assert_eq!(fixture.write("POST", &agreement, &json!({})).await.status, 200);
    let later = fixture.add_endpoint(DEMO, &receiver.url()).await;
    ended(&fixture, 1).await;

    let event = fixture.read(&format!("{DEMO}/events/{}", id(1))).await["events"][0].clone();
    assert_eq!(event["deliveries"].as_array().map(Vec::len), Some(1), "{event}");
    assert_eq!(event["deliveries"][0]["endpoint"], gets.id());
    let withheld = event["withheld"].as_array().expect("a list");
    let expected = [
        (filters.id(), "filter"),
        (asked.id(), "not-agreed"),
        (agrees.id(), "changed"),
        (google["endpoint"]["id"].as_str().expect("an id"), "consent"),
        (later.id(), "added-later"),
    ];
    for (endpoint, reason) in expected {
        let wanted = json!({"endpoint": endpoint, "reason": reason});
        assert!(withheld.contains(&wanted), "{wanted}: {event}");
    }
    assert_eq!(withheld.len(), expected.len(), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_is_sent_again_on_request() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    for number in 1..=3 {
        fixture.emit_new(DEMO, &[envelope("custom:chat_opened", number)]).await;
    }
    let all = ended(&fixture, 3).await;

    let again = |delivery: &Value| {
        format!("{DEMO}/deliveries/{}/{}/replay", endpoint.id(), delivery["seq"])
    };
    let reply = fixture.write("POST", &again(&all[0]), &json!({})).await;
    assert_eq!((reply.status, &reply.json()["round"]), (200, &json!(1)), "{reply:?}");
    let hits = receiver.wait(4).await;
    // The receiver knows it by its id.
    assert_eq!(hits[3].headers["webhook-id"], id(3));
    ended(&fixture, 3).await;

    let from = all[1]["receivedAt"].as_str().expect("a time");
    let query = format!("endpoint={}&from={from}&to={AFTER}", endpoint.id());
    let counted = fixture.read(&format!("{DEMO}/replays?{query}&outcome=delivered")).await;
    assert_eq!(counted, json!({"deliveries": 2, "max": 100_000}));
    let counted = fixture.read(&format!("{DEMO}/replays?{query}&outcome=expired")).await;
    assert_eq!(counted["deliveries"], 0);
    let wish = json!({"endpoint": endpoint.id(), "outcome": null, "from": from, "to": AFTER});
    let replayed = fixture.write("POST", &format!("{DEMO}/replays"), &wish).await;
    assert_eq!((replayed.status, replayed.json()), (200, json!({"replayed": 2, "next": null})));
    receiver.wait(6).await;
    ended(&fixture, 3).await;
    assert_eq!(receiver.hits().len(), 6);

    // One that waits is not sent twice.
    fixture.write("POST", &format!("{}/pause", endpoint.path), &json!({})).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 4)]).await;
    let waiting = fixture.read(&format!("{DEMO}/deliveries?outcome=pending")).await;
    let reply = fixture.write("POST", &again(&waiting["deliveries"][0]), &json!({})).await;
    assert_eq!(reply.problem(), (409, "still-pending".to_owned()));
    let log = fixture.read(&format!("{DEMO}/audit?limit=3")).await;
    let replayed: Vec<_> = log["entries"].as_array().expect("a list").iter().collect();
    assert_eq!(
        (&replayed[1]["action"], &replayed[1]["deliveries"], &replayed[2]["deliveries"]),
        (&json!("replayed"), &json!(2), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_apps_endpoints_and_events_are_out_of_reach() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let seq = ended(&fixture, 1).await[0]["seq"].clone();
    let key = fixture.read(&format!("{}/keys", endpoint.path)).await["keys"][0]["id"].clone();
    let wish = json!({"name": "x", "hours": 1});
    let token = fixture.write("POST", &format!("{DEMO}/event-tokens"), &wish).await.json();
    let other = another_app(&fixture).await;
    fixture.collect(&other, "refuse").await;
    let there = Endpoint { path: format!("{other}/endpoints/{}", endpoint.id()), ..endpoint };

    let gone = |reply: &Reply, code: &str, which: &str| {
        assert_eq!(reply.problem(), (404, code.to_owned()), "{which}");
    };
    let range = format!("endpoint={}&from={BEFORE}&to={AFTER}", there.id());
    for (path, code) in [
        (format!("{}/keys", there.path), "no-such-endpoint"),
        (format!("{other}/deliveries?endpoint={}", there.id()), "no-such-endpoint"),
        (format!("{other}/deliveries/{}/{seq}", there.id()), "no-such-delivery"),
        (format!("{other}/replays?{range}"), "no-such-endpoint"),
        (format!("{other}/events/{}", id(1)), "no-such-event"),
    ] {
        gone(&fixture.get(To::Console, &path, &[]).await, code, &path);
    }
    assert_eq!(fixture.read(&format!("{other}/deliveries")).await["deliveries"], json!([]));
    let nothing = json!({});
    let range = json!({"endpoint": there.id(), "from": BEFORE, "to": AFTER});
    let key = key.as_str().expect("an id");
    let token = token["id"].as_str().expect("an id");
    for (method, path, body, code) in [
        ("POST", format!("{}/keys", there.path), json!({"scheme": "v1"}), "no-such-endpoint"),
        ("DELETE", format!("{}/keys/{key}", there.path), nothing.clone(), "no-such-endpoint"),
        (
            "POST",
            format!("{other}/deliveries/{}/{seq}/replay", there.id()),
            nothing.clone(),
            "no-such-endpoint",
        ),
        ("POST", format!("{other}/replays"), range, "no-such-endpoint"),
        ("DELETE", format!("{other}/event-tokens/{token}"), nothing, "no-such-token"),
    ] {
        gone(&fixture.write(method, &path, &body).await, code, &path);
    }
    for body in [json!({"id": id(1)}), json!({"key": "orderId", "value": "A-1"})] {
        let reply = fixture.write("POST", &format!("{other}/events/forget"), &body).await;
        assert_eq!(reply.json()["forgotten"], 0, "{body}");
    }
    let traced = fixture.read(&format!("{DEMO}/events/{}", id(1))).await;
    assert!(traced["events"][0]["envelope"].is_object(), "{traced}");
    assert_eq!(receiver.hits().len(), 1);
}

/// An event about a person.
fn about(number: u64, order: &str) -> Value {
    let mut event = envelope("custom:chat_opened", number);
    event["data"] = json!({"context": {"orderId": order, "customerTier": "gold"}, "said": order});
    event
}

/// It takes events, but repeats the second in an answer that is none.
async fn repeating() -> Receiver {
    Receiver::start(|hit| match hit.headers["webhook-id"].to_str() {
        Ok(number) if number == id(2) => {
            let body = String::from_utf8_lossy(&hit.body).into_owned();
            Answer::With(500, "content-type", "text/plain".to_owned(), body)
        }
        _ => Answer::Status(204),
    })
    .await
}

fn search_by(keys: &[&str]) -> Value {
    json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": keys})
}

async fn forget(fixture: &Fixture, body: &Value) -> Value {
    let reply = fixture.write("POST", &format!("{DEMO}/events/forget"), body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn forgotten(events: u64, cancelled: u64, delivered: &[&str]) -> Value {
    json!({"forgotten": events, "pendingCancelled": cancelled, "sentTo": delivered, "next": null})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_not_there_any_more() {
    let receiver = repeating().await;
    let folder = TempDir::new().expect("a directory");
    let (database, settings) = on_file(&folder, &receiver);
    let settings = settings.each_ref().map(String::as_str);
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    // At first without a key to search by.
    let path = format!("{DEMO}/integrations/collect");
    assert_eq!(fixture.edit(&path, "\"0\"", &search_by(&[])).await.status, 200);
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.emit_new(DEMO, &[about(1, "secret-1"), about(2, "secret-1")]).await;
    assert_eq!(fixture.edit(&path, "\"1\"", &search_by(&["orderId"])).await.status, 200);
    let more = [about(3, "secret-1"), about(4, "secret-2"), about(5, "other-1")];
    fixture.emit_new(DEMO, &more).await;
    receiver.wait(5).await;
    let is_noted = async || {
        let trace = fixture.read(&format!("{DEMO}/events/{}", id(2))).await;
        let log = trace["events"][0]["deliveries"][0]["log"][0].clone();
        log["answer"].as_str().is_some_and(|answer| answer.contains("secret-1"))
    };
    assert!(eventually(PATIENCE, is_noted).await);
    let delivered = async || fixture.read(&format!("{DEMO}/deliveries?outcome=delivered")).await;
    let all = async || delivered().await["deliveries"].as_array().expect("a list").len() == 4;
    assert!(eventually(PATIENCE, all).await);
    let mut connection = SqliteConnection::connect(&database).await.expect("opens");
    assert_eq!(count(&mut connection, DIGESTS).await, 3);
    fixture.write("POST", &format!("{}/pause", endpoint.path), &json!({})).await;
    fixture.emit_new(DEMO, &[about(6, "secret-2")]).await;

    // Two of the events are in no index, and one of the three waits for its next try.
    let by_value = |value: &str| json!({"key": "orderId", "value": value});
    let got = [endpoint.id()];
    assert_eq!(forget(&fixture, &by_value("secret-1")).await, forgotten(3, 1, &got));
    assert_eq!(forget(&fixture, &json!({"id": id(6)})).await, forgotten(1, 1, &[]));
    assert_eq!(forget(&fixture, &by_value("secret-2")).await, forgotten(1, 0, &got));
    // An answer may be lost.
    assert_eq!(forget(&fixture, &json!({"id": id(1)})).await, forgotten(0, 0, &got));
    for body in [
        json!({"id": id(6)}),
        json!({"id": id(99)}),
        by_value("secret-1"),
        json!({"key": "said", "value": "other-1"}),
    ] {
        assert_eq!(forget(&fixture, &body).await, forgotten(0, 0, &[]), "{body}");
    }
    for number in [1, 2, 3, 4, 6] {
        no_content_is_shown(&fixture, &endpoint, number).await;
    }
    let log = fixture.get(To::Console, &format!("{DEMO}/audit"), &[]).await;
    assert!(!log.text().contains("secret-"), "{log:?}");
    let log = log.json();
    let entries = log["entries"].as_array().expect("a list").iter();
    let deletions = entries.filter(|entry| entry["action"] == "eventsForgotten");
    let receivers: Vec<_> = deletions.map(|entry| entry["sentTo"].clone()).collect();
    // The newest first. The first value was found by the index, and then by looking.
    assert_eq!(receivers, [json!(got), Value::Null, json!(got), json!(got)]);
    // Nor in the database.
    assert_eq!(count(&mut connection, DIGESTS).await, 1);
    assert_eq!(count(&mut connection, CONTENT).await, 1);
    assert_eq!(count(&mut connection, ANSWERS).await, 0);
}

const DIGESTS: &str = "SELECT COUNT(*) FROM event_key";
const CONTENT: &str =
    "SELECT COUNT(*) FROM event WHERE body IS NOT NULL OR hit IS NOT NULL OR marks IS NOT NULL";
const ANSWERS: &str = "SELECT COUNT(*) FROM attempt WHERE answer IS NOT NULL";

async fn count(connection: &mut SqliteConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(connection).await.expect("a row").get(0)
}

async fn no_content_is_shown(fixture: &Fixture, endpoint: &Endpoint, number: u64) {
    let trace = fixture.get(To::Console, &format!("{DEMO}/events/{}", id(number)), &[]).await;
    assert!(!trace.text().contains("secret-"), "{trace:?}");
    let event = &trace.json()["events"][0];
    assert_eq!(event["envelope"], Value::Null);
    let path = format!("{DEMO}/deliveries/{}/{}", endpoint.id(), event["seq"]);
    let shown = fixture.get(To::Console, &path, &[]).await;
    assert!(shown.status == 200 && !shown.text().contains("secret-"), "{shown:?}");
    let reply = fixture.write("POST", &format!("{path}/replay"), &json!({})).await;
    assert_eq!(reply.problem(), (409, "body-gone".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_clear_which_events_are_to_be_forgotten() {
    let fixture = fixture(&[]).await;
    for wrong in [
        json!({}),
        json!({"key": "orderId"}),
        json!({"value": "x"}),
        json!({"id": id(1), "key": "orderId", "value": "x"}),
        json!({"id": id(1), "after": 1}),
        json!({"id": "1"}),
        json!({"key": "orderId", "value": "x".repeat(20_000)}),
        json!({"key": "order\u{0}Id", "value": "x"}),
    ] {
        let reply = fixture.write("POST", &format!("{DEMO}/events/forget"), &wrong).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{wrong}");
    }
}

/// The limit of a request's time ends the wait, and not the deletion.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_goes_on_without_its_request() {
    let data = TempDir::new().expect("a directory");
    let database = format!("sqlite:{}", data.path().join("c2c.db").display());
    let second = std::time::Duration::from_secs(1);
    let limits = Limits { body_timeout: second, database_timeout: second, ..Limits::default() };
    let fixture = Fixture::with(&limits, &["--database", &database]).await;
    fixture.collect(DEMO, "refuse").await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    // Another process writes for longer than the request may take. A transaction waits 5 s for it.
    let mut other = SqliteConnection::connect(&database).await.expect("opens");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("it begins");
    let body = json!({"id": id(1)});
    let reply = fixture.write("POST", &format!("{DEMO}/events/forget"), &body).await;
    assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()));
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("it ends");
    let path = format!("{DEMO}/events/{}", id(1));
    let is_gone = async || fixture.read(&path).await["events"][0]["envelope"].is_null();
    assert!(eventually(PATIENCE, is_gone).await);
    let log = fixture.read(&format!("{DEMO}/audit?limit=1")).await;
    assert_eq!(log["entries"][0]["action"], "eventsForgotten");
}

/// A search that takes longer than a request may.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_search_goes_on_where_it_was() {
    let limits =
        Limits { database_timeout: std::time::Duration::from_millis(1), ..Limits::default() };
    // The database answers in time, since the limit of a request is longer.
    let data = TempDir::new().expect("a directory");
    let database = format!("sqlite:{}", data.path().join("c2c.db").display());
    {
        let fixture = Fixture::with(&Limits::default(), &["--database", &database]).await;
        fixture.collect(DEMO, "refuse").await;
        for group in 0..5 {
            let events: Vec<_> = (0..100).map(|n| about(group * 100 + n, "secret-1")).collect();
            fixture.emit_new(DEMO, &events).await;
        }
        fixture.running.stop().await;
    }
    let fixture = Fixture::with(&limits, &["--database", &database]).await;
    let (mut forgotten, mut requests, mut after) = (0, 0, Value::Null);
    loop {
        let body = json!({"key": "orderId", "value": "secret-1", "after": after});
        let reply = fixture.write("POST", &format!("{DEMO}/events/forget"), &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reply = reply.json();
        forgotten += reply["forgotten"].as_u64().expect("a number");
        requests += 1;
        after = reply["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(forgotten, 500);
    assert!(requests > 2, "{requests}");
}

/// A replay that takes longer than a request may.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_replay_goes_on_where_it_was() {
    let receiver = Receiver::taking().await;
    let data = TempDir::new().expect("a directory");
    let (_, settings) = on_file(&data, &receiver);
    let settings = settings.each_ref().map(String::as_str);
    let endpoint = {
        let fixture = Fixture::with(&Limits::default(), &settings).await;
        fixture.collect(DEMO, "refuse").await;
        let endpoint = fixture.integrate(DEMO, &receiver).await;
        for group in 0..6 {
            let of_group = (1..=100).map(|n| envelope("custom:chat_opened", group * 100 + n));
            fixture.emit_new(DEMO, &of_group.collect::<Vec<_>>()).await;
        }
        receiver.wait(600).await;
        let pending = format!("{DEMO}/deliveries?outcome=pending");
        let none = async || {
            fixture.read(&pending).await["deliveries"].as_array().is_some_and(Vec::is_empty)
        };
        assert!(eventually(PATIENCE, none).await);
        fixture.running.stop().await;
        endpoint.id().to_owned()
    };
    let limits =
        Limits { database_timeout: std::time::Duration::from_millis(1), ..Limits::default() };
    let fixture = Fixture::with(&limits, &settings).await;
    let (mut replayed, mut requests, mut after) = (0, 0, Value::Null);
    loop {
        let body = json!({"endpoint": endpoint, "from": BEFORE, "to": AFTER, "after": after});
        let reply = fixture.write("POST", &format!("{DEMO}/replays"), &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reply = reply.json();
        replayed += reply["replayed"].as_u64().expect("a number");
        requests += 1;
        after = reply["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(replayed, 600);
    assert!(requests > 2, "{requests}");
    let log = fixture.read(&format!("{DEMO}/audit?limit=9")).await;
    let entries = log["entries"].as_array().expect("a list").iter();
    // No request is without an entry, wherever it says that it goes on.
    assert_eq!(entries.filter(|entry| entry["action"] == "replayed").count(), requests);
}

/// The work of a request goes on when its client has left, so a client could begin any number.
#[tokio::test(flavor = "multi_thread")]
async fn little_long_work_of_an_app_is_done_at_once() {
    let (receiver, folder) = (Receiver::taking().await, TempDir::new().expect("a directory"));
    let (database, settings) = on_file(&folder, &receiver);
    let settings = settings.each_ref().map(String::as_str);
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let replay = json!({"endpoint": endpoint.id(), "from": BEFORE, "to": AFTER});
    let deletion = json!({"key": "orderId", "value": "A-1"});
    let mut other = SqliteConnection::connect(&database).await.expect("opens");
    let openapi: Value = serde_json::from_str(&c2c_server::openapi()).expect("JSON");
    let bodies = [(replay, "too-many-replays"), (deletion, "too-many-deletions")];
    for ((described, _), (body, code)) in DESCRIBED.into_iter().zip(bodies) {
        let path = described.replace("{app}", "demo");
        // They wait for the transaction of another program.
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("it begins");
        let mut requests = JoinSet::new();
        for _ in 0..3 {
            let (client, path, body) = (Client::clone(&fixture), path.clone(), body.clone());
            requests.spawn(async move { client.write("POST", &path, &body).await });
        }
        let first = requests.join_next().await.expect("an answer").expect("it ends");
        assert_eq!(first.problem(), (409, code.to_owned()));
        let response = &openapi["paths"][described]["post"]["responses"]["409"];
        assert_described(&openapi, response, &first, described);
        sqlx::query("ROLLBACK").execute(&mut other).await.expect("it ends");
        for reply in requests.join_all().await {
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        let again = fixture.write("POST", &path, &body).await;
        assert_eq!(again.status, 200, "{again:?}");
    }
}

/// A server that asks for a sign-in, an endpoint of the demo, and a backend with an event token for it.
struct Backend {
    fixture: Fixture,
    owner: Caller,
    receiver: Receiver,
    /// Another app that takes events.
    other: String,
    /// The address of the demo's event tokens.
    tokens: String,
    id: String,
    secret: String,
}

impl Backend {
    async fn start() -> Self {
        let receiver = Receiver::taking().await;
        let [allow, address] = receiver.allowed();
        let settings = ["--access", "sign-in", &allow, &address];
        let fixture = Fixture::with(&Limits::default(), &settings).await;
        let owner = owner(&fixture).await;
        let made = owner.write(&fixture, "POST", "/api/apps", &json!({"name": "Other"})).await;
        let other = format!("/api/apps/{}", made.json()["id"].as_str().expect("an id"));
        let body = json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": []});
        for app in [DEMO, &other] {
            let headers = [owner.0.as_str(), "if-match: \"0\""];
            let path = format!("{app}/integrations/collect");
            let reply = fixture.write_with("PUT", &path, &headers, &body).await;
            assert_eq!(reply.status, 200, "{app} {reply:?}");
        }
        let body = json!({"name": "CRM", "url": receiver.url()});
        let made = owner.write(&fixture, "POST", &format!("{DEMO}/endpoints"), &body).await.json();
        let endpoint = made["endpoint"]["id"].as_str().expect("an id");
        let path = format!("{DEMO}/endpoints/{endpoint}/agreement");
        assert_eq!(owner.write(&fixture, "POST", &path, &json!({})).await.status, 200);
        let tokens = format!("{DEMO}/event-tokens");
        let body = json!({"name": "order service", "hours": 24});
        let made = owner.write(&fixture, "POST", &tokens, &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let text = |name: &str| made.json()[name].as_str().expect(name).to_owned();
        let (id, secret) = (text("id"), text("secret"));
        Self { fixture, owner, receiver, other, tokens, id, secret }
    }

    async fn send(&self, app: &str, token: &str, body: &str) -> Reply {
        let token = format!("authorization: Bearer {token}");
        let headers = [&token[..], JSON];
        self.fixture.send(To::Console, "POST", &format!("{app}/events"), &headers, body).await
    }

    async fn list(&self) -> Reply {
        self.owner.get(&self.fixture, &self.tokens).await
    }
}

fn one_event() -> String {
    batch(&[envelope("custom:chat_opened", 1)]).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_sends_verified_events() {
    let backend = Backend::start().await;
    let secret = &backend.secret;
    assert!(secret.starts_with("c2ce_") && secret.len() == 5 + 64, "{secret}");
    let listed = backend.list().await;
    assert!(!listed.text().contains(&secret[5..]));
    let listed = listed.json();
    assert_eq!(
        (&listed["tokens"][0]["name"], &listed["tokens"][0]["usedAt"]),
        (&json!("order service"), &Value::Null)
    );

    let reply = backend.send(DEMO, secret, &one_event()).await;
    let receipt = json!({"accepted": 1, "known": 0, "refused": []});
    assert_eq!((reply.status, reply.json()), (200, receipt));
    assert_eq!(backend.send(DEMO, secret, &one_event()).await.json()["known"], 1);
    assert!(backend.list().await.json()["tokens"][0]["usedAt"].is_string());
    backend.receiver.wait(1).await;
    // It is another event than that of a page with the same id.
    backend.fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let hits = backend.receiver.wait(2).await;
    let seen = hits.iter().map(|hit| {
        let body: Value = serde_json::from_slice(&hit.body).expect("JSON");
        (hit.headers["webhook-id"].to_str().expect("text"), body["verified"].clone())
    });
    let (verified, claimed) = (format!("{}_v", id(1)), id(1));
    let expected = [(&verified[..], json!(true)), (&claimed, json!(false))];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    let traced =
        backend.owner.get(&backend.fixture, &format!("{DEMO}/events/{claimed}")).await.json();
    assert_eq!(
        (&traced["events"][0]["verified"], &traced["events"][1]["verified"]),
        (&json!(false), &json!(true))
    );

    for (body, status) in [("{}".to_owned(), 400), ("x".repeat(256 * 1024 + 1), 413)] {
        assert_eq!(backend.send(DEMO, secret, &body).await.problem().0, status);
    }
    let token = format!("{}/{}", backend.tokens, backend.id);
    let revoked = backend.owner.write(&backend.fixture, "DELETE", &token, &json!({})).await;
    assert_eq!(revoked.status, 204);
    assert_eq!(backend.send(DEMO, secret, &one_event()).await.problem().0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_apps_event_token_sends_its_events_and_does_nothing_else() {
    let backend = Backend::start().await;
    let Backend { fixture, owner, secret, .. } = &backend;
    let unknown = format!("c2ce_{}", "0".repeat(64));
    let expected = backend.send(DEMO, &unknown, &one_event()).await;
    assert_eq!(expected.problem(), (401, "no-such-token".to_owned()));
    let wish = json!({"name": "x", "role": "owner", "apps": null, "hours": 1});
    let api = owner.write(fixture, "POST", "/api/tokens", &wish).await.json();
    for (app, token) in [
        (DEMO, api["secret"].as_str().expect("a token")),
        (DEMO, &secret.replace("c2ce_", "c2c_")),
        (&backend.other, secret),
        ("/api/apps/none", secret),
    ] {
        let reply = backend.send(app, token, &one_event()).await;
        assert_eq!((reply.status, &reply.body), (401, &expected.body), "{app} {token}");
    }
    let by_session =
        fixture.write_with("POST", &format!("{DEMO}/events"), &[&owner.0], &batch(&[])).await;
    assert_eq!(by_session.problem(), (401, "no-event-token".to_owned()));
    let bearer = format!("authorization: Bearer {secret}");
    for path in [DEMO, "/api/apps", &backend.tokens, "/api/session"] {
        let reply = fixture.get(To::Console, path, &[&bearer]).await;
        assert_eq!(reply.problem(), (401, "no-such-token".to_owned()), "{path}");
    }
    assert!(backend.list().await.json()["tokens"][0]["usedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sign_in_an_event_token_is_needed_nevertheless() {
    let fixture = fixture(&[]).await;
    let events = batch(&[envelope("custom:chat_opened", 1)]);
    let reply = fixture.write("POST", &format!("{DEMO}/events"), &events).await;
    assert_eq!(reply.problem(), (401, "no-event-token".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_endpoint_that_is_removed_ends() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.write("POST", &format!("{}/pause", endpoint.path), &json!({})).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let reply = fixture.write("DELETE", &endpoint.path, &json!({})).await;
    assert_eq!(reply.status, 204);
    let all = ended(&fixture, 1).await;
    assert_eq!(
        (&all[0]["outcome"], &all[0]["reason"]),
        (&json!("refused"), &json!("endpoint-removed"))
    );
    assert_eq!(receiver.hits().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_collection_have_bounds() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let good = json!({"mode": "mark", "bodyDays": 90, "metaDays": 400, "searchKeys": ["a", "b", "c", "d"]});
    let put = async |body: &Value| {
        let headers = [owner.0.as_str(), "if-match: \"0\""];
        fixture.write_with("PUT", &format!("{DEMO}/integrations/collect"), &headers, body).await
    };
    for (key, value) in [
        ("bodyDays", json!(0)),
        ("bodyDays", json!(91)),
        ("metaDays", json!(89)),
        ("metaDays", json!(401)),
        ("searchKeys", json!(["a", "b", "c", "d", "e"])),
        ("searchKeys", json!(["a", "a"])),
        ("searchKeys", json!([""])),
        ("searchKeys", json!(["order\u{0}Id"])),
        ("searchKeys", json!(["x".repeat(101)])),
        ("mode", json!("all")),
    ] {
        let mut wrong = good.clone();
        wrong[key] = value;
        assert_eq!(put(&wrong).await.problem(), (400, "bad-request".to_owned()), "{wrong}");
    }
    assert_eq!(put(&good).await.status, 200);
}
