//! The pages that may be above a document.

use std::fmt;
use std::str::FromStr;

use c2c_names::Origin;

use super::{HostSource, HostSourceError};

/// One entry of `frame-ancestors`
/// ([CSP 3 §6.4.2](https://www.w3.org/TR/CSP3/#directive-frame-ancestors)). Browsers check every
/// page above the document, up to the top, so all of them must be listed.
///
/// `'self'` is not supported: our pages are on different origins, and a sandboxed document's origin is
/// opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AncestorSource {
    /// Pages of one origin, or of all subdomains of a host.
    Host(HostSource),
    /// `https:`, any page that was loaded securely. For an app whose integrators are not known. Any
    /// site can then embed the widget and cover it with its own content. This does not affect the pages
    /// that the widget exchanges messages with.
    AnyHttps,
}

impl From<HostSource> for AncestorSource {
    fn from(host: HostSource) -> Self {
        Self::Host(host)
    }
}

impl TryFrom<&Origin> for AncestorSource {
    type Error = HostSourceError;

    /// Returns the source for pages of this origin.
    ///
    /// # Errors
    ///
    /// [`HostSourceError::Host`] if the host is an IPv6 address.
    fn try_from(origin: &Origin) -> Result<Self, HostSourceError> {
        Ok(Self::Host(origin.try_into()?))
    }
}

impl FromStr for AncestorSource {
    type Err = HostSourceError;

    /// Parses `https:` or a host source.
    fn from_str(text: &str) -> Result<Self, HostSourceError> {
        if text.eq_ignore_ascii_case("https:") {
            return Ok(Self::AnyHttps);
        }
        Ok(Self::Host(text.parse()?))
    }
}

impl fmt::Display for AncestorSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(formatter),
            Self::AnyHttps => formatter.write_str("https:"),
        }
    }
}
