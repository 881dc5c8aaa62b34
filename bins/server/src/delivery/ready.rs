//! An endpoint with its secrets opened, ready to get events.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_delivery::{
    About, Agreement, Body, Consent, EndpointState, EndpointUrl, Format, Handshake, KeyIdError,
    Keyring, MessageId, RetryAfter, Sealed, Signer, Signers, Verdict,
};
use c2c_names::{AppId, Origin};
use c2c_store::{Endpoint, EndpointSecret, StoredEvent, Timestamp, Version};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use zeroize::Zeroizing;

use super::client::Answer;
use super::request::{Envelope, Outgoing, Over};
use super::vendor::{OpenVendor, Vendor, VendorKind};
use super::{Integrations, time};

/// How long an opened endpoint is used.
const FRESH: Duration = Duration::from_secs(30);

/// An endpoint.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) version: Version,
    /// Whether it is to get events.
    pub(super) is_active: bool,
    opened: Instant,
    /// When it became active.
    pub(super) active_since: Timestamp,
    pub(super) to: To,
}

/// The receiver of an endpoint's events.
#[derive(Debug)]
pub(super) enum To {
    Webhook(Receiver),
    Vendor(OpenVendor),
}

/// A server of the customer's.
#[derive(Debug)]
pub(super) struct Receiver {
    app: AppId,
    url: EndpointUrl,
    format: Format,
    signers: Signers,
    /// The header that names the sender, if it agreed by the handshake.
    sender: Option<(HeaderName, HeaderValue)>,
}

type OpenError = Box<dyn Error + Send + Sync>;

impl Ready {
    /// Opens its secrets.
    pub(super) fn open(
        endpoint: &Endpoint,
        secrets: &[EndpointSecret],
        ring: &Keyring,
        integrations: &Integrations,
    ) -> Result<Self, OpenError> {
        let target = target(endpoint, ring)?;
        let to = match VendorKind::of(endpoint.kind) {
            None => {
                let url = EndpointUrl::parse(std::str::from_utf8(&target)?, &integrations.rules)?;
                let handshake = &integrations.handshake;
                To::Webhook(Receiver::open(endpoint, url, secrets, ring, handshake)?)
            }
            Some(kind) => To::Vendor(OpenVendor {
                vendor: Vendor::read(
                    kind,
                    &target,
                    &endpoint.settings.mapping,
                    &integrations.catalogue,
                )?,
                takes_not_asked: endpoint.settings.consents.contains(&Consent::NotAsked),
                origin: integrations.vendors.clone(),
            }),
        };
        let (version, active_since) = (endpoint.version, endpoint.state_at);
        let is_active = endpoint.state == EndpointState::Active;
        Ok(Self { version, is_active, opened: Instant::now(), active_since, to })
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
    ) -> Result<Outgoing, Over> {
        match &self.to {
            To::Webhook(receiver) => {
                let request = receiver.request(event, widget, now)?;
                Ok(Outgoing { request, omitted: String::new() })
            }
            To::Vendor(vendor) => vendor.request(event, now),
        }
    }

    /// The meaning of an answer to an event, with a vendor's words.
    pub(super) fn judge(&self, answer: &Answer, now: Timestamp) -> (Verdict, Option<String>) {
        match &self.to {
            To::Webhook(_) => {
                let retry_after = RetryAfter::of(&answer.headers);
                (Verdict::of_status(answer.status, retry_after, time(now)), None)
            }
            To::Vendor(open) => open.vendor.judge(answer, now),
        }
    }
}

/// The target of an endpoint, opened: the address of a webhook, or a vendor's credentials as JSON.
pub(super) fn target(endpoint: &Endpoint, ring: &Keyring) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let about = About::Target { app: &endpoint.app, endpoint: endpoint.id };
    Ok(ring.open(about, &sealed(&endpoint.settings.target)?)?)
}

impl Receiver {
    fn open(
        endpoint: &Endpoint,
        url: EndpointUrl,
        secrets: &[EndpointSecret],
        ring: &Keyring,
        handshake: &Handshake,
    ) -> Result<Self, OpenError> {
        let (app, id) = (&endpoint.app, endpoint.id);
        let signers = secrets.iter().map(|secret| {
            let about = About::Secret { app, endpoint: id, id: &secret.id };
            let text = ring.open(about, &sealed(&secret.sealed)?)?;
            Ok(std::str::from_utf8(&text)?.parse::<Signer>()?)
        });
        let signers: Result<Vec<_>, OpenError> = signers.collect();
        Ok(Self {
            app: app.clone(),
            url,
            format: endpoint.settings.format,
            signers: Signers::new(signers?)?,
            sender: (endpoint.agreed == Agreement::Handshake).then(|| handshake.delivery_header()),
        })
    }

    fn request(
        &self,
        event: &StoredEvent,
        widget: &Origin,
        now: Timestamp,
    ) -> Result<Request<Bytes>, Over> {
        let envelope = Envelope::of(event)?;
        let told = envelope.told(&self.app, event);
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
