//! The `host-source` of a Content-Security-Policy.

use std::fmt;
use std::str::FromStr;

use c2c_names::{Origin, OriginError, OriginRule};

/// A scheme, a host or all subdomains of one, and a port:
/// `https://shop.example`, `https://*.shop.example`, `http://localhost:7180`.
///
/// This is the part of [CSP 3 §2.3.1](https://www.w3.org/TR/CSP3/#grammardef-host-source) that
/// means the same in every directive. The scheme is required: without one, browsers use the document's,
/// and a sandboxed document has none. Paths are rejected: `frame-ancestors` ignores them, and the other
/// directives ignore them after a redirect.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostSource(String);

/// The reason why a string is not a [`HostSource`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostSourceError {
    /// The string does not begin with `https://` or `http://`.
    #[error("{0:?} must begin with https:// or http://")]
    Scheme(String),
    /// The host is empty, or not lower-case labels separated by dots.
    #[error(
        "{0:?} needs a host name in lower case (or an IPv4 address), optionally with a leading `*.`, \
         and neither path nor trailing slash; CSP cannot name IPv6 addresses"
    )]
    Host(String),
    /// The port is not a number from 1 to 65535 without leading zeros.
    #[error("{0:?} needs a port from 1 to 65535 after the colon, or no colon")]
    Port(String),
}

impl HostSource {
    /// Parses an https host as the injector lists the hosts of a snippet: a name, or `*.` and a name for
    /// all its subdomains, optionally with a port. A page loaded over https would not load anything over
    /// plain http.
    pub fn https(host: &str) -> Result<Self, HostSourceError> {
        format!("https://{host}").parse()
    }
}

impl FromStr for HostSource {
    type Err = HostSourceError;

    fn from_str(source: &str) -> Result<Self, HostSourceError> {
        let rule: OriginRule = source.parse().map_err(|error| match error {
            OriginError::Scheme(_) => HostSourceError::Scheme(source.to_owned()),
            OriginError::Port(_) => HostSourceError::Port(source.to_owned()),
            _ => HostSourceError::Host(source.to_owned()),
        })?;
        match &rule {
            OriginRule::Exact(origin) | OriginRule::Subdomains(origin) if !origin.is_ipv6() => {
                Ok(Self(rule.to_string()))
            }
            _ => Err(HostSourceError::Host(source.to_owned())),
        }
    }
}

impl TryFrom<&Origin> for HostSource {
    type Error = HostSourceError;

    /// Returns the source for this origin.
    ///
    /// # Errors
    ///
    /// [`HostSourceError::Host`] if the host is an IPv6 address, which a policy cannot name.
    fn try_from(origin: &Origin) -> Result<Self, HostSourceError> {
        if origin.is_ipv6() {
            return Err(HostSourceError::Host(origin.to_string()));
        }
        Ok(Self(origin.to_string()))
    }
}

impl fmt::Display for HostSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
