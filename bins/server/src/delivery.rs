//! Events on their way to customers' servers.
//!
//! `work` is the loop. It claims deliveries from the store and writes down what came of them (`books`), as many as there is
//! `room` for, and has them `under_way` → `attempt` makes one attempt → `ready` is the endpoint with its secrets opened, and
//! makes the request → `client` sends it, over a connection that only `connect` opens. Each decision (may this address be called, when again, how much at once) is one of the crate `c2c_delivery`.
//! `keys` protect secrets in the database. An endpoint at a `vendor` is in place of a customer's server. `manage` is what
//! people do with endpoints, and `vendors` with those at vendors: they add, change and ask them. With a `trial`, they send
//! an event that no visitor caused; for vendors it is a `sample`.

mod attempt;
mod books;
mod client;
mod connect;
mod keys;
mod manage;
mod ready;
mod request;
mod room;
mod sample;
#[cfg(test)]
pub(crate) mod testing;
mod trial;
mod under_way;
mod vendor;
mod vendors;
mod work;

use std::error::Error;
use std::sync::Arc;

use c2c_catalogue::Catalogue;
use c2c_delivery::{EndpointId, Handshake, Health, Jitter, UrlRules};
use c2c_names::{AppId, Origin};
use c2c_store::{Endpoint, EndpointHealth, Store, StoredEvent, Timestamp};
use governor::Quota;
use tokio::sync::Notify;

use crate::delivery_limits::DeliveryLimits;
use crate::rate::Rate;
use crate::settings::Settings;
use crate::sites::Sites;
use client::Client;
use ready::Ready;
use request::{Outgoing, Over};

pub(crate) use attempt::{Sender, let_go};
pub(crate) use client::{Exchange, NoAnswer};
pub use keys::KeysError;
pub(crate) use keys::{Keys, read as read_keys};
pub(crate) use manage::{Asked, IN_FLIGHT, ManageError, Shown, Webhook, stored_seal};
pub(crate) use ready::sealed;
pub(crate) use request::Envelope;
pub(crate) use trial::Tried;
pub(crate) use vendor::VendorKind;
pub(crate) use vendors::VendorDraft;
pub(crate) use work::{announce, deliver};

/// All that endpoints need beside what the store has of them.
#[derive(Debug)]
pub(crate) struct Integrations {
    store: Store,
    keys: Keys,
    client: Client,
    rules: UrlRules,
    widget: Origin,
    handshake: Handshake,
    /// Notified when an endpoint was removed: what waits for it ends.
    removed: Arc<Notify>,
    /// That of the provider's widget.
    catalogue: Arc<Catalogue>,
    /// An origin in place of the vendors', in tests.
    vendors: Option<String>,
    /// Questions and tests by people: each is a request to what may be a stranger.
    tries: Rate<AppId>,
}

impl Integrations {
    pub(crate) fn new(
        settings: &Settings,
        sites: &Sites,
        store: Store,
        catalogue: Arc<Catalogue>,
        limits: &DeliveryLimits,
    ) -> Result<Self, KeysError> {
        let rules = settings.delivery.rules();
        let widget = sites.widget.origin.clone();
        Ok(Self {
            store,
            keys: Keys::open(settings)?,
            client: Client::new(rules.addresses.clone(), settings.delivery.name_server),
            rules,
            handshake: Handshake::new(&widget),
            catalogue,
            vendors: settings.delivery.vendors().map(|address| format!("http://{address}")),
            widget,
            removed: Arc::default(),
            tries: Rate::new(
                Quota::per_hour(limits.app_tries_per_hour).allow_burst(limits.app_tries_burst),
            ),
        })
    }

    /// Notified when there is something to sweep.
    pub(crate) fn removed(&self) -> Arc<Notify> {
        Arc::clone(&self.removed)
    }

    /// Reads an endpoint, and opens its secrets.
    async fn open(
        &self,
        app: &AppId,
        id: EndpointId,
    ) -> Result<Ready, Box<dyn Error + Send + Sync>> {
        let endpoint = self.store.endpoint(app, id).await?;
        self.open_as_read(&endpoint).await
    }

    /// Opens the secrets of an endpoint that was read. Whatever was changed since, it is opened as it was then.
    async fn open_as_read(
        &self,
        endpoint: &Endpoint,
    ) -> Result<Ready, Box<dyn Error + Send + Sync>> {
        let secrets = self.store.endpoint_secrets(endpoint.id, Timestamp::now()).await?;
        let ring = self.keys.ring().ok_or(KeysError::Missing)?;
        Ready::open(endpoint, &secrets, &ring, self)
    }

    /// The digest of a value of an event's context, by which the event can be found. None without a key: then it can be
    /// found by looking at each event.
    pub(crate) fn event_digest(&self, app: &AppId, key: &str, value: &str) -> Option<Vec<u8>> {
        self.keys.ring().map(|ring| ring.event_key(app, key, value).to_vec())
    }

    /// All digests that the value may have, by the keys from which the present one was rotated.
    pub(crate) fn event_digests(&self, app: &AppId, key: &str, value: &str) -> Vec<Vec<u8>> {
        let digests = self.keys.ring().map(|ring| ring.event_keys(app, key, value));
        digests.into_iter().flatten().map(|digest| digest.to_vec()).collect()
    }

    /// The request that tells an endpoint of an event.
    fn request(&self, ready: &Ready, event: &StoredEvent, at: Timestamp) -> Result<Outgoing, Over> {
        ready.request(event, &self.widget, at)
    }
}

fn jitter() -> Jitter {
    Jitter(u64::from_le_bytes(random()))
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // It fails only on systems without a source of random numbers, where nothing of the server is safe.
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

fn time(at: Timestamp) -> c2c_delivery::Timestamp {
    c2c_delivery::Timestamp::from_millis(at.as_millis())
}

fn stored(at: c2c_delivery::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis())
}

/// The gate of an endpoint.
fn health(health: EndpointHealth) -> Health {
    Health {
        failures: health.failures,
        failing_since: health.failing_since.map(time),
        blocked_until: time(health.blocked_until),
    }
}
