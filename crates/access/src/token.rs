//! API tokens.

use std::fmt;
use std::str::FromStr;

use crate::secret::{Secret, SecretError};

/// The beginning of each token, by which scanners for secrets find one in code.
pub const TOKEN_PREFIX: &str = "c2c_";

/// An API token: [`TOKEN_PREFIX`] and the digits of a [`Secret`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {TOKEN_PREFIX} and 64 hexadecimal digits")]
pub struct TokenError;

impl Token {
    /// The token with a secret.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The secret.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The text, as a client sends it: `Authorization: Bearer c2c_…`
    /// ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
    pub fn reveal(&self) -> impl fmt::Display {
        format!("{TOKEN_PREFIX}{}", self.0.reveal())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let digits = text.strip_prefix(TOKEN_PREFIX).ok_or(TokenError)?;
        digits.parse().map(Self).map_err(|SecretError| TokenError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_shown() {
        let token = Token::new(Secret::random());
        let text = token.reveal().to_string();
        assert_eq!(text.parse(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains(&text[4..]));
        let (digits, more) = (&text[4..], format!("{text}0"));
        for wrong in ["", "c2c_", digits, &more, &text.to_uppercase()] {
            assert_eq!(wrong.parse::<Token>(), Err(TokenError), "{wrong:?}");
        }
    }
}
