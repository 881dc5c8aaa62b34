//! An endpoint with its secrets opened, ready to get events.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_delivery::{
    About, Agreement, Body, EndpointUrl, Event, Format, Handshake, KeyIdError, Keyring, MessageId,
    Outcome, Reason, Sealed, Signer, Signers, UrlRules,
};
use c2c_names::{AppId, Origin};
use c2c_store::{Endpoint, EndpointSecret, StoredEvent, Timestamp, Version};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::time;

/// How long an opened endpoint is used.
const FRESH: Duration = Duration::from_secs(30);

/// A webhook's endpoint.
#[derive(Debug)]
pub(super) struct Ready {
    version: Version,
    opened: Instant,
    /// When it became active.
    pub(super) active_since: Timestamp,
    app: AppId,
    url: EndpointUrl,
    format: Format,
    signers: Signers,
    /// The header that names the sender, if it agreed by the handshake.
    sender: Option<(HeaderName, HeaderValue)>,
}

/// A reason to end a delivery without a request.
pub(super) type Over = (Outcome, Reason);

impl Ready {
    /// Opens its secrets.
    pub(super) fn open(
        endpoint: &Endpoint,
        secrets: &[EndpointSecret],
        ring: &Keyring,
        rules: &UrlRules,
        handshake: &Handshake,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let (app, id) = (&endpoint.app, endpoint.id);
        let url =
            ring.open(About::Target { app, endpoint: id }, &sealed(&endpoint.settings.target)?)?;
        let url = EndpointUrl::parse(std::str::from_utf8(&url)?, rules)?;
        let signers = secrets.iter().map(|secret| {
            let about = About::Secret { app, endpoint: id, id: &secret.id };
            let text = ring.open(about, &sealed(&secret.sealed)?)?;
            Ok(std::str::from_utf8(&text)?.parse::<Signer>()?)
        });
        let signers: Result<Vec<_>, Box<dyn Error + Send + Sync>> = signers.collect();
        Ok(Self {
            version: endpoint.version,
            opened: Instant::now(),
            active_since: endpoint.state_at,
            app: endpoint.app.clone(),
            url,
            format: endpoint.settings.format,
            signers: Signers::new(signers?)?,
            sender: (endpoint.agreed == Agreement::Handshake).then(|| handshake.delivery_header()),
        })
    }

    /// Whether it can be used for a delivery that was claimed from this version. Its keys end by themselves, so it is
    /// read again from time to time.
    pub(super) fn is_as_new_as(&self, version: Version) -> bool {
        self.version >= version && self.opened.elapsed() < FRESH
    }

    /// The request that tells it of an event.
    pub(super) fn request(
        &self,
        event: &StoredEvent,
        widget: &Origin,
        now: Timestamp,
    ) -> Result<Request<Bytes>, Over> {
        let body = event.body.as_deref().ok_or((Outcome::Refused, Reason::Forgotten))?;
        // It was printed by this server, or by an older one.
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| (Outcome::Refused, Reason::Settings))?;
        let told = Event {
            app: &self.app,
            id: event.id,
            verified: event.verified,
            name: &event.name,
            happened_at: time(event.happened_at),
            received_at: time(event.received_at),
            seq: envelope.seq,
            data: &envelope.data,
        };
        Ok(self.signed(&told.message_id(), told.body(self.format, widget), now))
    }

    /// A request with this body, signed.
    pub(super) fn signed(&self, id: &MessageId, body: Body, now: Timestamp) -> Request<Bytes> {
        let mut request = self.empty(Method::POST);
        let headers = request.headers_mut();
        headers.extend(self.signers.headers(id, now.as_millis().div_euclid(1000), &body.bytes));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
        *request.body_mut() = body.bytes.into();
        request
    }

    /// A request without a body. If the endpoint agreed by the handshake, it says to whom.
    pub(super) fn empty(&self, method: Method) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = self.url.uri().clone();
        request.headers_mut().extend(self.sender.clone());
        request
    }
}

/// A sealed text, as the store has it.
pub(crate) fn sealed(stored: &c2c_store::Sealed) -> Result<Sealed, KeyIdError> {
    Ok(Sealed { key: stored.key.parse()?, bytes: stored.bytes.clone() })
}

/// What of an envelope is in its body only.
#[derive(Deserialize)]
struct Envelope {
    data: Map<String, Value>,
    seq: u64,
}
