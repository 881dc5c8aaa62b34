//! Asking an endpoint whether it wants events, before it gets any. Otherwise a customer could aim the server's traffic at
//! a stranger.
//!
//! 1. [`Handshake`]: `OPTIONS` to the URL, by
//!    [CloudEvents' HTTP webhook](https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection).
//!    The endpoint agrees by naming the sender. A status never counts: many servers answer `OPTIONS` to anything.
//! 2. If it does not, [`Challenge`]: a signed `POST` like each event's. The endpoint agrees by returning the text in it.
//!
//! Both are requests to a possible stranger, so the caller limits their rate. Whatever they bring, the
//! endpoint's own text in an error is untrusted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use c2c_names::Origin;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::payload::Body;
use crate::sign::MessageId;
use crate::time::Timestamp;

/// The header that names the sender. After a handshake, each delivery has it, too.
pub const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
/// The header by which the sender asks for a rate, in requests a minute.
pub const REQUEST_RATE: HeaderName = HeaderName::from_static("webhook-request-rate");
/// The header by which the endpoint agrees.
pub const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
/// The header by which the endpoint grants a rate, in requests a minute.
pub const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// The `type` of a challenge's body. No event has it, since theirs begin with `custom.` or `widget.`.
const CHALLENGE_TYPE: &str = "c2c.challenge";

/// The reason why an answer does not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAgreed {
    /// There is no such header.
    #[error("the answer has no header {ALLOWED_ORIGIN}")]
    NoOrigin,
    /// The endpoint allows another sender.
    #[error("the header {ALLOWED_ORIGIN} is {found:?}, not {expected:?} or \"*\"")]
    OtherOrigin {
        /// The sender's name.
        expected: String,
        /// The beginning of the header. The endpoint wrote it.
        found: String,
    },
    /// The rate is not readable.
    #[error("the header {ALLOWED_RATE} is {found:?}, not a number from 1 or \"*\"")]
    Rate {
        /// The beginning of the header. The endpoint wrote it.
        found: String,
    },
    /// The challenge was not accepted.
    #[error("the challenge was answered with the status {status}, not 2xx")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The challenge did not come back.
    #[error("the answer's body is neither the challenge's text nor {{\"challenge\": \"<text>\"}}")]
    Text,
}

/// The question by `OPTIONS`. It has no body.
#[derive(Clone, Debug)]
pub struct Handshake {
    sender: HeaderValue,
}

/// The endpoint agreed by the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// How many requests a minute it takes, if it said so.
    pub rate_per_minute: Option<u32>,
}

impl Handshake {
    /// The rate that is asked for, in requests a minute.
    pub const RATE: u32 = 600;

    /// The question of a sender, who is named by the host of an origin of the server.
    pub fn new(sender: &Origin) -> Self {
        Self { sender: value(sender.host()) }
    }

    /// The headers of the question.
    pub fn headers(&self) -> HeaderMap {
        HeaderMap::from_iter([
            (REQUEST_ORIGIN, self.sender.clone()),
            (REQUEST_RATE, HeaderValue::from(Self::RATE)),
        ])
    }

    /// The header of each delivery to an endpoint that agreed by the handshake.
    pub fn delivery_header(&self) -> (HeaderName, HeaderValue) {
        (REQUEST_ORIGIN, self.sender.clone())
    }

    /// Judges the headers of the answer, whatever its status.
    ///
    /// Both headers must be there by the specification. An endpoint that grants no rate has the one that was asked for.
    pub fn judge(&self, headers: &HeaderMap) -> Result<Granted, NotAgreed> {
        let allowed = headers.get(ALLOWED_ORIGIN).ok_or(NotAgreed::NoOrigin)?;
        let is_named = allowed.as_bytes().eq_ignore_ascii_case(self.sender.as_bytes());
        if !is_named && allowed != "*" {
            let expected = start(&self.sender);
            return Err(NotAgreed::OtherOrigin { expected, found: start(allowed) });
        }
        let rate_per_minute = match headers.get(ALLOWED_RATE) {
            None => Some(Self::RATE),
            Some(rate) if rate == "*" => None,
            Some(rate) => Some(number(rate).ok_or_else(|| NotAgreed::Rate { found: start(rate) })?),
        };
        Ok(Granted { rate_per_minute })
    }
}

/// A number from 1; one that is too great is the greatest.
fn number(value: &HeaderValue) -> Option<u32> {
    let digits =
        value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u32::MAX) };
    (number > 0).then_some(number)
}

/// The beginning of a header, for a message.
fn start(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(100).collect()
}

fn value(host: &str) -> HeaderValue {
    HeaderValue::from_str(host).expect("the host of an origin is visible ASCII")
}

/// The question by `POST`.
#[derive(Clone, Debug)]
pub struct Challenge(String);

#[derive(Serialize, Deserialize)]
struct ChallengeBody {
    r#type: String,
    timestamp: String,
    data: ChallengeData,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChallengeData {
    challenge: String,
}

impl Challenge {
    /// A challenge of random bytes: 43 characters of `A`–`Z`, `a`–`z`, `0`–`9`, `-` and `_`.
    pub fn new(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// The text that must come back.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The id of the message.
    pub fn message_id(&self) -> MessageId {
        MessageId::of_challenge(&self.0)
    }

    /// The body of the question. It is signed like an event.
    pub fn body(&self, at: Timestamp) -> Body {
        let data = ChallengeData { challenge: self.0.clone() };
        let timestamp = at.to_string();
        Body::new(
            "application/json",
            &ChallengeBody { r#type: CHALLENGE_TYPE.to_owned(), timestamp, data },
        )
    }

    /// Judges the answer. Its body may have white space around the text.
    pub fn judge(&self, status: StatusCode, body: &[u8]) -> Result<(), NotAgreed> {
        if !status.is_success() {
            return Err(NotAgreed::Status { status });
        }
        // A server that returns all that it gets does not agree: the text is deeper in the question.
        let echoes = || {
            let data: Option<ChallengeData> = serde_json::from_slice(body).ok();
            data.is_some_and(|data| data.challenge == self.0)
        };
        let agrees = body.trim_ascii() == self.0.as_bytes() || echoes();
        agrees.then_some(()).ok_or(NotAgreed::Text)
    }

    /// The text to return, for a receiver: that of a challenge, and nothing if the body is an event's.
    pub fn asked(body: &[u8]) -> Option<String> {
        let body: ChallengeBody = serde_json::from_slice(body).ok()?;
        (body.r#type == CHALLENGE_TYPE).then_some(body.data.challenge)
    }
}
