//! The answers of a server, and the sentences for those that are not the wished one.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use ureq::http::Response;
use ureq::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use ureq::{Body, Error as HttpError};

use super::address::ConsoleOrigin;
use super::shapes::{Finding, Foreign};

/// The greatest answer, in bytes. Two snippets of 256 KiB fit, even if JSON needs six bytes for each of
/// theirs, with findings.
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Longer waits than this are not repeated to people, in seconds.
const RETRY_AFTER_S_MAX: u32 = 24 * 60 * 60;

/// A server that did not do as it was asked.
#[derive(Debug, Error)]
pub(crate) enum ServerError {
    #[error("cannot reach {origin} ({reason}): is c2c-server running there?")]
    Unreachable { origin: ConsoleOrigin, reason: Foreign },
    #[error("{origin} did not answer within {seconds} s (`--timeout` sets another limit)")]
    Slow { origin: ConsoleOrigin, seconds: u64 },
    #[error("the answer of {origin} broke off or is not HTTP ({reason})")]
    Broken { origin: ConsoleOrigin, reason: Foreign },
    #[error(
        "the answer of {0} has more than {ANSWER_BYTES_MAX} bytes, which no answer of the API has"
    )]
    TooLarge(ConsoleOrigin),
    #[error(
        "{origin} answered with status {status} and {media_type}, not with JSON of the API: use the \
         address of the console that c2c-server prints at its start"
    )]
    NotTheApi { origin: ConsoleOrigin, status: u16, media_type: Foreign },
    #[error(
        "the answer of {origin} is not as the API describes it ({reason}): is it of another version?"
    )]
    Malformed { origin: ConsoleOrigin, reason: Foreign },
    #[error("the server cannot answer now: {detail}. {}", try_again(*.seconds))]
    Busy { detail: Foreign, seconds: Option<u32> },
    #[error("the server refused: {0}")]
    Problem(Problem),
    /// The answer to a write is missing.
    #[error("{0}. It is not known whether the server did it: `c2c status` shows it")]
    InDoubt(Box<ServerError>),
}

fn try_again(seconds: Option<u32>) -> String {
    match seconds {
        Some(seconds) => format!("Try again in {seconds} s"),
        None => "Try again later".to_owned(),
    }
}

/// A problem of the API ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
#[derive(Debug, Deserialize, Error)]
#[error("{detail} ({status} {title}, {code})")]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: Foreign,
    pub(crate) title: Foreign,
    pub(crate) detail: Foreign,
    /// The findings of the check, with `code-rejected`.
    #[serde(default)]
    pub(crate) diagnostics: Vec<Finding>,
}

impl ServerError {
    /// Explains an exchange that did not come to its end.
    pub(super) fn of(error: &HttpError, origin: &ConsoleOrigin, seconds: u64) -> Self {
        let (origin, reason) = (origin.clone(), Foreign::new(error.to_string()));
        match error {
            HttpError::Timeout(_) => Self::Slow { origin, seconds },
            HttpError::BodyExceedsLimit(_) => Self::TooLarge(origin),
            HttpError::ConnectionFailed | HttpError::HostNotFound => {
                Self::Unreachable { origin, reason }
            }
            HttpError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Self::Unreachable { origin, reason: Foreign::new("the connection is refused") }
            }
            HttpError::LargeResponseHeader(..) => {
                Self::Broken { origin, reason: Foreign::new("its head is too large") }
            }
            _ => Self::Broken { origin, reason },
        }
    }

    /// The problem with this code, if it is one.
    pub(crate) fn is_problem(&self, code: &str) -> bool {
        matches!(self, Self::Problem(problem) if problem.code.is(code))
    }

    /// The same for a write: a request that was sent may have been carried out.
    pub(super) fn of_write(self) -> Self {
        match self {
            Self::Slow { .. }
            | Self::Broken { .. }
            | Self::TooLarge(_)
            | Self::Malformed { .. } => Self::InDoubt(Box::new(self)),
            _ => self,
        }
    }
}

/// Reads an answer, whatever its status is.
pub(super) fn read<T: DeserializeOwned>(
    mut response: Response<Body>,
    origin: &ConsoleOrigin,
    seconds: u64,
) -> Result<T, ServerError> {
    let status = response.status();
    let media_type = header(&response, &CONTENT_TYPE);
    let wait = header(&response, &RETRY_AFTER).parse().ok().filter(|&s| s <= RETRY_AFTER_S_MAX);
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    let body = body.map_err(|error| ServerError::of(&error, origin, seconds))?;
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let malformed = |error: serde_json::Error| ServerError::Malformed {
        origin: origin.clone(),
        reason: Foreign::new(error.to_string()),
    };
    match (status.as_u16(), essence) {
        (200 | 201, "application/json") => serde_json::from_slice(&body).map_err(malformed),
        (503, essence) => {
            let problem = serde_json::from_slice(&body).ok();
            let problem: Option<Problem> =
                problem.filter(|_| essence == "application/problem+json");
            let detail =
                problem.map_or(Foreign::new("it is overloaded or starting"), |it| it.detail);
            Err(ServerError::Busy { detail, seconds: wait })
        }
        (400.., "application/problem+json") => {
            let problem = serde_json::from_slice(&body).map_err(malformed)?;
            Err(ServerError::Problem(problem))
        }
        (status, _) => {
            let name = if essence.is_empty() { "no media type" } else { essence };
            let media_type = Foreign::new(name);
            Err(ServerError::NotTheApi { origin: origin.clone(), status, media_type })
        }
    }
}

fn header(response: &Response<Body>, name: &HeaderName) -> String {
    let value = response.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
