//! An endpoint, as it is kept.

use c2c_delivery::{Agreement, Consent, EndpointId, EndpointState, Filter, Format, Kind, Reason};
use c2c_names::AppId;

use crate::actor::Actor;
use crate::numbers::{Timestamp, Version};
use crate::text::Name;

/// The most endpoints of an app, without those that were removed.
pub const ENDPOINTS_MAX: usize = 10;

/// The most secrets of an endpoint that have not ended.
pub const SECRETS_MAX: usize = 3;

/// Bytes that only the holder of a key can read. The store never does.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The id of the key.
    pub key: String,
}

impl std::fmt::Debug for Sealed {
    /// Without the bytes.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Sealed({} bytes by {:?})", self.bytes.len(), self.key)
    }
}

/// The settings of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSettings {
    /// The display name.
    pub name: Name,
    /// The host that gets the events. It is shown and logged, unlike the rest of the address.
    pub host: String,
    /// The address, or a vendor's credentials.
    pub target: Sealed,
    /// The form of the bodies.
    pub format: Format,
    /// The events that it gets.
    pub filter: Filter,
    /// Decisions of visitors with which it gets their events.
    pub consents: Vec<Consent>,
    /// A vendor's form of events, as JSON.
    pub mapping: String,
    /// The most deliveries that are under way at a time.
    pub in_flight_max: u32,
    /// The most deliveries in a minute, if the endpoint has a wish.
    pub rate_per_minute: Option<u32>,
}

/// An endpoint to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Its id, which is part of the seal of its secrets.
    pub id: EndpointId,
    /// Its kind, which never changes.
    pub kind: Kind,
    /// Its settings.
    pub settings: EndpointSettings,
    /// How it agreed. It is active if it did.
    pub agreed: Agreement,
    /// Its first secrets.
    pub secrets: Vec<NewSecret>,
}

/// A secret to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    /// Its id, which is part of its seal, and is shown.
    pub id: String,
    /// The scheme of signatures: `v1`, `v1a`.
    pub scheme: String,
    /// The secret.
    pub sealed: Sealed,
    /// The public key, if it has one.
    pub public: Option<String>,
}

/// A secret that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointSecret {
    /// Its id.
    pub id: String,
    /// The scheme of signatures.
    pub scheme: String,
    /// The secret.
    pub sealed: Sealed,
    /// The public key, if it has one.
    pub public: Option<String>,
    /// When it was added.
    pub made_at: Timestamp,
    /// When it ends; `None` for a current one.
    pub ends_at: Option<Timestamp>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its app.
    pub app: AppId,
    /// Its kind.
    pub kind: Kind,
    /// Its settings. The target of one that was removed is empty.
    pub settings: EndpointSettings,
    /// Its version: one more after each change of settings, state or secrets.
    pub version: Version,
    /// Whether events go there.
    pub state: EndpointState,
    /// Since when it is in this state.
    pub state_at: Timestamp,
    /// Why; it may be empty.
    pub state_reason: String,
    /// How it agreed.
    pub agreed: Agreement,
    /// When it was added.
    pub made_at: Timestamp,
    /// Who added it.
    pub made_by: Actor,
    /// How it fares.
    pub health: EndpointHealth,
}

/// How an endpoint fares, by the results so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Failures since the last success.
    pub failures: i32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before; the epoch if there is no reason to wait.
    pub blocked_until: Timestamp,
    /// The last success.
    pub succeeded_at: Option<Timestamp>,
    /// The last failure.
    pub failed_at: Option<Timestamp>,
    /// The last result.
    pub last: Option<Reason>,
}

impl Default for EndpointHealth {
    /// Nothing was sent yet.
    fn default() -> Self {
        Self {
            failures: 0,
            failing_since: None,
            blocked_until: Timestamp(0),
            succeeded_at: None,
            failed_at: None,
            last: None,
        }
    }
}
