//! Sign-in of the operator's own staff with their account at an OpenID Connect provider, the *issuer*
//! ([OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html), code flow with PKCE).
//!
//! 1. The browser gets a cookie with a new secret, and goes to the issuer. The address names the secret's
//!    SHA-256 three times: as `state`, as `nonce` and as PKCE challenge. So whatever comes back belongs to
//!    this browser, and a code that is stolen on the way is worth nothing without the cookie.
//! 2. The issuer sends the browser back with a code, to a page that does nothing by itself. Its script takes
//!    the code out of the address and sends it in a POST: a request of the same origin, which carries the
//!    cookies with `SameSite=Strict` that a navigation from the issuer does not.
//! 3. The server exchanges the code for an ID token and checks it. The greatest role of the person's groups
//!    is theirs, for all apps; without a role there is no session.
//!
//! All that is kept between the steps is in the browser, so they may reach different servers.

mod error;
mod person;
mod provider;

pub(crate) use error::OidcError;

use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c_access::Secret;
use c2c_names::Origin;
use c2c_store::Grant;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::oidc_settings::OidcSettings;
use provider::Provider;

/// How many sign-ins wait for the issuer at once. Each takes a thread.
const WAITING_MAX: usize = 16;

/// Sign-in with an issuer.
#[derive(Debug)]
pub(crate) struct Oidc {
    provider: Arc<Provider>,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// The parameters with which a browser comes back from the issuer.
#[derive(Debug)]
pub(crate) struct Returned {
    pub(crate) code: String,
    pub(crate) state: String,
    /// The issuer ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)), if it was named.
    pub(crate) issuer: Option<String>,
}

impl Oidc {
    /// `None` if the settings name no issuer. It is not asked yet: the server also starts while it is away.
    pub(crate) fn new(
        settings: &OidcSettings,
        console: &Origin,
        patience: Duration,
    ) -> Option<Self> {
        let provider = Arc::new(Provider::new(settings.chosen()?, console));
        Some(Self { provider, places: Arc::new(Semaphore::new(WAITING_MAX)), patience })
    }

    /// The address at the issuer where a person signs in.
    pub(crate) async fn begin(&self, secret: Secret) -> Result<String, OidcError> {
        self.ask(move |provider, until| provider.begin(&secret, until)).await
    }

    /// The access of a person who comes back. `secret` is the one with which this browser began.
    pub(crate) async fn finish(
        &self,
        secret: Option<Secret>,
        returned: Returned,
    ) -> Result<Grant, OidcError> {
        let begun = secret.filter(|secret| secret.hash() == returned.state);
        let secret = begun.ok_or(OidcError::NotBegun)?;
        self.ask(move |provider, until| provider.finish(&secret, returned, until)).await
    }

    /// Asks the issuer, within the time limit.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Provider, Instant) -> Result<T, OidcError> + Send + 'static,
    ) -> Result<T, OidcError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| OidcError::Busy)?;
        let (provider, until) = (Arc::clone(&self.provider), Instant::now() + self.patience);
        let asked = spawn_blocking(move || {
            let answer = question(&provider, until);
            drop(place);
            answer
        });
        asked.await.unwrap_or_else(|panic| Err(OidcError::invalid(panic)))
    }
}
