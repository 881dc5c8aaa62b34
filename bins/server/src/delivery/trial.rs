//! Trying endpoints: a test event, sent by a person, and its answer.

use c2c_delivery::vendors::ga4::Finding;
use c2c_delivery::vendors::{Ended, Event, Hit, Omitted, ga4};
use c2c_delivery::{Body, Consent, EndpointId, EndpointState, EventId};
use c2c_names::AppId;
use c2c_store::Timestamp;
use serde_json::json;
use uuid::{Builder, Uuid};

use super::client::Exchange;
use super::manage::{ManageError, unopened};
use super::ready::{Receiver, To};
use super::vendor::{OpenVendor, Vendor};
use super::{Integrations, random, sample};

/// The client of test events.
const NO_BROWSER: &str = concat!("c2c/", env!("CARGO_PKG_VERSION"), " (a test)");
/// The address of test events: one of those that are [for documentation](https://www.rfc-editor.org/rfc/rfc5737).
const NO_ADDRESS: [u8; 4] = [192, 0, 2, 1];

/// A test event, and its answer.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) exchange: Exchange,
    /// The event of the vendor's mapping that was sent.
    pub(crate) event: Option<String>,
    /// The faults that Google named.
    pub(crate) findings: Vec<Finding>,
    /// Parameters of the mapping that were left out.
    pub(crate) omitted: Vec<Omitted>,
    /// Why the vendor does not take it.
    pub(crate) problem: Option<String>,
}

impl Tried {
    /// That of a webhook: its status says all.
    fn webhook(exchange: Exchange) -> Self {
        let (findings, omitted) = (Vec::new(), Vec::new());
        Self { exchange, event: None, findings, omitted, problem: None }
    }
}

impl Integrations {
    /// Sends an endpoint a test event, at the address that has agreed: its state and its address are of one reading.
    pub(crate) async fn test(&self, app: &AppId, id: EndpointId) -> Result<Tried, ManageError> {
        let endpoint = self.store.endpoint(app, id).await?;
        if matches!(endpoint.state, EndpointState::Asked | EndpointState::Removed) {
            return Err(ManageError::NotAsked);
        }
        self.tries.count(app).map_err(ManageError::TooOften)?;
        let ready = self.open_as_read(&endpoint).await;
        let ready = ready.map_err(|error| unopened(id, &*error))?;
        match &ready.to {
            To::Webhook(receiver) => Ok(Tried::webhook(self.try_webhook(receiver).await)),
            To::Vendor(open) => self.try_vendor(open, &endpoint.settings.mapping).await,
        }
    }

    /// With a type of its own.
    async fn try_webhook(&self, receiver: &Receiver) -> Exchange {
        let now = Timestamp::now();
        let body = json!({
            "type": "c2c.test",
            "timestamp": super::time(now).to_string(),
            "data": {"message": "A test, sent by a person from the console. No visitor caused it."},
        });
        let message = Uuid::new_v4().to_string().parse().expect("an id has no full stop");
        self.client.send(receiver.signed(&message, Body::json(&body), now)).await
    }

    /// Tries a vendor with an event of its mapping: Google's validation server says what is wrong with it, and Meta shows
    /// it under *Test events*.
    async fn try_vendor(&self, open: &OpenVendor, mapping: &str) -> Result<Tried, ManageError> {
        let is_google = matches!(open.vendor, Vendor::Ga4(..));
        if !is_google && open.vendor.test_event_code().is_none() {
            return Err(ManageError::NoTestCode);
        }
        let mapping = serde_json::from_str(mapping).unwrap_or_default();
        let (name, data) = sample::event(&mapping, &self.catalogue).ok_or(ManageError::Sealed)?;
        let hit = Hit {
            address: Some(NO_ADDRESS.into()),
            user_agent: Some(NO_BROWSER.to_owned()),
            page: Some(format!("{}/", self.widget)),
        };
        let now = Timestamp::now();
        let event = Event {
            id: event_id(now),
            name: &name,
            at_ms: now.as_millis(),
            consent: Consent::Granted,
            data: &data,
            hit: Some(&hit),
        };
        let planned = open.vendor.check(&event, open.now(now));
        let planned =
            planned.map_err(|Ended { reason, .. }| ManageError::Unsent(name.clone(), reason))?;
        let request = open.http(&planned).ok_or(ManageError::Sealed)?;
        let exchange = self.client.send(request).await;
        let (findings, problem) = match &exchange.result {
            Ok(answer) if is_google && answer.status.is_success() => {
                match ga4::findings(&answer.body) {
                    Ok(findings) => (findings, None),
                    Err(error) => (Vec::new(), Some(error.to_string())),
                }
            }
            Ok(answer) => (Vec::new(), open.vendor.judge(answer, now).1),
            Err(_) => (Vec::new(), None),
        };
        Ok(Tried { exchange, event: Some(name), findings, omitted: planned.omitted, problem })
    }
}

fn event_id(now: Timestamp) -> EventId {
    let ms = u64::try_from(now.as_millis()).unwrap_or_default();
    let id = Builder::from_unix_timestamp_millis(ms, &random()).into_uuid();
    id.to_string().parse().expect("a UUID of version 7")
}

#[cfg(test)]
mod tests {
    use c2c_delivery::Format;
    use hyper::Method;

    use super::*;
    use crate::delivery::Webhook;
    use crate::delivery::testing::Site;

    #[tokio::test]
    async fn an_endpoint_is_opened_as_it_was_read() {
        let site = Site::new().await;
        let endpoint = site.endpoint(1).await;
        site.activate(endpoint).await;
        let read = site.store.endpoint(&site.app, endpoint).await.expect("it is there");
        assert_eq!(read.state, EndpointState::Active);
        // It leads elsewhere by the time at which its secrets are read.
        let elsewhere = Webhook {
            name: "A receiver".parse().expect("a name"),
            url: Some("https://stranger.example/".to_owned()),
            format: Format::Standard,
            filter: vec!["*".to_owned()],
            in_flight_max: 1,
        };
        let integrations = &site.integrations;
        let changed = integrations.change(&site.by, &site.app, endpoint, read.version, elsewhere);
        changed.await.expect("it is changed");
        let ready = integrations.open_as_read(&read).await.expect("it opens");
        let To::Webhook(receiver) = &ready.to else { panic!("{ready:?}") };
        let request = receiver.empty(Method::POST);
        assert_eq!(request.uri().host(), Some("1.shop.example"));
    }
}
