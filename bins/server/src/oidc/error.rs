//! Reasons why a person was not signed in.

use std::fmt::Display;

/// The longest reason, in characters. It may be the issuer's text.
const REASON_CHARS_MAX: usize = 300;

/// A reason why a person was not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OidcError {
    /// The browser has no cookie, or that of another attempt.
    #[error(
        "this sign-in did not begin in this browser, or it is older than ten minutes, or it was used; \
         begin again"
    )]
    NotBegun,
    /// Too many wait for the issuer.
    #[error("too many people sign in at this moment; try again in a few seconds")]
    Busy,
    /// It cannot be reached, or is too slow.
    #[error("the sign-in service does not answer; try again in a few seconds")]
    Unreachable(Reason),
    /// It answers, with something else than the standard wants or than this server can trust.
    #[error(
        "the answer of the sign-in service is not valid; the server's log has the reason for its operator"
    )]
    Invalid(Reason),
    /// It did not take the code.
    #[error(
        "the sign-in service does not accept this sign-in: it was used, or took too long; begin again"
    )]
    Refused(Reason),
    /// None of the person's groups has a role.
    #[error(
        "the sign-in service knows you as {0}, but none of your groups there gives access to this \
         console; ask its operator"
    )]
    NoRole(String),
}

/// A reason for the log, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason(pub(crate) String);

impl OidcError {
    pub(super) fn invalid(reason: impl Display) -> Self {
        Self::Invalid(Reason::new(reason))
    }

    pub(super) fn unreachable(reason: impl Display) -> Self {
        Self::Unreachable(Reason::new(reason))
    }

    pub(super) fn refused(reason: impl Display) -> Self {
        Self::Refused(Reason::new(reason))
    }

    /// The reason for the log, if it is the issuer's or the operator's fault.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Unreachable(reason) | Self::Invalid(reason) | Self::Refused(reason) => {
                Some(&reason.0)
            }
            Self::NotBegun | Self::Busy | Self::NoRole(_) => None,
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
