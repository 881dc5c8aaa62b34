//! Events on their way to Google Analytics and Meta, for which stand-ins by HTTP check the vendors' rules.

use std::net::SocketAddr;
use std::ops::Deref;
use std::process::Command;
use std::sync::{Arc, Mutex};

use c2c_receivers::{Answer, Hit, Receiver};
use c2c_server::Limits;
use c2c_store::{Database, Store, TracedEvent};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;

use crate::client::{Fixture, PATIENCE, To, eventually, settings};
use crate::console::DEMO;
use crate::integrating::{JSON, batch, envelope, id};
use crate::standin::{Fault, Seen, ga4_collect, meta_events};

const SECRET: &str = "s3cr3t-of-Google";
const TOKEN: &str = "EAAs3cr3tTokenOfTheDataset0123456789";
const EMAIL: &str = "john_smith@gmail.com";
/// The SHA-256 digest of it, as Meta documents it.
const EMAIL_HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64)";
/// A team whose events Meta refuses.
const REFUSED: &str = "refused-team";
const ORDERED: &str = "custom:order_called";

/// Both vendors behind one address.
struct Vendors {
    receiver: Receiver,
    /// Faults of requests to Google, which answers 204 to anything.
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Vendors {
    async fn start() -> Self {
        let faults = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&faults);
        let answer = move |hit: &Hit| {
            let (answer, more) = answer(hit);
            found.lock().expect("a lock").extend(more);
            answer
        };
        let receiver = Receiver::at([127, 0, 0, 1].into(), None, answer).await;
        Self { receiver, faults }
    }

    /// The bodies of the requests, of which none breaks a rule of Google's.
    async fn bodies(&self, number: usize) -> Vec<Value> {
        let hits = self.receiver.wait(number).await;
        assert_eq!(*self.faults.lock().expect("a lock"), []);
        hits.iter().map(|hit| serde_json::from_slice(&hit.body).expect("JSON")).collect()
    }
}

fn answer(hit: &Hit) -> (Answer, Vec<Fault>) {
    let headers: Vec<_> = hit.headers.iter().collect();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("a text")))
        .collect();
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let (method, target) = (hit.method.as_str(), hit.path.as_str());
    let seen = Seen { method, target, headers: &headers, body: &hit.body, now_ms };
    let with =
        |status, body| Answer::With(status, "content-type", "application/json".to_owned(), body);
    if target.contains("/mp/collect") {
        let verdict = ga4_collect(&seen);
        (with(verdict.status, verdict.body), verdict.faults)
    } else if String::from_utf8_lossy(&hit.body).contains(REFUSED) {
        let error = json!({"code": 100, "error_user_title": "Not This", "error_user_msg": "We do not like it."});
        (with(400, json!({ "error": error }).to_string()), Vec::new())
    } else {
        let (status, body) = meta_events(&seen, TOKEN);
        (with(status, body.to_string()), Vec::new())
    }
}

/// A server whose vendors are the stand-ins, and its database.
struct Site {
    fixture: Fixture,
    store: Store,
}

impl Deref for Site {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.fixture
    }
}

async fn site_with(vendors: SocketAddr, more: &[&str]) -> Site {
    let data = TempDir::new().expect("a directory");
    let allowed = format!("--delivery-allow={}/32:{}", vendors.ip(), vendors.port());
    let arguments: Vec<_> = [&allowed[..]].into_iter().chain(more.iter().copied()).collect();
    let mut settings = settings(data.path(), &arguments);
    settings.delivery.send_vendors_to(vendors);
    let file = data.path().join("c2c.db");
    let fixture = Fixture::with_settings(data, &settings, &Limits::default()).await;
    let limits = c2c_store::Limits { snippet_bytes_max: 1 };
    let store = Store::open(&Database::file(&file), limits).await.expect("a database");
    fixture.collect(DEMO, "refuse").await;
    Site { fixture, store }
}

async fn site(vendors: &Vendors) -> Site {
    site_with(vendors.receiver.address, &[]).await
}

fn ga4() -> Value {
    json!({
        "kind": "ga4", "name": "Google", "measurementId": "G-ABC1234", "apiSecret": SECRET,
        "mapping": {
            "client_id": {"from": "/data/ga_client_id"},
            "events": {ORDERED: {"name": "generate_lead", "params": {"team": {"from": "/data/team"}, "note": {"from": "/data/email"}}}}
        }
    })
}

