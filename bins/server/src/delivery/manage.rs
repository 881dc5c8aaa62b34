//! The work of people on endpoints: they add them, change them, rotate their keys and ask them.

use std::error::Error;
use std::time::Duration;

use c2c_delivery::{
    About, Agreement, Challenge, Consent, EndpointId, EndpointState, EndpointUrl, Filter,
    FilterError, Format, Granted, KeyError, Keyring, Kind, NotAgreed, Reason, Scheme, Signer,
    SigningKey, UrlError, WebhookSecret,
};
use c2c_names::AppId;
use c2c_store::{
    Actor, Endpoint, EndpointMove, EndpointSettings, Name, NewEndpoint, NewSecret, Sealed,
    StoreError, Timestamp, Version,
};
use hyper::Method;
use zeroize::Zeroizing;

use super::client::Exchange;
use super::ready::{Receiver, To, target};
use super::vendor::VendorError;
use super::{Integrations, KeysError, random};

/// The deliveries that are under way for an endpoint at a time, unless its people say otherwise.
pub(crate) const IN_FLIGHT: u32 = 8;

/// A webhook's endpoint, as a person describes it.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) name: Name,
    /// `None`: it stays as it is.
    pub(crate) url: Option<String>,
    pub(crate) format: Format,
    pub(crate) filter: Vec<String>,
    pub(crate) in_flight_max: u32,
}

/// A key that was made, to be shown once.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The secret of the scheme v1.
    pub(crate) secret: Option<Zeroizing<String>>,
    /// The public key of the scheme v1a, which is no secret.
    pub(crate) public_key: Option<String>,
}

/// One question to an endpoint, and its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The question, such as `OPTIONS`.
    pub(crate) question: &'static str,
    pub(crate) exchange: Exchange,
    /// Why it is no agreement.
    pub(crate) problem: Option<NotAgreed>,
}

/// A reason why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManageError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("/url: {0}")]
    Url(#[from] UrlError),
    #[error("/filter: it {0}")]
    Filter(#[from] FilterError),
    #[error("/secret: {0}")]
    Secret(#[from] KeyError),
    /// Of a vendor's endpoint.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    #[error("the endpoint's kind is {0:?}, and does not change; that is not possible with it")]
    Kind(Kind),
    #[error("the endpoint has not agreed to get events yet: ask it first")]
    NotAsked,
    #[error(
        "without a test event code, Meta would count the test: copy the code from \"Test events\" in the Events Manager, \
         and save it with the endpoint"
    )]
    NoTestCode,
    #[error("the mapping's event {0:?} would not be sent ({1}): correct its rule")]
    Unsent(String, Reason),
    #[error("the app's endpoints were asked and tried often; wait before the next time")]
    TooOften(Duration),
    /// The content of the database cannot be opened. The log has more.
    #[error(
        "the endpoint's settings cannot be opened: the key that protects them is not the server's"
    )]
    Sealed,
}

impl Integrations {
    /// Adds a webhook's endpoint, which has not agreed yet. Its key is made, or the given secret.
    pub(crate) async fn add(
        &self,
        by: &Actor,
        app: &AppId,
        webhook: Webhook,
        scheme: Scheme,
        secret: Option<&str>,
    ) -> Result<(EndpointId, Shown), ManageError> {
        let url = EndpointUrl::parse(webhook.url.as_deref().unwrap_or_default(), &self.rules)?;
        let signer = match (scheme, secret) {
            (Scheme::V1, Some(text)) => Signer::V1(text.parse()?),
            (Scheme::V1, None) => Signer::V1(WebhookSecret::new(random())),
            (Scheme::V1a, _) => Signer::V1a(SigningKey::new(random())),
        };
        let ring = self.keys.ring_or_make()?;
        let id = EndpointId::random();
        let settings = settings(&webhook, &url, seal_url(&ring, app, id, &url), None)?;
        let (secret, shown) = seal_signer(&ring, app, id, &signer);
        let kind = Kind::Webhook;
        let new = NewEndpoint { id, kind, settings, agreed: Agreement::No, secrets: vec![secret] };
        self.store.add_endpoint(by, app, &new).await?;
        Ok((id, shown))
    }

