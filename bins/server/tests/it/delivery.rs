//! Events on their way from a widget's page to a customer's server.

use std::time::Duration;

use c2c_cluster::Cluster;
use c2c_receivers::{Answer, Hit, Receiver};
use c2c_server::{DeliveryLimits, Limits};
use hyper::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tempfile::TempDir;

use crate::client::{Fixture, PATIENCE, To, eventually};
use crate::console::DEMO;
use crate::integrating::{Endpoint, batch, envelope, id};
use crate::integrations_api::key_file;
use crate::wire::Wire;

async fn fixture(receivers: &[&Receiver]) -> Fixture {
    fixture_with(&Limits::default(), receivers).await
}

async fn fixture_with(limits: &Limits, receivers: &[&Receiver]) -> Fixture {
    let allowed: Vec<_> = receivers.iter().flat_map(|receiver| receiver.allowed()).collect();
    let allowed: Vec<_> = allowed.iter().map(String::as_str).collect();
    let fixture = Fixture::with(limits, &allowed).await;
    fixture.collect(DEMO, "refuse").await;
    fixture
}

fn body(hit: &Hit) -> Value {
    serde_json::from_slice(&hit.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_signed() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let event = envelope("custom:chat_opened", 1);
    fixture.emit_new(DEMO, std::slice::from_ref(&event)).await;

    let hits = receiver.wait(1).await;
    let [hit] = &hits[..] else { panic!("{hits:?}") };
    assert_eq!(
        (hit.path.as_str(), &hit.headers["content-type"]),
        ("/hooks?key=1", &"application/json".parse().expect("a value"))
    );
    assert_eq!(hit.headers["webhook-id"], id(1));
    let webhook = Webhook::new(&endpoint.secret).expect("a secret");
    webhook.verify(&hit.body, &hit.headers).expect("it is signed");
    let body = body(hit);
    assert_eq!(
        (&body["type"], &body["app"], &body["verified"], &body["seq"]),
        (&json!("custom.chat_opened"), &json!("demo"), &json!(false), &json!(1))
    );
    assert_eq!(body["data"], event["data"]);
    // The sender has the name to which the endpoint has agreed.
    assert_eq!(hit.headers["webhook-request-origin"], "widget.localhost");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_twice_is_delivered_once() {
    let receiver = Receiver::taking().await;
    let fixture = fixture(&[&receiver]).await;
    fixture.integrate(DEMO, &receiver).await;
    let event = envelope("custom:chat_opened", 1);
    fixture.emit_new(DEMO, std::slice::from_ref(&event)).await;
    let again = fixture.emit(DEMO, &batch(&[event, envelope("custom:chat_closed", 2)])).await;
    assert_eq!(again.json(), json!({"accepted": 1, "known": 1, "refused": []}));
    let hits = receiver.wait(2).await;
    let mut ids: Vec<_> = hits.iter().map(|hit| hit.headers["webhook-id"].clone()).collect();
    ids.sort();
    assert_eq!(
        ids,
        [id(1), id(2)].map(|id| id.parse::<hyper::header::HeaderValue>().expect("a value"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_sent_again_with_the_same_id_and_body() {
    let failures = std::sync::atomic::AtomicUsize::new(0);
    let receiver = Receiver::start(move |_| {
        let first = failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        Answer::Status(if first { 500 } else { 204 })
    })
    .await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let hits = receiver.wait(2).await;
    assert_eq!(hits[0].headers["webhook-id"], hits[1].headers["webhook-id"]);
    assert_eq!(hits[0].body, hits[1].body);
    assert_ne!(hits[0].headers["webhook-timestamp"], hits[1].headers["webhook-timestamp"]);
    // The first wait of the schedule, and at most a quarter more.
    let waited = hits[1].at - hits[0].at;
    assert!(waited.as_secs_f64() > 4.9, "{waited:?}");
    Webhook::new(&endpoint.secret)
        .expect("a secret")
        .verify(&hits[1].body, &hits[1].headers)
        .expect("signed");
}

/// The server cannot read how to call the endpoint, which says nothing about the endpoint.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_no_failure_of_an_endpoint() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    cluster.database("c2c").expect("a database");
    let wire = Wire::to(cluster.address()).await;
    let (url, folder) = (wire.url("c2c"), TempDir::new().expect("a directory"));
    let (keys, receiver) = (key_file(&folder), Receiver::taking().await);
    let [allow, address] = receiver.allowed();
    let settings = ["--database", &url, "--secrets-key-file", &keys, &allow, &address];
    let limits = Limits { database_timeout: Duration::from_secs(2), ..Limits::default() };
    let fixture = Fixture::with(&limits, &settings).await;
    fixture.collect(DEMO, "refuse").await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    wire.cut_at("sealed_key, public, made_at, ends_at FROM endpoint_secret");
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    wire.cut(1).await;
    receiver.wait(1).await;
    let mut delivery = Value::Null;
    let is_settled = eventually(PATIENCE, async || {
        let all = fixture.read(&format!("{DEMO}/deliveries")).await;
        delivery = all["deliveries"][0].clone();
        delivery["outcome"] == "delivered"
    });
    assert!(is_settled.await, "{delivery}");
    assert_eq!(delivery["attempts"], 2, "{delivery}");
    let path = format!("{DEMO}/deliveries/{}/{}", endpoint.id(), delivery["seq"]);
    let log = fixture.read(&path).await["log"].clone();
    // A first success is told by the delivery itself.
    assert_eq!(log, json!([]));
    let health = fixture.read(&endpoint.path).await["health"].clone();
    assert_eq!((&health["failures"], &health["failedAt"]), (&json!(0), &Value::Null), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_has_not_agreed_gets_nothing() {
    let receiver = Receiver::at([127, 0, 0, 1].into(), None, |_| Answer::Status(200)).await;
    let agreed = Receiver::taking().await;
    let fixture = fixture(&[&receiver, &agreed]).await;
    let endpoint = fixture.add_endpoint(DEMO, &receiver.url()).await;
    fixture.integrate(DEMO, &agreed).await;
    let asked = fixture.write("POST", &format!("{}/agreement", endpoint.path), &json!({})).await;
    let asked = asked.json();
    assert_eq!(asked["endpoint"]["state"], "asked", "{asked}");
    assert_eq!(asked["questions"].as_array().map(Vec::len), Some(2), "{asked}");
    assert!(
        asked["questions"][1]["problem"].as_str().is_some_and(|text| text.contains("challenge"))
    );
    // When the other endpoint has a later event as well, this one would have the first.
    for number in [1_u8, 2] {
        fixture.emit_new(DEMO, &[envelope("custom:chat_opened", number.into())]).await;
        agreed.wait(number.into()).await;
    }
    // The challenge, and no event.
    let hits = receiver.hits();
    assert_eq!(
        hits.iter().map(|hit| body(hit)["type"].clone()).collect::<Vec<_>>(),
        ["c2c.challenge"]
    );
    let test = fixture.write("POST", &format!("{}/test", endpoint.path), &json!({})).await;
    assert_eq!(test.problem(), (409, "not-agreed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_comes_back_is_an_agreement() {
    let receiver = Receiver::at([127, 0, 0, 1].into(), None, |hit| {
        if hit.method == Method::OPTIONS {
            return Answer::Status(404);
        }
        match body(hit)["data"]["challenge"].as_str() {
            Some(challenge) => Answer::With(200, "x-a", "b".to_owned(), challenge.to_owned()),
            None => Answer::Status(204),
        }
    })
    .await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    assert_eq!(fixture.read(&endpoint.path).await["agreed"], "challenge");
    let test = fixture.write("POST", &format!("{}/test", endpoint.path), &json!({})).await;
    assert_eq!(test.json()["status"], 204, "{test:?}");
}

/// The answer of the one that was asked is no agreement of the one that is there by then.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_changed_while_it_is_asked_has_not_agreed() {
    let receiver = Receiver::at([127, 0, 0, 1].into(), None, |hit| {
        if hit.method == Method::OPTIONS {
            return Answer::Late(Duration::from_secs(2), 404);
        }
        let challenge = body(hit)["data"]["challenge"].as_str().expect("a challenge").to_owned();
        Answer::With(200, "x-a", "b".to_owned(), challenge)
    })
    .await;
    let stranger = Receiver::taking().await;
    let fixture = fixture(&[&receiver, &stranger]).await;
    let endpoint = fixture.add_endpoint(DEMO, &receiver.url()).await;
    let path = format!("{}/agreement", endpoint.path);
    let empty = json!({});
    let (asked, ()) = tokio::join!(fixture.write("POST", &path, &empty), async {
        let is_asked = eventually(PATIENCE, async || receiver.connections() > 0);
        assert!(is_asked.await, "it was not asked");
        change(&fixture, &endpoint, Some(stranger.url()), 8).await;
    });
    assert_eq!(asked.problem(), (409, "endpoint-conflict".to_owned()), "{asked:?}");
    assert_eq!(fixture.read(&endpoint.path).await["state"], "asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_gets_as_many_a_minute_as_it_wants() {
    let receiver = Receiver::at([127, 0, 0, 1].into(), None, |hit| match hit.method.as_str() {
        "OPTIONS" if hit.headers.contains_key("webhook-request-rate") => {
            Answer::Agree { rate: "3" }
        }
        _ => Answer::Status(204),
    })
    .await;
    let free = Receiver::taking().await;
    let fixture = fixture(&[&receiver, &free]).await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.integrate(DEMO, &free).await;
    let rate = async || fixture.read(&endpoint.path).await["ratePerMinute"].clone();
    assert_eq!(rate().await, 3);
    // The rate is kept as long as the agreement is.
    change(&fixture, &endpoint, None, 8).await;
    assert_eq!(rate().await, 3);
    let events: Vec<_> = (0..20).map(|number| envelope("custom:chat_opened", number)).collect();
    fixture.emit_new(DEMO, &events).await;
    // The other endpoint has had all of them by then.
    free.wait(20).await;
    receiver.wait(3).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 20)]).await;
    free.wait(21).await;
    assert_eq!(receiver.hits().len(), 3);
    change(&fixture, &endpoint, Some(format!("http://{}/elsewhere", receiver.address)), 8).await;
    assert_eq!(rate().await, json!(null));
}

/// Adds an endpoint, lets so many events wait for it, and then lets it have them.
async fn backlog(fixture: &Fixture, receiver: &Receiver, number: u64) -> Endpoint {
    let endpoint = fixture.integrate(DEMO, receiver).await;
    let go = async |to: &str| {
        let path = format!("{}/{to}", endpoint.path);
        let reply = fixture.write("POST", &path, &json!({})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    go("pause").await;
    let events: Vec<_> = (0..number).map(|n| envelope("custom:chat_opened", n)).collect();
    for events in events.chunks(50) {
        fixture.emit_new(DEMO, events).await;
    }
    go("resume").await;
    endpoint
}

/// Answers so slowly that one request at a time is told from several.
fn slowly(_: &Hit) -> Answer {
    Answer::Late(SLOW, 204)
}

const SLOW: Duration = Duration::from_millis(20);

/// Changes an endpoint while events wait for it.
async fn change(fixture: &Fixture, endpoint: &Endpoint, url: Option<String>, in_flight_max: u32) {
    let reply = fixture.get(To::Console, &endpoint.path, &[]).await;
    let changed = json!({
        "name": "A receiver", "format": "standard", "filter": ["*"], "inFlightMax": in_flight_max, "url": url
    });
    let reply = fixture.edit(&endpoint.path, reply.header("etag"), &changed).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_goes_to_no_address_that_has_not_agreed() {
    // All that waits is on one page of the list, and takes seconds.
    const EVENTS: usize = 90;
    let very_slowly = |_: &Hit| Answer::Late(Duration::from_millis(300), 204);
    let (receiver, stranger) = (Receiver::start(very_slowly).await, Receiver::taking().await);
    // The server keeps no endpoint, so it reads it before each request.
    let delivery = DeliveryLimits { opened_max: 0, ..DeliveryLimits::default() };
    let limits = Limits { delivery, ..Limits::default() };
    let fixture = fixture_with(&limits, &[&receiver, &stranger]).await;
    let endpoint = backlog(&fixture, &receiver, EVENTS as u64).await;
    receiver.wait(20).await;
    change(&fixture, &endpoint, Some(stranger.url()), 8).await;
    let pending = format!("{DEMO}/deliveries?outcome=pending&limit=100");
    let rests = eventually(PATIENCE, async || {
        let all = fixture.read(&pending).await;
        let mut all = all["deliveries"].as_array().expect("a list").iter();
        all.all(|one| one["underWay"] == false)
    });
    assert!(rests.await, "{}", fixture.read(&pending).await);
    assert!(receiver.hits().len() < EVENTS, "the change came too late");
    assert_eq!(stranger.hits().len(), 0);
    let shown = fixture.read(&endpoint.path).await;
    assert_eq!((&shown["state"], &shown["health"]["failures"]), (&json!("asked"), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_limit_takes_effect_while_events_wait() {
    let receiver = Receiver::start(slowly).await;
    let fixture = fixture(&[&receiver]).await;
    let endpoint = backlog(&fixture, &receiver, 900).await;
    receiver.wait(100).await;
    change(&fixture, &endpoint, None, 1).await;
    let changed = receiver.hits().len();
    let hits = receiver.wait(changed + 60).await;
    // The first of them may have been under way already.
    let (first, last) = (&hits[changed + 40], &hits[changed + 59]);
    let took = last.at.duration_since(first.at);
    assert!(took >= SLOW * 19, "20 requests in {took:?}");
}

/// Deliveries wait behind the requests under way, and those are as many as the endpoint's settings permit.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_delivered_once_by_a_few_requests_at_a_time() {
    let receiver = Receiver::start(slowly).await;
    let fixture = fixture(&[&receiver]).await;
    backlog(&fixture, &receiver, 600).await;
    let mut ids: Vec<_> =
        receiver.wait(600).await.iter().map(|hit| hit.headers["webhook-id"].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), receiver.hits().len()), (600, 600));
    assert_eq!(receiver.most_at_once(), 8);
    // A request opens a connection when the one before it has not been put back yet, so there are some more.
    assert!(receiver.connections() <= 60, "{} connections", receiver.connections());
}

/// When requests begin to fail, those that wait behind them are not sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_endpoint_that_fails_is_given_back() {
    let taken = std::sync::atomic::AtomicUsize::new(0);
    let receiver = Receiver::start(move |_| {
        let number = taken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Answer::Status(if number < 400 { 204 } else { 500 })
    })
    .await;
    let free = Receiver::taking().await;
    let fixture = fixture(&[&receiver, &free]).await;
    fixture.integrate(DEMO, &free).await;
    backlog(&fixture, &receiver, 700).await;
    receiver.wait(401).await;
    // The other endpoint has had so many more by the time at which these would be sent.
    let events: Vec<_> = (700..950).map(|n| envelope("custom:chat_opened", n)).collect();
    for events in events.chunks(50) {
        fixture.emit_new(DEMO, events).await;
    }
    free.wait(950).await;
    // Those that were under way, and those that were claimed before the failures were written.
    let after = receiver.hits().len() - 400;
    assert!(after <= 24, "{after} failed");
}
