//! The answer to an attempt, and its meaning for the event and its endpoint.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, StatusCode, header};

use crate::outcome::Reason;
use crate::time::Timestamp;

/// When an endpoint wants to be asked again: the header
/// [`Retry-After`](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after), in seconds or as a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after the answer.
    Wait(Duration),
    /// At a time, by the endpoint's clock.
    At(Timestamp),
}

impl RetryAfter {
    /// The longest wait that an endpoint can ask for. If it wants more, it is called after this time nevertheless.
    pub const MAX: Duration = Duration::from_hours(24);

    /// Reads the header of an answer. A value that is neither form is like none.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than a number has: the cap applies.
            return Some(Self::Wait(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self::At(Timestamp::default().after(date)))
    }

    /// The time, at most [`RetryAfter::MAX`] from now. It may be past.
    fn time(self, now: Timestamp) -> Timestamp {
        let asked = match self {
            Self::Wait(duration) => now.after(duration),
            Self::At(time) => time,
        };
        asked.min(now.after(Self::MAX))
    }
}

/// Why an attempt brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name has no address.
    Dns,
    /// An address that the name has must not be called.
    AddressRefused,
    /// No connection.
    Connect,
    /// No TLS.
    Tls,
    /// No answer in time.
    Timeout,
    /// The answer is not HTTP/1.1, its head is too large, or the connection ended.
    Protocol,
    /// The endpoint's settings cannot be read, or its secret cannot be opened.
    Settings,
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Dns => Self::Dns,
            Failure::AddressRefused => Self::AddressRefused,
            Failure::Connect => Self::Connect,
            Failure::Tls => Self::Tls,
            Failure::Timeout => Self::Timeout,
            Failure::Protocol => Self::Protocol,
            Failure::Settings => Self::Settings,
        }
    }
}

/// The meaning of an attempt. For a webhook, the status alone decides ([`Verdict::of_status`]); a vendor's answer has more
/// in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint has the event.
    Delivered,
    /// The endpoint will never take this event, but is well.
    Refused(Reason),
    /// The endpoint wants no more events.
    Gone,
    /// The vendor refused the credentials: nothing is to be sent until a person changes them.
    Credentials,
    /// The event is to be sent again.
    Failed {
        /// The reason.
        reason: Reason,
        /// Not before this time, if the endpoint asked for it.
        not_before: Option<Timestamp>,
        /// Whether that is for the whole endpoint.
        is_busy: bool,
    },
}

impl Verdict {
    /// That of a webhook's answer, by
    /// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability):
    /// 2xx is success, 410 the end, and all else a failure. Redirects are not followed.
    ///
    /// `Retry-After` counts with each failure. With 429, it is about all requests.
    pub fn of_status(status: StatusCode, retry_after: Option<RetryAfter>, now: Timestamp) -> Self {
        match status {
            status if status.is_success() => Self::Delivered,
            StatusCode::GONE => Self::Gone,
            status => Self::Failed {
                reason: Reason::Status,
                not_before: retry_after.map(|retry_after| retry_after.time(now)),
                is_busy: status == StatusCode::TOO_MANY_REQUESTS,
            },
        }
    }

    /// The word for it, in the database, the API and metrics.
    pub fn reason(self) -> Reason {
        match self {
            Self::Delivered => Reason::Success,
            Self::Refused(reason) | Self::Failed { reason, .. } => reason,
            Self::Gone => Reason::Gone,
            Self::Credentials => Reason::Credentials,
        }
    }
}

/// There is no answer that asks for a time.
impl From<Failure> for Verdict {
    fn from(failure: Failure) -> Self {
        Self::Failed { reason: failure.into(), not_before: None, is_busy: false }
    }
}
