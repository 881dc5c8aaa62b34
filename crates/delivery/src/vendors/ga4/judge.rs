//! Google's answers.

use http::StatusCode;
use serde_json::Value;

use crate::vendors::answer::{Verdict, shown};

/// The meaning of the answer to events. It is 2xx whatever they are, so *delivered* means received.
///
/// For other 4xx than 408 and 429, Google says not to repeat the request.
pub fn judge(status: StatusCode) -> Verdict {
    let text = format!("Google answered {status}");
    match status {
        status if status.is_success() => Verdict::Delivered,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Verdict::Again { text },
        status if status.is_client_error() => Verdict::Refused { text },
        _ => Verdict::Again { text },
    }
}

/// A fault that the validation server found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The place in the request.
    pub place: String,
    /// Google's code, such as `NAME_INVALID`.
    pub code: String,
    /// Google's words, which are not trusted.
    pub text: String,
}

/// The validation server's answer cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the answer of Google's validation server is not JSON: {0}; try again later")]
pub struct FindingsError(#[from] serde_json::Error);

/// The faults in the validation server's answer; none if the event is right.
///
/// # Errors
///
/// Fails if the answer is not JSON.
pub fn findings(body: &[u8]) -> Result<Vec<Finding>, FindingsError> {
    let answer: Value = serde_json::from_slice(body)?;
    let messages = answer["validationMessages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |message: &Value, key: &str| shown(message[key].as_str().unwrap_or_default());
    let finding = |message: &Value| Finding {
        place: text(message, "fieldPath"),
        code: text(message, "validationCode"),
        text: text(message, "description"),
    };
    Ok(messages.iter().map(finding).collect())
}
