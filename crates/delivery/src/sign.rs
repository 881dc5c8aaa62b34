//! The headers that sign a webhook, and their verification, by
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
//!
//! - `webhook-id`: the message's id, the same in each attempt, so that a receiver can drop duplicates;
//! - `webhook-timestamp`: the time of the attempt, in seconds since the Unix epoch;
//! - `webhook-signature`: signatures of `<id>.<timestamp>.<body>`, separated by spaces, each `v1,` or `v1a,` and base64.
//!
//! The id has no full stop, so the signed text has one reading.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::event::EventId;
use crate::secret::{KeyError, PublicKey, Scheme, SigningKey, WebhookSecret};

/// The header with the message's id.
pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// The header with the time of the attempt.
pub const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The header with the signatures.
pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How far [`verify`] lets the sender's clock be from the receiver's, as the reference libraries do.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// The id of a message: 1 to 128 visible ASCII characters without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

/// The text is not the id of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 visible ASCII characters without a full stop")]
pub struct MessageIdError;

impl MessageId {
    /// The id of the message about an event: the event's own. An event that a backend sent has `_v` behind it, since
    /// a page may have claimed an event of the same id.
    pub fn of(event: EventId, verified: bool) -> Self {
        Self(format!("{event}{}", if verified { "_v" } else { "" }))
    }

    /// The id of the message with a challenge, whose text is base64 for URLs.
    pub(crate) fn of_challenge(text: &str) -> Self {
        Self(format!("challenge_{text}"))
    }

    /// The id on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let permitted = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        let is_id = (1..=128).contains(&text.len()) && text.bytes().all(permitted);
        is_id.then(|| Self(text.to_owned())).ok_or(MessageIdError)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key that signs. Its text begins with `whsec_` or `whsk_`.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Signs by the scheme `v1`.
    V1(WebhookSecret),
    /// Signs by the scheme `v1a`.
    V1a(SigningKey),
}

impl Signer {
    /// How it signs.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::V1(_) => Scheme::V1,
            Self::V1a(_) => Scheme::V1a,
        }
    }

    /// The text, which is enough to sign.
    pub fn reveal(&self) -> Zeroizing<String> {
        match self {
            Self::V1(secret) => secret.reveal(),
            Self::V1a(key) => key.reveal(),
        }
    }

    fn sign(&self, content: &[u8]) -> String {
        let signature = match self {
            Self::V1(secret) => STANDARD.encode(secret.sign(content)),
            Self::V1a(key) => STANDARD.encode(key.sign(content)),
        };
        format!("{},{signature}", self.scheme())
    }
}

impl FromStr for Signer {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with("whsk_") {
            text.parse().map(Self::V1a)
        } else {
            text.parse().map(Self::V1)
        }
    }
}

/// The keys of an endpoint: 1 to 3, newest first. There are several while a receiver changes from one to the next.
#[derive(Clone, Debug)]
pub struct Signers(Vec<Signer>);

/// An endpoint cannot have so many keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint has 1 to {} keys, not {found}", Signers::KEYS_MAX)]
pub struct SignersError {
    /// The number of keys.
    pub found: usize,
}

impl Signers {
    /// The greatest number of keys.
    pub const KEYS_MAX: usize = 3;

    /// The keys, newest first.
    pub fn new(keys: Vec<Signer>) -> Result<Self, SignersError> {
        match keys.len() {
            1..=Self::KEYS_MAX => Ok(Self(keys)),
            found => Err(SignersError { found }),
        }
    }

    /// The three headers of one attempt, at a time in seconds since the Unix epoch.
    pub fn headers(&self, id: &MessageId, at_seconds: i64, body: &[u8]) -> HeaderMap {
        let content = content(id.as_str(), at_seconds, body);
        let signatures: Vec<_> = self.0.iter().map(|key| key.sign(&content)).collect();
        HeaderMap::from_iter([
            (WEBHOOK_ID, value(id.as_str())),
            (WEBHOOK_TIMESTAMP, HeaderValue::from(at_seconds)),
            (WEBHOOK_SIGNATURE, value(&signatures.join(" "))),
        ])
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("visible ASCII and spaces")
}

fn content(id: &str, at_seconds: i64, body: &[u8]) -> Vec<u8> {
    [format!("{id}.{at_seconds}.").as_bytes(), body].concat()
}

/// A key by which a receiver verifies. Its text begins with `whsec_` or `whpk_`.
#[derive(Clone, Debug)]
pub enum Verifier {
    /// Verifies the scheme `v1`.
    V1(WebhookSecret),
    /// Verifies the scheme `v1a`.
    V1a(PublicKey),
}

impl Verifier {
    /// How the webhooks are signed that it verifies.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::V1(_) => Scheme::V1,
            Self::V1a(_) => Scheme::V1a,
        }
    }

    fn verifies(&self, content: &[u8], signature: &str) -> bool {
        let Some((scheme, signature)) = signature.split_once(',') else { return false };
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        scheme == self.scheme().word()
            && match self {
                Self::V1(secret) => secret.has_signed(content, &signature),
                Self::V1a(key) => key.has_signed(content, &signature),
            }
    }
}

impl FromStr for Verifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with("whpk_") {
            text.parse().map(Self::V1a)
        } else {
            text.parse().map(Self::V1)
        }
    }
}

/// The request is not a webhook that the key's owner sent just now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is absent, or is not readable text.
    #[error("the header {header} is missing, or is not visible ASCII")]
    Missing {
        /// Its name.
        header: HeaderName,
    },
    /// The time is not a number of seconds.
    #[error("webhook-timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// The message was sent too long ago. It may be a repetition.
    #[error("webhook-timestamp is {seconds} s ago, which is more than {} s", TOLERANCE.as_secs())]
    TooOld {
        /// How long ago it was sent.
        seconds: u64,
    },
    /// The message comes from the future. One of the clocks is wrong.
    #[error("webhook-timestamp is {seconds} s ahead, which is more than {} s", TOLERANCE.as_secs())]
    TooEarly {
        /// How far it is ahead.
        seconds: u64,
    },
    /// No signature is one of the key.
    #[error(
        "webhook-signature has no signature of the key ({scheme}) for this webhook-id, webhook-timestamp and body"
    )]
    Signature {
        /// The scheme of the key.
        scheme: Scheme,
    },
}

/// Verifies a webhook, as a receiver does: one of its signatures is one of the key, and its time is at most
/// [`TOLERANCE`] away from `now_seconds`. The body must be the bytes that came, not a new print of the JSON.
pub fn verify(
    key: &Verifier,
    headers: &HeaderMap,
    body: &[u8],
    now_seconds: i64,
) -> Result<(), VerifyError> {
    let text = |header: HeaderName| {
        let value = headers.get(&header).and_then(|value| value.to_str().ok());
        value.ok_or(VerifyError::Missing { header })
    };
    let id = text(WEBHOOK_ID)?;
    let at_seconds: i64 = text(WEBHOOK_TIMESTAMP)?.parse().map_err(|_| VerifyError::Timestamp)?;
    let signatures = text(WEBHOOK_SIGNATURE)?;
    let seconds = at_seconds.abs_diff(now_seconds);
    if seconds > TOLERANCE.as_secs() {
        let is_past = at_seconds < now_seconds;
        let [old, early] = [VerifyError::TooOld { seconds }, VerifyError::TooEarly { seconds }];
        return Err(if is_past { old } else { early });
    }
    let content = content(id, at_seconds, body);
    let verified = signatures.split(' ').any(|signature| key.verifies(&content, signature));
    verified.then_some(()).ok_or(VerifyError::Signature { scheme: key.scheme() })
}
