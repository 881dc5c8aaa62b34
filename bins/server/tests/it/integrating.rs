//! The steps from an event in a browser to a customer's server, in one call for each.

use std::net::Ipv4Addr;

use c2c_receivers::Receiver;
use serde_json::{Value, json};

use crate::client::{Client, Reply, To, request};

pub(crate) const JSON: &str = "content-type: application/json";

/// An endpoint that was added.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Its address in the API.
    pub(crate) path: String,
    pub(crate) secret: String,
}

impl Endpoint {
    pub(crate) fn id(&self) -> &str {
        self.path.rsplit('/').next().expect("the last part")
    }
}

/// The id of an envelope, different for each number.
pub(crate) fn id(number: u64) -> String {
    format!("01956b4e-3c00-7000-8000-{number:012x}")
}

/// An envelope of custom code, of now.
pub(crate) fn envelope(name: &str, number: u64) -> Value {
    let now = jiff::Timestamp::now();
    json!({"name": name, "data": {"context": {"orderId": "A-1"}, "n": number}, "timestamp": now, "id": id(number), "seq": number})
}

pub(crate) fn batch(events: &[Value]) -> Value {
    json!({"c2c": 1, "consent": "granted", "page": "https://shop.example/", "events": events})
}

impl Client {
    /// Lets an app take events.
    pub(crate) async fn collect(&self, app: &str, mode: &str) {
        let body = json!({"mode": mode, "bodyDays": 30, "metaDays": 90, "searchKeys": ["orderId"]});
        let version = self.read(&format!("{app}/integrations")).await["collectVersion"].clone();
        let path = format!("{app}/integrations/collect");
        let reply = self.edit(&path, &format!("\"{version}\""), &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Sends a batch, as a widget's page does.
    pub(crate) async fn emit(&self, app: &str, batch: &Value) -> Reply {
        let origin = format!("origin: {}", self.origin(To::Widget));
        let app = app.rsplit('/').next().expect("an id");
        let headers = [&origin[..], JSON, "sec-fetch-site: same-origin"];
        self.send(To::Widget, "POST", &format!("/e/{app}"), &headers, &batch.to_string()).await
    }

    /// Sends a batch from a loopback address: another client for each.
    pub(crate) async fn emit_from(&self, client: Ipv4Addr, app: &str, batch: &Value) -> Reply {
        let host = format!("host: {}", self.host(To::Widget));
        let origin = format!("origin: {}", self.origin(To::Widget));
        let app = app.rsplit('/').next().expect("an id");
        let headers = [&host[..], &origin, JSON];
        let request = request("POST", &format!("/e/{app}"), &headers, &batch.to_string());
        let mut connection = self.connect_from(client, To::Widget).await;
        connection.send(&request).await;
        connection.reply("POST").await
    }

    /// Sends events, and makes sure that each was new.
    pub(crate) async fn emit_new(&self, app: &str, events: &[Value]) {
        let reply = self.emit(app, &batch(events)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json(), json!({"accepted": events.len(), "known": 0, "refused": []}));
    }

    /// Adds an endpoint that was not asked.
    pub(crate) async fn add_endpoint(&self, app: &str, url: &str) -> Endpoint {
        let body = json!({"name": "A receiver", "url": url});
        let reply = self.write("POST", &format!("{app}/endpoints"), &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let made = reply.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let id = text(&made["endpoint"]["id"]);
        let path = format!("{app}/endpoints/{id}");
        Endpoint { path, secret: text(&made["secret"]) }
    }

    /// Adds an endpoint, and makes it active without a question.
    pub(crate) async fn add_active(&self, app: &str, url: &str) -> Endpoint {
        let endpoint = self.add_endpoint(app, url).await;
        let skip = format!("{}/skip-agreement", endpoint.path);
        let (first, reason) = ("if-match: \"1\"", json!({"reason": "a test"}));
        let reply = self.write_with("POST", &skip, &[first], &reason).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        endpoint
    }

    /// Adds a receiver as an endpoint, and asks it.
    pub(crate) async fn integrate(&self, app: &str, receiver: &Receiver) -> Endpoint {
        let endpoint = self.add_endpoint(app, &receiver.url()).await;
        let asked = format!("{}/agreement", endpoint.path);
        let reply = self.write("POST", &asked, &json!({})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["endpoint"]["state"], "active", "{reply:?}");
        endpoint
    }
}
