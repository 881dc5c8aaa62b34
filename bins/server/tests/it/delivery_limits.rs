//! The limits on what is under way to endpoints, each made small.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use c2c_receivers::{Answer, Receiver};
use c2c_server::{DeliveryLimits, Limits};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Client, Fixture, PATIENCE, eventually};
use crate::console::DEMO;
use crate::integrating::envelope;

/// Far longer than any test waits.
const NEVER: Duration = Duration::from_hours(1);
/// More requests of a person at once than any test makes.
const MANY: NonZeroU32 = NonZeroU32::new(10_000).expect("not zero");

async fn server(delivery: DeliveryLimits, receivers: &[&Receiver]) -> Fixture {
    let allowed: Vec<_> = receivers.iter().flat_map(|receiver| receiver.allowed()).collect();
    let allowed: Vec<_> = allowed.iter().map(String::as_str).collect();
    let limits = Limits { delivery, caller_requests_burst: MANY, ..Limits::default() };
    Fixture::with(&limits, &allowed).await
}

/// A receiver that agrees to get events, and then answers none.
async fn hanging() -> Receiver {
    Receiver::start(|_| Answer::Hang).await
}

/// An app that takes events, and has a receiver.
async fn app(fixture: &Fixture, name: &str, receiver: &Receiver) -> String {
    let app = fixture.create(name).await;
    fixture.collect(&app, "refuse").await;
    fixture.integrate(&app, receiver).await;
    app
}

/// Sends events in one batch, so that one claim finds all of them.
async fn emit(client: &Client, app: &str, numbers: std::ops::Range<u64>) {
    let events: Vec<_> = numbers.map(|number| envelope("custom:visit_ended", number)).collect();
    client.emit_new(app, &events).await;
}

/// The number of an app's deliveries that a server is at.
async fn under_way(fixture: &Fixture, app: &str) -> usize {
    let all = fixture.read(&format!("{app}/deliveries?outcome=pending")).await;
    let all = all["deliveries"].as_array().expect("a list");
    all.iter().filter(|one| one["underWay"] == true).count()
}

