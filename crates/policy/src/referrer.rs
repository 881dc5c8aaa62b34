//! Referrer-Policy ([W3C](https://www.w3.org/TR/referrer-policy/)), spelt alike for the header and
//! for the iframe's `referrerpolicy` attribute.

use std::fmt;
use std::str::FromStr;

use http::header::{HeaderValue, REFERRER_POLICY};

use crate::header::Header;

/// How much a request reveals about the document that makes it. We send only one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferrerPolicy {
    /// `no-referrer`: nothing: neither the host nor the path, which names an app.
    NoReferrer,
}

/// The text is not a policy, or one under which a referrer may be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the referrer policy must be `no-referrer` alone, not {0:?}")]
pub struct ReferrerPolicyError(String);

impl ReferrerPolicy {
    pub(crate) fn header(self) -> Header {
        (REFERRER_POLICY, HeaderValue::from_static(self.as_str()))
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
        }
    }
}

impl FromStr for ReferrerPolicy {
    type Err = ReferrerPolicyError;

    /// Parses one token, in any case. Rejects a list: browsers use the last token that they know, so its
    /// meaning would depend on the browser.
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
