//! The credential of a principal: the audit log has it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a token, a sign-in link or a session. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialId(Uuid);

/// The credential that a principal has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// An API token.
    Token(CredentialId),
    /// The cookie of a session.
    Session(CredentialId),
}

/// The text is neither `token:ID` nor `session:ID`, nor an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the id of a token, a link or a session")]
pub struct CredentialError;

impl CredentialId {
    /// A new id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Only the form that it prints.
impl FromStr for CredentialId {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let id = Uuid::parse_str(text).map_err(|_| CredentialError)?;
        (id.to_string() == text).then_some(Self(id)).ok_or(CredentialError)
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => write!(formatter, "token:{id}"),
            Self::Session(id) => write!(formatter, "session:{id}"),
        }
    }
}

impl FromStr for Credential {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        match text.split_once(':') {
            Some(("token", id)) => id.parse().map(Self::Token),
            Some(("session", id)) => id.parse().map(Self::Session),
            _ => Err(CredentialError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_read_as_it_is_written() {
        let id = CredentialId::random();
        for credential in [Credential::Token(id), Credential::Session(id)] {
            assert_eq!(credential.to_string().parse(), Ok(credential));
        }
        let (plain, upper) = (id.to_string(), format!("token:{}", id.to_string().to_uppercase()));
        for wrong in ["", "token:", "link:", &plain, &upper] {
            assert_eq!(wrong.parse::<Credential>(), Err(CredentialError), "{wrong:?}");
        }
    }
}
