//! Endpoints at vendors: Google Analytics 4 and Meta. The core plans their requests and judges their answers; this is the
//! way between it, the database and the client.

use bytes::Bytes;
use c2c_catalogue::{Catalogue, Field, Privacy, Type};
use c2c_delivery::vendors::{
    self, Ended, Event, Hit, MappingError, Now, Omitted, PersonalFields, Plan, ga4, meta,
};
use c2c_delivery::{Consent, Filter, FilterError, Kind, Outcome, Reason, RetryAfter, Verdict};
use c2c_store::{StoredEvent, Timestamp};
use hyper::{Method, Request, Uri};
use serde_json::{Map, Value};

use super::client::Answer;
use super::request::{Envelope, Outgoing, Over};
use super::time;

const GA4_MAPPING: &str = include_str!("../../mappings/ga4.json");
const META_MAPPING: &str = include_str!("../../mappings/meta.json");

/// A vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VendorKind {
    Ga4,
    Meta,
}

impl VendorKind {
    /// `None` for a webhook.
    pub(super) fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Webhook => None,
            Kind::Ga4 => Some(Self::Ga4),
            Kind::Meta => Some(Self::Meta),
        }
    }

    /// The mapping for a vendor's endpoint that has none of its own: of the default one, the events that the catalogue has.
    pub(super) fn default_mapping(self, catalogue: &Catalogue) -> Value {
        let text = match self {
            Self::Ga4 => GA4_MAPPING,
            Self::Meta => META_MAPPING,
        };
        let mut mapping: Value = serde_json::from_str(text).expect("a file of this crate is JSON");
        if let Some(events) = mapping["events"].as_object_mut() {
            events.retain(|name, _| catalogue.event(name).is_some());
        }
        mapping
    }
}

impl From<VendorKind> for Kind {
    fn from(kind: VendorKind) -> Self {
        match kind {
            VendorKind::Ga4 => Self::Ga4,
            VendorKind::Meta => Self::Meta,
        }
    }
}

/// The settings are no vendor's. It shows nothing of credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VendorError {
    #[error("the credentials: {0}")]
    Credentials(#[from] serde_json::Error),
    #[error("/mapping{pointer}: {problem}")]
    Mapping { pointer: String, problem: String },
    #[error("/mapping/events: {0}")]
    Filter(#[from] FilterError),
}

impl From<MappingError> for VendorError {
    fn from(MappingError { pointer, problem }: MappingError) -> Self {
        Self::Mapping { pointer, problem }
    }
}

/// A vendor's account, and the form in which it gets events.
#[derive(Debug)]
pub(super) enum Vendor {
    Ga4(ga4::Credentials, ga4::Mapping),
    Meta(meta::Credentials, meta::Mapping),
}

impl Vendor {
    /// Reads credentials and a mapping, both as JSON. Fields that the catalogue calls personal go as hashes only.
    pub(super) fn read(
        kind: VendorKind,
        credentials: &[u8],
        mapping: &str,
        catalogue: &Catalogue,
    ) -> Result<Self, VendorError> {
        let personal = personal_fields(catalogue);
        Ok(match kind {
            VendorKind::Ga4 => Self::Ga4(
                serde_json::from_slice(credentials)?,
                ga4::Mapping::parse(mapping, &personal)?,
            ),
            VendorKind::Meta => Self::Meta(
                serde_json::from_slice(credentials)?,
                meta::Mapping::parse(mapping, &personal)?,
            ),
        })
    }

    /// The credentials as JSON, to be sealed.
    pub(super) fn credentials(&self) -> Value {
        let json = match self {
            Self::Ga4(credentials, _) => serde_json::to_value(credentials),
            Self::Meta(credentials, _) => serde_json::to_value(credentials),
        };
        json.expect("texts are JSON")
    }

    /// The host that gets the events.
    pub(super) fn host(&self) -> &'static str {
        let origin = match self {
            Self::Ga4(credentials, _) => credentials.origin(),
            Self::Meta(credentials, _) => credentials.origin(),
        };
        origin.trim_start_matches("https://")
    }

    /// The events that it gets: those of its mapping.
    pub(super) fn filter(&self) -> Result<Filter, VendorError> {
        let names: Vec<_> = match self {
            Self::Ga4(_, mapping) => mapping.events().map(str::to_owned).collect(),
            Self::Meta(_, mapping) => mapping.events().map(str::to_owned).collect(),
        };
        Ok(names.try_into()?)
    }

    /// The code of Meta's *Test events*.
    pub(super) fn test_event_code(&self) -> Option<&str> {
        match self {
            Self::Ga4(..) => None,
            Self::Meta(credentials, _) => credentials.test_event_code(),
        }
    }

    /// The request for one event.
    pub(super) fn plan(&self, event: &Event<'_>, now: Now) -> Result<vendors::Request, Ended> {
        let events = std::slice::from_ref(event);
        let Plan { requests, ended } = match self {
            Self::Ga4(credentials, mapping) => ga4::plan(credentials, mapping, events, now),
            Self::Meta(credentials, mapping) => meta::plan(credentials, mapping, events, now),
        };
        let not_planned = Ended { event: 0, outcome: Outcome::Suppressed, reason: Reason::Mapping };
        requests.into_iter().next().ok_or(ended.first().copied().unwrap_or(not_planned))
    }

    /// The request by which the vendor says what it thinks of an event: Google's is in no report, Meta counts it.
    pub(super) fn check(&self, event: &Event<'_>, now: Now) -> Result<vendors::Request, Ended> {
        match self {
            Self::Ga4(credentials, mapping) => ga4::check(credentials, mapping, event, now),
            Self::Meta(..) => self.plan(event, now),
        }
    }

    /// The meaning of the answer to one event, with the vendor's words.
    pub(super) fn judge(&self, answer: &Answer, now: Timestamp) -> (Verdict, Option<String>) {
        let judged = match self {
            Self::Ga4(..) => ga4::judge(answer.status),
            Self::Meta(..) => meta::judge(answer.status, &answer.body, 1),
        };
        match judged {
            vendors::Verdict::Delivered => (Verdict::Delivered, None),
            vendors::Verdict::Again { text } => (again(answer, now), Some(text)),
            // There is nothing to split in a request with one event.
            vendors::Verdict::Split { text } | vendors::Verdict::Refused { text } => {
                (Verdict::Refused(Reason::Vendor), Some(text))
            }
            vendors::Verdict::Credentials { text } => (Verdict::Credentials, Some(text)),
        }
    }
}

