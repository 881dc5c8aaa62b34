//! The issuer's public keys ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)), kept for a while.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use openidconnect::url::Url;
use serde::Deserialize;
use serde_json::Value;
use ureq::http::Request;

use super::error::{AssertionError, seen};
use super::token::Token;
use crate::assertion_settings::KeySource;
use crate::outgoing::{ANSWER_BYTES_MAX, Http, HttpError};

/// How long keys are kept. One that the issuer removes is good for so long.
const KEPT: Duration = Duration::from_mins(10);
/// The least time between two readings: whatever keys assertions name, the issuer is not asked more often.
const KEPT_SHORTLY: Duration = Duration::from_secs(3);

type Set = Arc<Vec<Jwk>>;

/// The keys.
#[derive(Debug)]
pub(super) struct Keys {
    source: Source,
    found: Mutex<Option<Found>>,
    /// Held while they are read, so that one reads for all.
    reading: Mutex<()>,
}

#[derive(Debug)]
enum Source {
    Url { url: Url, http: Http },
    File(std::path::PathBuf),
}

/// The last reading, and the last that gave keys.
#[derive(Clone, Debug)]
struct Found {
    tried: Instant,
    failure: Option<AssertionError>,
    keys: Option<(Instant, Set)>,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

impl Keys {
    pub(super) fn new(source: KeySource) -> Self {
        let source = match source {
            KeySource::Url(url) => Source::Url { http: Http::of_issuer(&url), url },
            KeySource::File(file) => Source::File(file),
        };
        Self { source, found: Mutex::default(), reading: Mutex::default() }
    }

    /// The key that a token names.
    pub(super) fn find(
        &self,
        token: &Token<'_>,
        until: Instant,
    ) -> Result<DecodingKey, AssertionError> {
        let mut key = find(&self.read(KEPT, until)?, &token.key_id).cloned();
        if key.is_none() {
            // The issuer may have a new one.
            key = find(&self.read(KEPT_SHORTLY, until)?, &token.key_id).cloned();
        }
        let name = seen(&token.key_id);
        let key = key.ok_or_else(|| {
            AssertionError::refused(format!("its issuer has no key {name} for signatures"))
        })?;
        let is_for_another = key
            .common
            .key_algorithm
            .is_some_and(|named| named != KeyAlgorithm::from(token.algorithm));
        if is_for_another {
            return Err(AssertionError::refused(format!(
                "the key {name} of its issuer is for another algorithm"
            )));
        }
        DecodingKey::from_jwk(&key)
            .map_err(|error| AssertionError::keys_invalid(format!("the key {name}: {error}")))
    }

    /// The keys, if they were read at most so long ago; otherwise they are read.
    fn read(&self, age_max: Duration, until: Instant) -> Result<Set, AssertionError> {
        if let Some(outcome) = self.known(age_max) {
            return outcome;
        }
        let _reading = self.turn()?;
        // Another may have read them in the meantime.
        if let Some(outcome) = self.known(age_max) {
            return outcome;
        }
        let read = self.source.read(until);
        let tried = Instant::now();
        let mut found = self.found();
        // Those that are still good stay, so that a key which an assertion invents while the issuer is away keeps none
        // from signing in.
        let before = found.take().and_then(|found| found.keys);
        let (failure, keys) = match &read {
            Ok(keys) => (None, Some((tried, Arc::clone(keys)))),
            Err(error) => (Some(error.clone()), before),
        };
        *found = Some(Found { tried, failure, keys });
        read
    }

    fn found(&self) -> MutexGuard<'_, Option<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome, if there is one that is recent enough.
    fn known(&self, age_max: Duration) -> Option<Result<Set, AssertionError>> {
        let found = self.found();
        let found = found.as_ref()?;
        if let Some(keys) = found.keys_of(age_max) {
            return Some(Ok(keys));
        }
        let failure = found.failure.clone().filter(|_| found.tried.elapsed() < KEPT_SHORTLY);
        failure.map(Err)
    }

    /// Waits for the turn to read, if there are no keys yet. If there are, one is read for at a time: assertions with
    /// keys that they invent must not take all places of those who sign in while the issuer does not answer.
    fn turn(&self) -> Result<MutexGuard<'_, ()>, AssertionError> {
        match self.reading.try_lock() {
            Ok(turn) => Ok(turn),
            Err(TryLockError::WouldBlock)
                if self.known(KEPT).is_some_and(|known| known.is_ok()) =>
            {
                Err(AssertionError::keys_unavailable("--assertion-jwks: it is being read"))
            }
            Err(_) => Ok(self.reading.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

impl Found {
    fn keys_of(&self, age_max: Duration) -> Option<Set> {
        let (at, keys) = self.keys.as_ref()?;
        (at.elapsed() < age_max).then(|| Arc::clone(keys))
    }
}

impl Source {
    fn read(&self, until: Instant) -> Result<Set, AssertionError> {
        let text = match self {
            Self::Url { url, http } => ask(url, http, until)?,
            Self::File(file) => read_file(file)?,
        };
        parse(&text)
    }
}

fn ask(url: &Url, http: &Http, until: Instant) -> Result<Vec<u8>, AssertionError> {
    let request = Request::get(url.as_str()).header("accept", "application/json").body(Vec::new());
    let request = request.map_err(AssertionError::keys_invalid)?;
    let response = http.call(request, until).map_err(|error| match error {
        HttpError::NotSafe(_) | HttpError::Ureq(ureq::Error::BodyExceedsLimit(_)) => {
            AssertionError::keys_invalid(error)
        }
        HttpError::Slow | HttpError::Ureq(_) => AssertionError::keys_unavailable(error),
    })?;
    if !response.status().is_success() {
        let status = response.status();
        return Err(AssertionError::keys_unavailable(format!("--assertion-jwks: {status}")));
    }
    Ok(response.into_body())
}

fn read_file(file: &Path) -> Result<Vec<u8>, AssertionError> {
    let named =
        |error: &dyn std::fmt::Display| format!("--assertion-jwks {}: {error}", file.display());
    let size = std::fs::metadata(file)
        .map_err(|error| AssertionError::keys_unavailable(named(&error)))?
        .len();
    if size > ANSWER_BYTES_MAX {
        return Err(AssertionError::keys_invalid(named(&"the file is too large")));
    }
    std::fs::read(file).map_err(|error| AssertionError::keys_unavailable(named(&error)))
}

/// The keys of a set that can check signatures. Others are ignored, as the standard says (§5).
fn parse(text: &[u8]) -> Result<Set, AssertionError> {
    let set: JwkSet = serde_json::from_slice(text).map_err(|_| {
        AssertionError::keys_invalid("--assertion-jwks: it is no JSON with a list \"keys\"")
    })?;
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    let keys: Vec<Jwk> = keys.filter(is_public_and_for_signatures).collect();
    if keys.is_empty() {
        return Err(AssertionError::keys_invalid(
            "--assertion-jwks: it has no public key for signatures",
        ));
    }
    Ok(Arc::new(keys))
}

fn is_public_and_for_signatures(key: &Jwk) -> bool {
    let is_public = matches!(
        key.algorithm,
        AlgorithmParameters::RSA(_)
            | AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKeyPair(_)
    );
    let purpose = &key.common.public_key_use;
    is_public && purpose.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
}

fn find<'a>(keys: &'a [Jwk], id: &str) -> Option<&'a Jwk> {
    keys.iter().find(|key| key.common.key_id.as_deref() == Some(id))
}