async fn delivered(fixture: &Fixture, app: &str, number: usize) {
    let path = format!("{app}/deliveries?outcome=delivered");
    let are = eventually(PATIENCE, async || {
        fixture.read(&path).await["deliveries"].as_array().map(Vec::len) == Some(number)
    });
    assert!(are.await, "{}", fixture.read(&path).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_hang_take_only_the_share_of_suspects() {
    let (good, bad, worse) = (Receiver::taking().await, hanging().await, hanging().await);
    let limits = DeliveryLimits { suspect_requests_max: 3, ..DeliveryLimits::default() };
    let fixture = server(limits, &[&good, &bad, &worse]).await;
    // It has answered well, so it is no suspect.
    let healthy = app(&fixture, "Healthy", &good).await;
    emit(&fixture, &healthy, 0..1).await;
    delivered(&fixture, &healthy, 1).await;

    let (one, other) = (app(&fixture, "One", &bad).await, app(&fixture, "Other", &worse).await);
    emit(&fixture, &one, 0..6).await;
    emit(&fixture, &other, 0..6).await;
    let all = async || under_way(&fixture, &one).await + under_way(&fixture, &other).await;
    assert!(eventually(PATIENCE, async || all().await == 3).await, "{}", all().await);
    // All of these begin while the others hang.
    emit(&fixture, &healthy, 1..9).await;
    good.wait(9).await;
    delivered(&fixture, &healthy, 9).await;
    assert!(all().await <= 3, "{}", all().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_takes_only_its_share() {
    let (good, bad, worse) = (Receiver::taking().await, hanging().await, hanging().await);
    let limits = DeliveryLimits { app_requests_max: 3, ..DeliveryLimits::default() };
    let fixture = server(limits, &[&good, &bad, &worse]).await;
    let greedy = app(&fixture, "Greedy", &bad).await;
    fixture.integrate(&greedy, &worse).await;
    let modest = app(&fixture, "Modest", &good).await;
    emit(&fixture, &greedy, 0..6).await;
    let three = async || under_way(&fixture, &greedy).await == 3;
    assert!(eventually(PATIENCE, three).await, "{}", under_way(&fixture, &greedy).await);
    emit(&fixture, &modest, 0..6).await;
    good.wait(6).await;
    delivered(&fixture, &modest, 6).await;
    let number = under_way(&fixture, &greedy).await;
    assert!(number <= 3, "{number}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_requests_together_have_a_bound() {
    let (bad, worse) = (hanging().await, hanging().await);
    let limits = DeliveryLimits {
        requests_max: 3,
        // All of them hang.
        prompt: Duration::ZERO,
        ..DeliveryLimits::default()
    };
    let fixture = server(limits, &[&bad, &worse]).await;
    let (one, other) = (app(&fixture, "One", &bad).await, app(&fixture, "Other", &worse).await);
    emit(&fixture, &one, 0..6).await;
    let three = async || under_way(&fixture, &one).await == 3;
    assert!(eventually(PATIENCE, three).await, "{}", under_way(&fixture, &one).await);
    emit(&fixture, &other, 0..6).await;
    // They wait until the first ones were given up, 15 seconds after they began.
    let hits = worse.wait(1).await;
    let waited = hits[0].at - bad.hits()[0].at;
    assert!(waited > Duration::from_secs(13), "{waited:?}");
}

/// Adds three hundred endpoints of a receiver, ten to each of thirty apps, and gives each of them a backlog of three events.
async fn crowd(fixture: &Fixture, receiver: &Receiver) {
    let mut apps = JoinSet::new();
    for number in 0..30 {
        let (client, url) = (Client::clone(fixture), receiver.url());
        apps.spawn(async move {
            let app = client.create(&format!("Crowd {number}")).await;
            client.collect(&app, "refuse").await;
            for number in 0..10 {
                client.add_active(&app, &format!("{url}{number}")).await;
            }
            emit(&client, &app, 0..3).await;
        });
    }
    apps.join_all().await;
}

/// Events for a healthy endpoint arrive within a second each, beside a crowd that hangs. Of its events, so many begin, and
/// the others have to wait for these.
async fn a_crowd_that_hangs_delays_no_event(delivery: DeliveryLimits, begun: usize) {
    let (good, bad) = (Receiver::taking().await, hanging().await);
    let fixture = server(delivery, &[&good, &bad]).await;
    // It has answered well, so it is no suspect.
    let healthy = app(&fixture, "Healthy", &good).await;
    emit(&fixture, &healthy, 0..1).await;
    delivered(&fixture, &healthy, 1).await;
    crowd(&fixture, &bad).await;
    bad.wait(begun).await;
    for before in 1..11 {
        let sent = Instant::now();
        let number = u64::try_from(before).expect("small");
        emit(&fixture, &healthy, number..number + 1).await;
        let hits = good.wait(before + 1).await;
        let took = hits[before].at.saturating_duration_since(sent);
        assert!(took < Duration::from_secs(1), "{took:?} for event {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_suspects_delays_no_event() {
    let limits = DeliveryLimits::default();
    a_crowd_that_hangs_delays_no_event(limits, 64).await;
}

/// There would be room for suspects, but each app has used its share.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_apps_at_their_share_delays_no_event() {
    let limits = DeliveryLimits { app_requests_max: 1, ..DeliveryLimits::default() };
    a_crowd_that_hangs_delays_no_event(limits, 30).await;
}

/// A look comes at once, and for a second try at its time, however long it is to the next look that comes by itself.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_looked_for_when_they_come_and_when_they_are_due() {
    let failures = std::sync::atomic::AtomicUsize::new(0);
    let receiver = Receiver::start(move |_| {
        let first = failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        Answer::Status(if first { 500 } else { 204 })
    })
    .await;
    let limits = DeliveryLimits { look: NEVER, ..DeliveryLimits::default() };
    let fixture = server(limits, &[&receiver]).await;
    let app = app(&fixture, "Shop", &receiver).await;
    // The server has looked, and found nothing.
    emit(&fixture, &app, 0..1).await;
    receiver.wait(2).await;
    delivered(&fixture, &app, 1).await;
    emit(&fixture, &app, 1..2).await;
    receiver.wait(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_ask_and_try_endpoints_only_so_often() {
    let receiver = Receiver::taking().await;
    let number = |number| NonZeroU32::new(number).expect("not zero");
    let limits = DeliveryLimits { app_tries_burst: number(3), ..DeliveryLimits::default() };
    let fixture = server(limits, &[&receiver]).await;
    // The agreement is the first of three.
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let test = format!("{}/test", endpoint.path);
    for _ in 0..2 {
        assert_eq!(fixture.write("POST", &test, &json!({})).await.json()["status"], 204);
    }
    let refused = fixture.write("POST", &test, &json!({})).await;
    assert_eq!(refused.problem(), (429, "too-many-requests".to_owned()));
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    // One a minute.
    assert!((1..=61).contains(&wait), "{wait}");
    let another = fixture.add_endpoint(DEMO, &receiver.url()).await;
    let asked = fixture.write("POST", &format!("{}/agreement", another.path), &json!({})).await;
    assert_eq!(asked.problem(), (429, "too-many-requests".to_owned()));
    assert_eq!(receiver.hits().len(), 2, "a refused test was sent");
    // Another app has a share of its own.
    app(&fixture, "Other", &receiver).await;
}