/// A failure. The vendor may have said when to come back.
fn again(answer: &Answer, now: Timestamp) -> Verdict {
    match Verdict::of_status(answer.status, RetryAfter::of(&answer.headers), time(now)) {
        failed @ Verdict::Failed { .. } => failed,
        // A status of success, but a body that says otherwise.
        _ => Verdict::Failed { reason: Reason::Status, not_before: None, is_busy: false },
    }
}

/// A vendor's endpoint, opened.
#[derive(Debug)]
pub(super) struct OpenVendor {
    pub(super) vendor: Vendor,
    /// Events of pages that did not ask their visitors are sent.
    pub(super) takes_not_asked: bool,
    /// Another origin than the vendor's, in tests.
    pub(super) origin: Option<String>,
}

impl OpenVendor {
    /// The request that tells it of an event.
    pub(super) fn request(&self, event: &StoredEvent, now: Timestamp) -> Result<Outgoing, Over> {
        let Envelope { data, .. } = Envelope::of(event)?;
        // It was printed by this server, or by an older one.
        let hit: Option<Hit> =
            event.hit.as_deref().and_then(|hit| serde_json::from_slice(hit).ok());
        let told = Event {
            id: event.id,
            name: &event.name,
            at_ms: event.happened_at.as_millis(),
            consent: event.consent,
            data: &data,
            hit: hit.as_ref(),
        };
        let planned = self.vendor.plan(&told, self.now(now));
        let planned = planned.map_err(|Ended { outcome, reason, .. }| (outcome, reason))?;
        let request = self.http(&planned).ok_or((Outcome::Refused, Reason::Settings))?;
        Ok(Outgoing { request, omitted: described(&planned.omitted) })
    }

    pub(super) fn now(&self, now: Timestamp) -> Now {
        Now { ms: now.as_millis(), takes_not_asked: self.takes_not_asked }
    }

    /// A request for the client. Its address may have a secret in it. `None`: it is no address, which cannot be.
    pub(super) fn http(&self, request: &vendors::Request) -> Option<Request<Bytes>> {
        let origin = self.origin.as_deref().unwrap_or(request.origin());
        let uri = Uri::try_from(format!("{origin}{}", request.target())).ok()?;
        let mut made = Request::new(Bytes::copy_from_slice(request.body()));
        *made.method_mut() = Method::POST;
        *made.uri_mut() = uri;
        *made.headers_mut() = request.headers().clone();
        Some(made)
    }
}

/// The parameters that an event has, and that are not sent.
fn described(omitted: &[Omitted]) -> String {
    let parts: Vec<_> =
        omitted.iter().map(|Omitted { name, why, .. }| format!("{name} ({why})")).collect();
    parts.join(", ")
}

/// The decisions with which a vendor gets events.
pub(super) fn consents(takes_not_asked: bool) -> Vec<Consent> {
    if takes_not_asked { vec![Consent::Granted, Consent::NotAsked] } else { vec![Consent::Granted] }
}

/// The fields that the catalogue calls personal.
fn personal_fields(catalogue: &Catalogue) -> PersonalFields {
    let events = catalogue.events().iter();
    let personal = events.flat_map(|event| {
        let fields = event.fields.iter().filter(|field| is_personal(field));
        fields.map(|field| (event.name.to_string(), field.name.clone()))
    });
    personal.collect()
}

/// Whether a field is personal, or holds one that is.
fn is_personal(field: &Field) -> bool {
    field.privacy == Privacy::Personal || holds_personal(&field.kind)
}

fn holds_personal(kind: &Type) -> bool {
    match kind {
        Type::Object(fields) => fields.iter().any(is_personal),
        Type::Nullable(inner) | Type::List(inner) => holds_personal(inner),
        _ => false,
    }
}

/// The members of a JSON object, with some of them replaced. Null removes one.
pub(super) fn merged(before: Value, changes: Map<String, Value>) -> Map<String, Value> {
    let mut all = match before {
        Value::Object(before) => before,
        _ => Map::new(),
    };
    for (key, value) in changes {
        if value.is_null() {
            all.remove(&key);
        } else {
            all.insert(key, value);
        }
    }
    all
}
