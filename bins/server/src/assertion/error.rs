//! Reasons why an assertion gave no session: for the engineer of the product that signs it.

use std::fmt::{self, Display};

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;
/// The longest part of an assertion in a reason, in characters.
const SEEN_CHARS_MAX: usize = 80;

/// A reason why an assertion gave no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertionError {
    /// Something is wrong with it.
    #[error("the assertion is refused: {0}")]
    Refused(Reason),
    /// It gives more than the operator allows.
    #[error("the assertion is refused: {0}")]
    Role(Reason),
    /// Too many are checked.
    #[error("too many people sign in at this moment; try again in a few seconds")]
    Busy,
    /// The keys cannot be read.
    #[error(
        "the keys of the assertion's issuer cannot be read; try again in a few seconds. The server's log has the \
         reason for its operator"
    )]
    KeysUnavailable(Reason),
    /// They were read, and are no keys.
    #[error(
        "the keys of the assertion's issuer are not valid; the server's log has the reason for its operator"
    )]
    KeysInvalid(Reason),
}

/// A reason in one line. It has no part of a signature, and of the claims only those that are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason(String);

impl AssertionError {
    pub(super) fn refused(reason: impl Display) -> Self {
        Self::Refused(Reason::new(reason))
    }

    pub(super) fn role(reason: impl Display) -> Self {
        Self::Role(Reason::new(reason))
    }

    pub(super) fn keys_unavailable(reason: impl Display) -> Self {
        Self::KeysUnavailable(Reason::new(reason))
    }

    pub(super) fn keys_invalid(reason: impl Display) -> Self {
        Self::KeysInvalid(Reason::new(reason))
    }

    /// The reason for the log, if it is not in the message.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::KeysUnavailable(reason) | Self::KeysInvalid(reason) => Some(&reason.0),
            Self::Refused(_) | Self::Role(_) | Self::Busy => None,
        }
    }
}

impl Reason {
    fn new(reason: impl Display) -> Self {
        let text = reason.to_string();
        let one_line = text.chars().map(|char| if char.is_control() { ' ' } else { char });
        Self(one_line.take(REASON_CHARS_MAX).collect())
    }
}

impl Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A part of an assertion as it is in a reason: quoted, and cut.
pub(super) fn seen(part: &str) -> String {
    format!("{:?}", shortened(part))
}

/// The same without the quotes.
pub(super) fn shortened(part: &str) -> String {
    let mut text: String = part.chars().take(SEEN_CHARS_MAX).collect();
    if text.len() < part.len() {
        text.push('…');
    }
    text
}