    /// Changes an endpoint. If its address leads elsewhere, it has to agree again.
    pub(crate) async fn change(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        edited: Version,
        webhook: Webhook,
    ) -> Result<Version, ManageError> {
        let endpoint = self.store.endpoint(app, id).await?;
        of_webhook(&endpoint)?;
        let ring = self.keys.ring_or_make()?;
        let before = self.url_of(&ring, &endpoint);
        let (url, target, moved) = match &webhook.url {
            Some(url) => {
                let url = EndpointUrl::parse(url, &self.rules)?;
                let moved = !before.is_ok_and(|before| before.leads_to(&url));
                let target = seal_url(&ring, app, id, &url);
                (url, target, moved)
            }
            None => (before?, endpoint.settings.target.clone(), false),
        };
        // The rate is part of what it agreed to.
        let rate_per_minute = endpoint.settings.rate_per_minute.filter(|_| !moved);
        let settings = settings(&webhook, &url, target, rate_per_minute)?;
        let agreed = moved.then_some(Agreement::No);
        Ok(self.store.change_endpoint(by, app, id, edited, &settings, agreed).await?)
    }

    /// Removes an endpoint. What waits for it ends soon after.
    pub(crate) async fn remove(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
    ) -> Result<(), StoreError> {
        self.store.move_endpoint(by, app, id, &EndpointMove::Remove).await?;
        self.removed.notify_one();
        Ok(())
    }

    /// Makes a new key of an endpoint. The keys before it go on signing, beside it, until a time.
    pub(crate) async fn rotate(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        scheme: Scheme,
        others_end_at: Timestamp,
    ) -> Result<Shown, ManageError> {
        of_webhook(&self.store.endpoint(app, id).await?)?;
        let signer = match scheme {
            Scheme::V1 => Signer::V1(WebhookSecret::new(random())),
            Scheme::V1a => Signer::V1a(SigningKey::new(random())),
        };
        let ring = self.keys.ring_or_make()?;
        let (secret, shown) = seal_signer(&ring, app, id, &signer);
        self.store.add_secret(by, app, id, &secret, others_end_at).await?;
        Ok(shown)
    }

    /// Asks an endpoint whether it wants events, and makes it active if it does. Gives the questions and answers.
    pub(crate) async fn ask(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
    ) -> Result<Vec<Asked>, ManageError> {
        let endpoint = self.store.endpoint(app, id).await?;
        if endpoint.kind != Kind::Webhook {
            // It is the vendor that agrees, by its credentials.
            let enable = EndpointMove::Enable(Agreement::NotNeeded);
            self.store.move_endpoint(by, app, id, &enable).await?;
            return Ok(Vec::new());
        }
        if !matches!(endpoint.state, EndpointState::Asked | EndpointState::Disabled) {
            return Err(StoreError::EndpointState(endpoint.state).into());
        }
        self.tries.count(app).map_err(ManageError::TooOften)?;
        let ready = self.open_as_read(&endpoint).await;
        let ready = ready.map_err(|error| unopened(id, &*error))?;
        let To::Webhook(receiver) = &ready.to else {
            return Err(ManageError::Kind(endpoint.kind));
        };
        let (mut asked, granted) = self.handshake(receiver).await;
        let agree = async |agreed, rate| {
            self.store.agree_endpoint(by, app, id, ready.version, agreed, rate).await
        };
        if let Some(Granted { rate_per_minute }) = granted {
            agree(Agreement::Handshake, rate_per_minute).await?;
            return Ok(vec![asked]);
        }
        let mut all = vec![asked];
        asked = self.challenge(receiver).await;
        if asked.problem.is_none() && asked.exchange.result.is_ok() {
            agree(Agreement::Challenge, None).await?;
        }
        all.push(asked);
        Ok(all)
    }

