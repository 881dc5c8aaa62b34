//! Requests to vendors, and the events that none is made for.

use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use super::event::Event;
use crate::words::words;
use crate::{Consent, Outcome, Reason};

/// The circumstances in which requests are made.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The present time in milliseconds since 1970.
    pub ms: i64,
    /// Whether events of pages that did not ask their visitors are sent: only if an owner of the app said so.
    pub takes_not_asked: bool,
}

impl Now {
    /// Whether the visitor's decision allows an event to be sent. An unknown one does not.
    pub(super) fn allows(self, consent: Consent) -> bool {
        match consent {
            Consent::Granted => true,
            Consent::NotAsked => self.takes_not_asked,
            Consent::Unknown => false,
        }
    }

    /// The time that a vendor is told: not in the future. `None` if it is more than `age_ms_max` ago.
    pub(super) fn told(self, event: &Event<'_>, age_ms_max: i64) -> Option<i64> {
        let at_ms = event.at_ms.min(self.ms);
        (at_ms >= self.ms.saturating_sub(age_ms_max).max(0)).then_some(at_ms)
    }
}

/// The requests for some events. Each event is in exactly one request, or ended.
#[derive(Debug, Default)]
pub struct Plan {
    /// The requests.
    pub requests: Vec<Request>,
    /// The events that are not sent.
    pub ended: Vec<Ended>,
}

/// An event that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its position among the events.
    pub event: usize,
    /// How its delivery ends.
    pub outcome: Outcome,
    /// The reason.
    pub reason: Reason,
}

/// Why an event is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsent(pub(super) Outcome, pub(super) Reason);

impl Unsent {
    pub(super) fn suppressed(reason: Reason) -> Self {
        Self(Outcome::Suppressed, reason)
    }

    pub(super) fn too_old() -> Self {
        Self(Outcome::Expired, Reason::TooOld)
    }

    pub(super) fn of(self, event: usize) -> Ended {
        Ended { event, outcome: self.0, reason: self.1 }
    }
}

words! {
    /// Why a parameter of a mapping is not in a request although the event has it.
    Omission {
        /// It looks like personal data, or has the value of a field that is sent as a hash.
        Personal = "personal",
        /// It has not the form that the vendor takes.
        Form = "form",
    }
}

/// A parameter that is not in a request although the event has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// The event's position among the events.
    pub event: usize,
    /// The parameter, as the vendor names it.
    pub name: String,
    /// The reason.
    pub why: Omission,
}

/// One POST to a vendor.
#[derive(Clone)]
pub struct Request {
    /// The positions of its events.
    pub events: Vec<usize>,
    /// The parameters that are not in it.
    pub omitted: Vec<Omitted>,
    origin: &'static str,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(origin: &'static str, target: String, body: Vec<u8>) -> Self {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let headers = HeaderMap::from_iter([json]);
        Self { events: Vec::new(), omitted: Vec::new(), origin, target, headers, body }
    }

    pub(super) fn with_bearer(mut self, bearer: HeaderValue) -> Self {
        self.headers.insert(AUTHORIZATION, bearer);
        self
    }

    /// The scheme and host. A test sends the request to a stand-in instead.
    pub fn origin(&self) -> &'static str {
        self.origin
    }

    /// The path and query. For Google, it has the secret in it: it must not be logged.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The headers, without those of the connection.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body: JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// No secret, and nothing of the events.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        formatter
            .debug_struct("Request")
            .field("url", &format_args!("{}{path}", self.origin))
            .field("events", &self.events)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
