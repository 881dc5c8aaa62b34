//! Apps, endpoints and events, by way of the store.

use std::fmt::Display;

use c2c_delivery::{
    About, Agreement, CollectMode, Consent, EndpointId, Filter, Format, Keyring, Kind,
    WebhookSecret,
};
use c2c_names::AppId;
use c2c_store::{
    Actor, CollectSettings, Database, EndpointMove, EndpointSettings, Incoming, Limits, NewApp,
    NewEndpoint, NewEvent, NewSecret, Sealed, Store, Timestamp, Version,
};

use crate::batches::{NAME, envelope, id};

/// The key of the secrets in the databases.
pub(crate) const KEY: &str = "YmVuY2htYXJrYmVuY2htYXJrYmVuY2htYXJrYmVuY2g=";
/// The secret with which webhooks are signed.
pub(crate) const SECRET: [u8; 32] = [7; 32];
/// Deliveries of an endpoint that are under way at a time: the product's own default.
pub(crate) const IN_FLIGHT: u32 = 8;
/// Events of one transaction.
const GROUP: u64 = 1000;

pub(crate) async fn open(url: &str) -> Store {
    let database: Database = url.parse().expect("an address");
    Store::open(&database, Limits::default()).await.expect("it opens")
}

/// The app with a number.
pub(crate) fn app(number: usize) -> AppId {
    format!("app-{number:03}").parse().expect("an id")
}

/// Makes an app that takes events.
pub(crate) async fn make_app(store: &Store, app: &AppId) {
    store.create(&by(), app, &NewApp::default()).await.expect("an app");
    let settings = CollectSettings { mode: CollectMode::Refuse, ..CollectSettings::default() };
    store.configure_collect(&by(), app, Version::new(0), &settings).await.expect("it collects");
}

/// Adds an active webhook that gets all events, at a receiver's host and port.
pub(crate) async fn make_webhook(store: &Store, app: &AppId, receiver: impl Display) -> EndpointId {
    let host = receiver.to_string();
    let ring = Keyring::parse(KEY).expect("a key");
    let seal = |about, plain: &[u8]| {
        let sealed = ring.seal([0; 12], about, plain);
        Sealed { bytes: sealed.bytes, key: sealed.key.to_string() }
    };
    let endpoint = EndpointId::random();
    let secret = WebhookSecret::new(SECRET);
    let about = About::Secret { app, endpoint, id: "first" };
    let secret = NewSecret {
        id: "first".to_owned(),
        scheme: "v1".to_owned(),
        sealed: seal(about, secret.reveal().as_bytes()),
        public: None,
    };
    let settings = EndpointSettings {
        name: "A receiver".parse().expect("a name"),
        target: seal(About::Target { app, endpoint }, url(&host).as_bytes()),
        host,
        format: Format::Standard,
        filter: Filter::try_from(vec!["*".to_owned()]).expect("a filter"),
        consents: Consent::ALL.to_vec(),
        mapping: "{}".to_owned(),
        in_flight_max: IN_FLIGHT,
        rate_per_minute: None,
    };
    let (kind, agreed) = (Kind::Webhook, Agreement::Challenge);
    let new = NewEndpoint { id: endpoint, kind, settings, agreed, secrets: vec![secret] };
    store.add_endpoint(&by(), app, &new).await.expect("an endpoint");
    endpoint
}

/// The address of a receiver, as an endpoint has it.
pub(crate) fn url(receiver: impl Display) -> String {
    format!("https://{receiver}/hooks/c2c?key=1")
}

/// Lets what is for an endpoint wait.
pub(crate) async fn pause(store: &Store, app: &AppId, endpoint: EndpointId) {
    store.move_endpoint(&by(), app, endpoint, &EndpointMove::Pause).await.expect("it pauses");
}

/// Takes so many events in, in turn for each of the apps.
pub(crate) async fn take_in(store: &Store, apps: &[AppId], number: u64) {
    let mut apps = apps.iter().cycle();
    for first in (0..number).step_by(usize::try_from(GROUP).expect("small")) {
        let events = (first..(first + GROUP).min(number)).map(event).collect();
        let app = apps.next().expect("an app").clone();
        let batch = Incoming { app, verified: false, events, hit: None, refused: Vec::new() };
        store.ingest(&[batch], Timestamp::now()).await.expect("they are taken");
    }
}

fn event(number: u64) -> NewEvent {
    NewEvent {
        id: id(number).parse().expect("an id"),
        name: NAME.to_owned(),
        happened_at: Timestamp::now(),
        consent: Consent::Granted,
        marks: None,
        body: envelope(number).to_string().into_bytes(),
        keys: Vec::new(),
    }
}

fn by() -> Actor {
    "bench".parse().expect("an actor")
}
