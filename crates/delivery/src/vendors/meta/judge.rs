//! Meta's answers.

use http::StatusCode;
use serde_json::Value;

use crate::vendors::answer::{Verdict, shown};

/// Codes of [errors](https://developers.facebook.com/docs/graph-api/guides/error-handling) that pass: an unknown one, a
/// service that is away, and too many requests.
const PASSING: &[i64] = &[1, 2, 4, 17, 32, 341, 368, 613];
/// Codes of errors about the token: its session is over, it is not valid, or it does not allow this.
const OF_TOKENS: &[i64] = &[3, 10, 102, 190];
/// The subcode of code 100 for an object that does not exist, or that the token does not show.
const NO_SUCH_OBJECT: i64 = 33;

/// The meaning of the answer to `sent` events: of its status, and of its body as far as it was read.
///
/// A success counts only if Meta received as many events as were sent. Otherwise one cannot know which; sending each
/// again is safe, since Meta counts an `event_id` once.
pub fn judge(status: StatusCode, body: &[u8], sent: usize) -> Verdict {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    if status.is_success() {
        return success(&answer, sent);
    }
    let error = &answer["error"];
    let text = words(error, status);
    let code = error["code"].as_i64().unwrap_or_default();
    let is_passing = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        || error["is_transient"] == true
        || PASSING.contains(&code);
    let is_of_token = status == StatusCode::UNAUTHORIZED
        || OF_TOKENS.contains(&code)
        || (200..300).contains(&code)
        || (code == 100 && error["error_subcode"] == NO_SUCH_OBJECT);
    if is_passing || !status.is_client_error() {
        Verdict::Again { text }
    } else if is_of_token {
        Verdict::Credentials { text }
    } else {
        refused(sent, text)
    }
}

fn success(answer: &Value, sent: usize) -> Verdict {
    match answer["events_received"].as_u64() {
        Some(received) if received == sent as u64 => Verdict::Delivered,
        Some(received) => {
            let text = format!("Meta received {received} of {sent} events. {}", answer["messages"]);
            refused(sent, shown(&text))
        }
        None => Verdict::Again {
            text: "Meta's answer does not say how many events it received".to_owned(),
        },
    }
}

fn refused(sent: usize, text: String) -> Verdict {
    if sent > 1 { Verdict::Split { text } } else { Verdict::Refused { text } }
}

/// Meta's words for people, or else its words for programs.
fn words(error: &Value, status: StatusCode) -> String {
    let text = |key: &str| error[key].as_str().filter(|text| !text.trim().is_empty());
    let for_people = [text("error_user_title"), text("error_user_msg")];
    let parts: Vec<&str> = for_people.into_iter().flatten().collect();
    let words = match (parts.is_empty(), text("message")) {
        (false, _) => shown(&parts.join(": ")),
        (true, Some(message)) => shown(message),
        (true, None) => return format!("Meta answered {status}"),
    };
    format!("{words} (status {}, code {})", status.as_u16(), error["code"])
}
