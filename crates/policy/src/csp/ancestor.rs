//! Who may stand above a document.

use std::fmt;
use std::str::FromStr;

use super::{HostSource, HostSourceError};

/// One entry of `frame-ancestors`
/// ([CSP 3 §6.4.2](https://www.w3.org/TR/CSP3/#directive-frame-ancestors)). Browsers check every
/// page above the document, up to the top, so all of them have to be listed.
///
/// `'self'` has no spelling: our pages are on different origins, and a sandboxed document is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ancestor {
    /// Pages of one origin, or of all subdomains of a host.
    Host(HostSource),
    /// `https:`, any page that was loaded securely. For an app whose integrators are not known.
    /// Any site can then embed the widget and lay something over it. Whom the widget talks to is not
    /// decided here.
    AnyHttps,
}

impl From<HostSource> for Ancestor {
    fn from(host: HostSource) -> Self {
        Self::Host(host)
    }
}

impl FromStr for Ancestor {
    type Err = HostSourceError;

    /// Reads `https:` or a host source.
    fn from_str(text: &str) -> Result<Self, HostSourceError> {
        if text.eq_ignore_ascii_case("https:") {
            return Ok(Self::AnyHttps);
        }
        Ok(Self::Host(text.parse()?))
    }
}

impl fmt::Display for Ancestor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(formatter),
            Self::AnyHttps => formatter.write_str("https:"),
        }
    }
}