fn meta() -> Value {
    json!({
        "kind": "meta", "name": "Meta", "datasetId": "1234567890", "accessToken": TOKEN,
        "mapping": {"events": {ORDERED: {
            "name": "Contact", "user_data": {"em": {"from": "/data/email"}},
            "custom_data": {"team": {"from": "/data/team"}}
        }}}
    })
}

fn ordered(number: u64) -> Value {
    let mut event = envelope(ORDERED, number);
    event["data"]["ga_client_id"] = json!("1234.5678");
    event["data"]["team"] = json!("sales");
    event["data"]["email"] = json!(EMAIL);
    event
}

impl Site {
    /// Adds an endpoint, and gives its address in the API.
    async fn add(&self, body: &Value) -> String {
        let reply = self.write("POST", &format!("{DEMO}/endpoints"), body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let made = reply.json();
        assert_eq!((&made["secret"], &made["endpoint"]["state"]), (&json!(null), &json!("active")));
        assert_eq!(made["endpoint"]["agreed"], "not-needed");
        format!("{DEMO}/endpoints/{}", made["endpoint"]["id"].as_str().expect("an id"))
    }

    /// Sends an event with a visitor's decision, as a browser does.
    async fn decide(&self, consent: &str, event: Value) {
        let origin = format!("origin: {}", self.origin(To::Widget));
        let agent = format!("user-agent: {AGENT}");
        let headers = [&origin[..], JSON, "sec-fetch-site: same-origin", &agent];
        let mut batch = batch(&[event]);
        batch["consent"] = json!(consent);
        let body = batch.to_string();
        let reply = self.send(To::Widget, "POST", "/e/demo", &headers, &body).await;
        assert_eq!(reply.json(), json!({"accepted": 1, "known": 0, "refused": []}));
    }

    /// The answers of the attempts for an event that are kept.
    async fn answers(&self, number: u64) -> Vec<String> {
        let event = self.event(number).await;
        let attempts = event.deliveries.into_iter().flat_map(|delivery| delivery.attempts);
        attempts.map(|attempt| String::from_utf8_lossy(&attempt.answer).into_owned()).collect()
    }

    async fn event(&self, number: u64) -> TracedEvent {
        let app = "demo".parse().expect("an app id");
        let id = id(number).parse().expect("an event's id");
        self.store.event(&app, id).await.expect("it is there").remove(0)
    }

    /// How many deliveries ended in this way.
    async fn ended(&self, endpoint: &str, outcome: &str, reason: &str) -> Value {
        let all = self.read(&format!("{DEMO}/integrations")).await;
        let id = endpoint.rsplit('/').next();
        let accounts = all["accounts"].as_array().expect("a list");
        let account = accounts.iter().find(|account| account["endpoint"].as_str() == id);
        let ended = account.expect("its account")["ended"].as_array().expect("a list");
        let same = |ended: &&Value| ended["outcome"] == outcome && ended["reason"] == reason;
        ended.iter().find(same).map_or(json!(0), |ended| ended["number"].clone())
    }

    async fn wait_for_end(&self, endpoint: &str, outcome: &str, reason: &str) {
        let ended = async || self.ended(endpoint, outcome, reason).await == 1;
        assert!(eventually(PATIENCE, ended).await, "{:?}", self.read(endpoint).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn google_gets_an_event_once_and_without_personal_data() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoint = site.add(&ga4()).await;
    site.emit_new(DEMO, &[ordered(1)]).await;
    site.emit(DEMO, &batch(&[ordered(1)])).await;
    site.emit_new(DEMO, &[envelope("custom:unmapped", 2)]).await;
    site.wait_for_end(&endpoint, "delivered", "success").await;
    let bodies = vendors.bodies(1).await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["client_id"], "1234.5678");
    assert_eq!(bodies[0]["events"][0]["name"], "generate_lead");
    assert_eq!(bodies[0]["events"][0]["params"], json!({"team": "sales"}));
    assert!(!bodies[0].to_string().contains(EMAIL));
    assert_eq!(site.answers(1).await, ["left out: note (personal)"]);
    assert_eq!(site.ended(&endpoint, "suppressed", "filter").await, 1);
    // No endpoint needs to know the visitor's address.
    assert_eq!(site.event(1).await.event.hit, None);
    let hit = &vendors.receiver.hits()[0];
    assert_eq!(hit.path, format!("/mp/collect?measurement_id=G-ABC1234&api_secret={SECRET}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_gets_an_event_with_its_id_and_hashes() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoint = site.add(&meta()).await;
    site.decide("granted", ordered(1)).await;
    site.wait_for_end(&endpoint, "delivered", "success").await;
    let bodies = vendors.bodies(1).await;
    let event = &bodies[0]["data"][0];
    assert_eq!((&event["event_name"], &event["event_id"]), (&json!("Contact"), &json!(id(1))));
    assert_eq!(event["user_data"]["em"], json!([EMAIL_HASH]));
    assert_eq!(event["user_data"]["client_ip_address"], "127.0.0.1");
    assert_eq!(event["user_data"]["client_user_agent"], AGENT);
    assert_eq!(event["event_source_url"], "https://shop.example/");
    assert_eq!(event["custom_data"], json!({"team": "sales"}));
    assert!(!bodies[0].to_string().contains(EMAIL));
    let hit = &vendors.receiver.hits()[0];
    assert_eq!(hit.path, "/v25.0/1234567890/events");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_sent() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoints = [site.add(&ga4()).await, site.add(&meta()).await];
    site.decide("not-asked", ordered(1)).await;
    site.decide("unknown", ordered(2)).await;
    for endpoint in &endpoints {
        assert_eq!(site.ended(endpoint, "suppressed", "consent").await, 2);
        // An owner says that the page around the widget asks.
        let takes = json!({"takesNotAsked": true});
        let reply = site.edit(&format!("{endpoint}/consent"), "\"1\"", &takes).await;
        assert_eq!(
            (reply.status, &reply.json()["takesNotAsked"]),
            (200, &json!(true)),
            "{reply:?}"
        );
    }
    site.decide("not-asked", ordered(3)).await;
    site.decide("unknown", ordered(4)).await;
    for endpoint in &endpoints {
        site.wait_for_end(endpoint, "delivered", "success").await;
        assert_eq!(site.ended(endpoint, "suppressed", "consent").await, 3);
    }
    assert_eq!(vendors.bodies(2).await.len(), 2);
    let audit = site.read(&format!("{DEMO}/audit")).await.to_string();
    assert!(audit.contains(r#""consents":["granted","not-asked"]"#), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_never_gets_facts_of_the_request() {
    let vendors = Vendors::start().await;
    let receiver = Receiver::taking().await;
    let [flag, allowed] = receiver.allowed();
    let site = site_with(vendors.receiver.address, &[&flag, &allowed]).await;
    let endpoint = site.add(&meta()).await;
    site.integrate(DEMO, &receiver).await;
    site.decide("granted", ordered(1)).await;
    site.wait_for_end(&endpoint, "delivered", "success").await;
    let hits = receiver.wait(1).await;
    let body = String::from_utf8_lossy(&hits[0].body);
    for fact in [AGENT, "127.0.0.1", "shop.example"] {
        assert!(!body.contains(fact), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_disable_the_endpoint_until_there_are_others() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let mut wrong = meta();
    wrong["accessToken"] = json!("EAAwrongTokenOfTheDataset0123");
    let endpoint = site.add(&wrong).await;
    site.decide("granted", ordered(1)).await;
    let disabled = async || site.read(&endpoint).await["state"] == "disabled";
    assert!(eventually(PATIENCE, disabled).await);
    let shown = site.read(&endpoint).await;
    assert_eq!(shown["stateReason"], "credentials");
    // The event waits, and is delivered with the right token.
    let version = format!("\"{}\"", shown["version"]);
    let right = json!({"kind": "meta", "name": "Meta", "accessToken": TOKEN, "inFlightMax": 8});
    let reply = site.edit(&endpoint, &version, &right).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["mapping"], wrong["mapping"]);
    let enabled = site.write("POST", &format!("{endpoint}/agreement"), &json!({})).await;
    assert_eq!(enabled.json()["endpoint"]["state"], "active", "{enabled:?}");
    site.wait_for_end(&endpoint, "delivered", "success").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_the_vendor_thinks() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let google = site.add(&json!({"kind": "ga4", "name": "Google", "measurementId": "G-ABC1234", "apiSecret": SECRET})).await;
    let tried = site.write("POST", &format!("{google}/test"), &json!({})).await.json();
    assert_eq!(
        (&tried["status"], &tried["findings"], &tried["problem"]),
        (&json!(200), &json!([]), &json!(null)),
        "{tried}"
    );
    assert_eq!((&tried["event"], &tried["omitted"]), (&json!("call_ended"), &json!([])), "{tried}");
    let bodies = vendors.bodies(1).await;
    assert_eq!(bodies[0]["validation_behavior"], "ENFORCE_RECOMMENDATIONS");

    let meta = site.add(&json!({"kind": "meta", "name": "Meta", "datasetId": "1234567890", "accessToken": TOKEN})).await;
    let refused = site.write("POST", &format!("{meta}/test"), &json!({})).await;
    assert_eq!(refused.problem(), (409, "no-test-code".to_owned()));
    assert_eq!(vendors.receiver.hits().len(), 1);
    let coded =
        json!({"kind": "meta", "name": "Meta", "testEventCode": "TEST123", "inFlightMax": 8});
    assert_eq!(site.edit(&meta, "\"1\"", &coded).await.status, 200);
    let tried = site.write("POST", &format!("{meta}/test"), &json!({})).await.json();
    assert_eq!((&tried["status"], &tried["problem"]), (&json!(200), &json!(null)), "{tried}");
    let bodies = vendors.bodies(2).await;
    assert_eq!(bodies[1]["test_event_code"], "TEST123");
    let uncoded = json!({"kind": "meta", "name": "Meta", "testEventCode": null, "inFlightMax": 8});
    assert_eq!(site.edit(&meta, "\"2\"", &uncoded).await.status, 200);
    let refused = site.write("POST", &format!("{meta}/test"), &json!({})).await;
    assert_eq!(refused.problem(), (409, "no-test-code".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_of_a_vendor_is_shown_in_its_words() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoint = site.add(&meta()).await;
    let mut event = ordered(1);
    event["data"]["team"] = json!(REFUSED);
    site.decide("granted", event).await;
    site.wait_for_end(&endpoint, "refused", "vendor").await;
    let words = "Not This: We do not like it. (status 400, code 100)";
    assert_eq!(site.answers(1).await, [words]);
    // The endpoint is well, and gets the next one.
    site.decide("granted", ordered(2)).await;
    site.wait_for_end(&endpoint, "delivered", "success").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_without_a_request_says_nothing_about_its_endpoint() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoint = site.add(&ga4()).await;
    site.emit_new(DEMO, &[envelope(ORDERED, 1)]).await;
    site.wait_for_end(&endpoint, "suppressed", "no-client-id").await;
    let health = site.read(&endpoint).await["health"].clone();
    assert_eq!((&health["succeededAt"], &health["last"]), (&json!(null), &json!(null)));
    assert_eq!(vendors.receiver.hits().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptions_that_are_wrong_are_refused_with_their_place() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let refused = async |mut body: Value, key: &str, value: Value, expected: &str| {
        body[key] = value;
        let reply = site.write("POST", &format!("{DEMO}/endpoints"), &body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()));
        assert!(reply.text().contains(expected), "{reply:?}");
        assert!(!reply.text().contains(SECRET) && !reply.text().contains(TOKEN), "{reply:?}");
    };
    refused(ga4(), "url", json!("https://crm.example"), "unknown field `url`").await;
    refused(ga4(), "kind", json!("meta"), "unknown field").await;
    refused(ga4(), "kind", json!("other"), "is not one of").await;
    refused(ga4(), "measurementId", json!("UA-1"), "measurement_id: must be").await;
    refused(ga4(), "apiSecret", json!("a b"), "api_secret: must be").await;
    refused(meta(), "datasetId", json!("x"), "dataset_id: must be").await;
    refused(meta(), "accessToken", json!(""), "access_token: must be").await;
    refused(meta(), "inFlightMax", json!(33), "/inFlightMax: 1 to 32").await;
    let none = json!({"client_id": {"from": "/data/id"}, "events": {}});
    refused(ga4(), "mapping", none, "/mapping/events: ").await;
    let event = json!({"name": "click"});
    let reserved = json!({"client_id": {"from": "/data/id"}, "events": {ORDERED: event}});
    refused(ga4(), "mapping", reserved, "/mapping/events/custom:order_called/name: ").await;
    // A kind does not change.
    let endpoint = site.add(&ga4()).await;
    let other = json!({"kind": "meta", "name": "Meta", "inFlightMax": 8});
    assert_eq!(
        site.edit(&endpoint, "\"1\"", &other).await.problem(),
        (400, "endpoint-kind".to_owned())
    );
    let webhook = json!({"name": "x", "format": "standard", "filter": ["*"], "inFlightMax": 8});
    assert_eq!(
        site.edit(&endpoint, "\"1\"", &webhook).await.problem(),
        (400, "endpoint-kind".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mapping_the_default_one_holds() {
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    for (kind, events) in [
        ("ga4", json!(["call_ended", "call_error", "call_started", "survey_submitted"])),
        ("meta", json!(["call_ended", "call_started"])),
    ] {
        let mut body = if kind == "ga4" { ga4() } else { meta() };
        body.as_object_mut().expect("an object").remove("mapping");
        let shown = site.read(&site.add(&body).await).await;
        assert_eq!((&shown["kind"], &shown["filter"]), (&json!(kind), &events), "{shown}");
        assert!(shown["mapping"]["events"]["call_started"].is_object(), "{shown}");
    }
}

/// It runs in a process of its own: in one with other tests, which have no log, events of the log get lost.
#[test]
fn no_secret_of_a_vendor_is_logged_or_shown() {
    const ALONE: &str = "C2C_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let this = std::env::current_exe().expect("this program");
        let name = "vendor_delivery::no_secret_of_a_vendor_is_logged_or_shown";
        let output = Command::new(this).args(["--exact", name]).env(ALONE, "1").output();
        let output = output.expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(log_and_look());
}

/// All that is written down, at the most verbose, and all that people see.
async fn log_and_look() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // The tasks of this test are all on this thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let vendors = Vendors::start().await;
    let site = site(&vendors).await;
    let endpoints = [site.add(&ga4()).await, site.add(&meta()).await];
    site.decide("granted", ordered(1)).await;
    for endpoint in &endpoints {
        site.wait_for_end(endpoint, "delivered", "success").await;
        site.write("POST", &format!("{endpoint}/test"), &json!({})).await;
    }
    // Nothing listens there any more.
    drop(vendors);
    site.decide("granted", ordered(2)).await;
    let failed = async || site.answers(2).await.len() == 2;
    assert!(eventually(PATIENCE, failed).await);
    let mut seen = String::from_utf8_lossy(&log.0.lock().expect("a lock")).into_owned();
    assert!(
        seen.contains("hyper_util::client::legacy::client"),
        "the log has nothing of the client"
    );
    seen += &site.answers(2).await.concat();
    for path in [
        &format!("{DEMO}/integrations")[..],
        &format!("{DEMO}/audit"),
        &endpoints[0],
        &endpoints[1],
    ] {
        seen += &site.read(path).await.to_string();
    }
    for secret in [SECRET, TOKEN, "api_secret="] {
        let found = seen.find(secret).map(|at| &seen[at.saturating_sub(300)..at]);
        assert_eq!(found, None);
    }
}

/// The log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

const CHAT: &str = r#"
name = "chat"
version = "1.0.0"

[events."chat.closed"]
since = "1.0.0"
summary = "A chat has ended."
when = "The visitor has closed it."

[events."chat.closed".fields.words]
type = "string"
summary = "The visitor's last words."
example = "bye"
privacy = "personal"

[events."chat.closed".fields.visitor]
type = "object"
summary = "The visitor."
privacy = "none"

[events."chat.closed".fields.visitor.fields.name]
type = "string"
summary = "The visitor's name."
example = "Mary"
privacy = "personal"
"#;

/// The provider's own catalogue says what is personal.
#[tokio::test(flavor = "multi_thread")]
async fn personal_fields_are_those_of_the_servers_catalogue() {
    let vendors = Vendors::start().await;
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join("chat.toml");
    std::fs::write(&file, CHAT).expect("it can be written");
    let file = file.to_str().expect("UTF-8");
    let site = site_with(vendors.receiver.address, &["--catalogue", file]).await;
    let mut chat = ga4();
    for place in ["/data/words", "/data/visitor/name"] {
        let params = json!({"words": {"from": place}});
        chat["mapping"]["events"] =
            json!({"chat.closed": {"name": "chat_closed", "params": params}});
        let reply = site.write("POST", &format!("{DEMO}/endpoints"), &chat).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()));
        let expected = "/mapping/events/chat.closed/params/words: the catalogue calls the field";
        assert!(reply.text().contains(expected), "{reply:?}");
    }
    // The default mapping has nothing for such a catalogue.
    chat.as_object_mut().expect("an object").remove("mapping");
    let reply = site.write("POST", &format!("{DEMO}/endpoints"), &chat).await;
    assert!(reply.text().contains("/mapping/events: names no event"), "{reply:?}");
}
