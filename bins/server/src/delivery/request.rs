//! A request for an event, before it is sent.

use bytes::Bytes;
use c2c_delivery::{Event, Outcome, Reason};
use c2c_names::AppId;
use c2c_store::StoredEvent;
use hyper::Request;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::time;

/// A request that is ready to be sent. Its address may hold a secret.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) request: Request<Bytes>,
    /// The event's facts that are not in it although the mapping names them, for people.
    pub(super) omitted: String,
}

/// A reason to end a delivery without a request.
pub(super) type Over = (Outcome, Reason);

/// The part of an envelope that is in its body only.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(super) data: Map<String, Value>,
    seq: u64,
}

impl Envelope {
    pub(crate) fn of(event: &StoredEvent) -> Result<Self, Over> {
        let body = event.body.as_deref().ok_or((Outcome::Refused, Reason::Forgotten))?;
        // It was printed by this server, or by an older one.
        serde_json::from_slice(body).map_err(|_| (Outcome::Refused, Reason::Settings))
    }

    /// The event with this envelope, as a webhook tells it.
    pub(crate) fn told<'a>(&'a self, app: &'a AppId, event: &'a StoredEvent) -> Event<'a> {
        Event {
            app,
            id: event.id,
            verified: event.verified,
            name: &event.name,
            happened_at: time(event.happened_at),
            received_at: time(event.received_at),
            seq: self.seq,
            data: &self.data,
        }
    }
}
