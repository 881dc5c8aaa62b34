//! Referrer-Policy ([W3C](https://www.w3.org/TR/referrer-policy/)), spelt alike for the header and
//! for the iframe's `referrerpolicy` attribute.

use std::fmt;
use std::str::FromStr;

use crate::Header;

/// What a request says about the document that makes it. There is one policy that we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferrerPolicy {
    /// `no-referrer`: nothing, neither the path, which names an app, nor the host.
    NoReferrer,
}

/// A policy under which a referrer may be sent, or none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the referrer policy must be `no-referrer` alone, not {0:?}")]
pub struct ReferrerPolicyError(String);

impl ReferrerPolicy {
    pub(crate) fn header(self) -> Header {
        Header::new("referrer-policy", self.as_str())
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
        }
    }
}

impl FromStr for ReferrerPolicy {
    type Err = ReferrerPolicyError;

    /// Reads one token in any case. Of a list, browsers take the last token that they know, so what
    /// it means depends on the browser: it is refused.
    fn from_str(text: &str) -> Result<Self, ReferrerPolicyError> {
        let token = text.trim_matches([' ', '\t']);
        if token.eq_ignore_ascii_case(Self::NoReferrer.as_str()) {
            return Ok(Self::NoReferrer);
        }
        Err(ReferrerPolicyError(text.to_owned()))
    }
}

impl fmt::Display for ReferrerPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
