//! The `host-source` of a Content-Security-Policy.

use std::fmt;
use std::str::FromStr;

/// A scheme, a host or all subdomains of one, and a port:
/// `https://shop.example`, `https://*.shop.example`, `http://localhost:7180`.
///
/// This is the part of [CSP 3 §2.3.1](https://www.w3.org/TR/CSP3/#grammardef-host-source) that
/// means the same in every directive. The scheme is required: without one it is the document's,
/// and a sandboxed document has none. A path is refused: `frame-ancestors` ignores it, and after a
/// redirect the others do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostSource(String);

/// Why a string is not a [`HostSource`].
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
    /// A host by https, written as the injector lists the hosts of a snippet: a name, or `*.` and a
    /// name for all its subdomains, and at most a port. By plain http nothing would be loaded into a
    /// page that came by https.
    pub fn https(host: &str) -> Result<Self, HostSourceError> {
        format!("https://{host}").parse()
    }
}

impl FromStr for HostSource {
    type Err = HostSourceError;

    fn from_str(source: &str) -> Result<Self, HostSourceError> {
        let (scheme, authority) = source
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
            .ok_or_else(|| HostSourceError::Scheme(source.to_owned()))?;
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let name = host.strip_prefix("*.").unwrap_or(host);
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(HostSourceError::Host(source.to_owned()));
        }
        if let Some(port) = port {
            let number = port.parse::<u16>().ok().filter(|&number| number > 0);
            if number.is_none_or(|number| number.to_string() != port) {
                return Err(HostSourceError::Port(source.to_owned()));
            }
            // The default port is what a missing one means; one spelling for one source.
            if matches!((scheme, port), ("https", "443") | ("http", "80")) {
                return Ok(Self(format!("{scheme}://{host}")));
            }
        }
        Ok(Self(source.to_owned()))
    }
}

impl fmt::Display for HostSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
