//! Sign-in of the users of the operator's own product: the *issuer* signs a JSON Web Token for one of them
//! ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)), the *assertion*, which the console exchanges for a session.
//!
//! 1. `token`: three parts, an algorithm with a public key, and the name of the key.
//! 2. `keys`: the issuer's key with that name, and the signature. Nothing of the claims counts before.
//! 3. `claims`: by this issuer, for this console, for a minute at most, for whom, with which access.
//! 4. The store, in one transaction with the new session: not used before.
//!
//! An assertion passes through pages of the product and through a browser. So it is worth nothing after its minute or
//! its first use, and nothing at another audience.

mod claims;
mod error;
mod keys;
mod token;

pub(crate) use error::AssertionError;

use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c_names::Origin;
use c2c_store::{Assertion, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::assertion_settings::{AssertionSettings, Chosen};
use keys::Keys;
use token::Token;

/// How many assertions are checked at once. Each takes a thread, and may wait for the issuer.
const CHECKED_MAX: usize = 16;

/// Sign-in by assertions.
#[derive(Debug)]
pub(crate) struct Assertions {
    issuer: Arc<Issuer>,
    places: Arc<Semaphore>,
    patience: Duration,
}

#[derive(Debug)]
struct Issuer {
    settings: Chosen,
    keys: Keys,
}

impl Assertions {
    /// `None` if the settings name no issuer. Its keys are not read yet: the server also starts while it is away.
    pub(crate) fn new(
        settings: &AssertionSettings,
        console: &Origin,
        patience: Duration,
    ) -> Option<Self> {
        let settings = settings.chosen(console)?;
        let keys = Keys::new(settings.jwks.clone());
        let issuer = Arc::new(Issuer { settings, keys });
        Some(Self { issuer, places: Arc::new(Semaphore::new(CHECKED_MAX)), patience })
    }

    /// Checks an assertion, within the time limit. It can be used then, if it was not used before.
    pub(crate) async fn check(&self, text: String) -> Result<Assertion, AssertionError> {
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| AssertionError::Busy)?;
        let (issuer, until) = (Arc::clone(&self.issuer), Instant::now() + self.patience);
        let checked = spawn_blocking(move || {
            let answer = issuer.check(&text, until);
            drop(place);
            answer
        });
        checked.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))
    }
}

impl Issuer {
    fn check(&self, text: &str, until: Instant) -> Result<Assertion, AssertionError> {
        let token = Token::parse(text)?;
        let key = self.keys.find(&token, until)?;
        let claims = token.verify(&key)?;
        claims::check(&claims, &self.settings, Timestamp::now())
    }
}