    async fn handshake(&self, receiver: &Receiver) -> (Asked, Option<Granted>) {
        let mut request = receiver.empty(Method::OPTIONS);
        request.headers_mut().extend(self.handshake.headers());
        let exchange = self.client.send(request).await;
        let judged =
            exchange.result.as_ref().ok().map(|answer| self.handshake.judge(&answer.headers));
        let (granted, problem) = match judged {
            Some(Ok(granted)) => (Some(granted), None),
            Some(Err(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        (Asked { question: "OPTIONS", exchange, problem }, granted)
    }

    async fn challenge(&self, receiver: &Receiver) -> Asked {
        let (challenge, now) = (Challenge::new(random()), Timestamp::now());
        let body = challenge.body(super::time(now));
        let exchange = self.client.send(receiver.signed(&challenge.message_id(), body, now)).await;
        let answer = exchange.result.as_ref().ok();
        let problem = answer.and_then(|answer| challenge.judge(answer.status, &answer.body).err());
        Asked { question: "POST", exchange, problem }
    }

    fn url_of(&self, ring: &Keyring, endpoint: &Endpoint) -> Result<EndpointUrl, ManageError> {
        let url = target(endpoint, ring).map_err(|error| unopened(endpoint.id, &*error))?;
        let url = std::str::from_utf8(&url).map_err(|_| ManageError::Sealed)?;
        Ok(EndpointUrl::parse(url, &self.rules)?)
    }
}

/// Fails for a vendor's endpoint.
fn of_webhook(endpoint: &Endpoint) -> Result<(), ManageError> {
    match endpoint.kind {
        Kind::Webhook => Ok(()),
        kind => Err(ManageError::Kind(kind)),
    }
}

/// The log has the reason.
pub(super) fn unopened(endpoint: EndpointId, error: &(dyn Error + Send + Sync)) -> ManageError {
    tracing::error!(%endpoint, %error, "an endpoint cannot be opened");
    ManageError::Sealed
}

fn settings(
    webhook: &Webhook,
    url: &EndpointUrl,
    target: Sealed,
    rate_per_minute: Option<u32>,
) -> Result<EndpointSettings, ManageError> {
    Ok(EndpointSettings {
        name: webhook.name.clone(),
        host: url.host().to_string(),
        target,
        format: webhook.format,
        filter: Filter::of_events(webhook.filter.clone())?,
        // They are the customer's own servers: the page's consent is about third parties, and is told with the event.
        consents: Consent::ALL.to_vec(),
        mapping: String::new(),
        in_flight_max: webhook.in_flight_max,
        rate_per_minute,
    })
}

fn seal_url(ring: &Keyring, app: &AppId, endpoint: EndpointId, url: &EndpointUrl) -> Sealed {
    stored_seal(ring.seal(random(), About::Target { app, endpoint }, url.as_str().as_bytes()))
}

/// Seals a key under an id of its own.
fn seal_signer(
    ring: &Keyring,
    app: &AppId,
    endpoint: EndpointId,
    signer: &Signer,
) -> (NewSecret, Shown) {
    let id = EndpointId::random().to_string();
    let about = About::Secret { app, endpoint, id: &id };
    let sealed = stored_seal(ring.seal(random(), about, signer.reveal().as_bytes()));
    let shown = match signer {
        Signer::V1(secret) => Shown { secret: Some(secret.reveal()), public_key: None },
        Signer::V1a(key) => Shown { secret: None, public_key: Some(key.public().to_string()) },
    };
    let scheme = signer.scheme().word().to_owned();
    (NewSecret { id, scheme, sealed, public: shown.public_key.clone() }, shown)
}

pub(crate) fn stored_seal(sealed: c2c_delivery::Sealed) -> Sealed {
    Sealed { bytes: sealed.bytes, key: sealed.key.to_string() }
}
