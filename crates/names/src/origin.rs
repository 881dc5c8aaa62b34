//! Origins, as browsers print them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A tuple origin of the web: `https://shop.example`, `http://localhost:7180`, `http://[::1]:80`.
///
/// Stored in the one form in which browsers
/// [serialise an origin](https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin):
/// lower case, punycode, no default port. Parsing accepts only that form (and a default port, which
/// it drops), so two `Origin`s are the same origin exactly when they are equal. The opaque origin
/// `null` is not an `Origin`: it does not identify a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: String,
    /// Start of the host in `text`, after `://`.
    host_start: usize,
    /// End of the host in `text`: before `:port`, or the end of the text.
    host_end: usize,
}

/// The reason why a string is not an [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// The string does not begin with `https://` or `http://`.
    #[error("{0:?} is not an origin: it must begin with https:// or http://")]
    Scheme(String),
    /// The host is not one that a browser would print.
    #[error(
        "{0:?} is not an origin: after the scheme comes a host name in lower case, an IPv4 or an \
         [IPv6] address, then at most a port; no path, no trailing slash, no user"
    )]
    Host(String),
    /// The port is not a number from 1 to 65535 without leading zeros.
    #[error("{0:?} is not an origin: after the colon comes a port from 1 to 65535")]
    Port(String),
}

impl Origin {
    /// `https://shop.example:8443` as a browser prints it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether its scheme is https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// The host alone, with brackets if it is an IPv6 address.
    pub fn host(&self) -> &str {
        &self.text[self.host_start..self.host_end]
    }

    /// Whether the host is an IPv6 address, which a Content-Security-Policy cannot name.
    pub fn is_ipv6(&self) -> bool {
        self.host().starts_with('[')
    }

    /// Host and port as in a request's `Host` header: without a default port.
    pub fn authority(&self) -> &str {
        &self.text[self.host_start..]
    }

    /// The origin with a label before its host, which is a name that has a place for the label.
    pub(crate) fn subdomain(&self, label: &str) -> Self {
        let (scheme, rest) = self.text.split_at(self.host_start);
        Self {
            text: format!("{scheme}{label}.{rest}"),
            host_start: self.host_start,
            host_end: self.host_end + label.len() + 1,
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(mut text: String) -> Result<Self, OriginError> {
        let default_port = match text.split_once("://") {
            Some(("https", _)) => 443,
            Some(("http", _)) => 80,
            _ => return Err(OriginError::Scheme(text)),
        };
        let host_start = text.find("://").map_or(0, |at| at + 3);
        let authority = &text[host_start..];
        let host_length = match authority.find(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, rest) = authority.split_at(host_length);
        if !is_host(host) {
            return Err(OriginError::Host(text));
        }
        let host_end = host_start + host_length;
        if let Some(port) = rest.strip_prefix(':') {
            match port.parse::<u16>() {
                Ok(number) if number > 0 && number.to_string() == port => {
                    if number == default_port {
                        text.truncate(host_end);
                    }
                }
                _ => return Err(OriginError::Port(text)),
            }
        } else if !rest.is_empty() {
            return Err(OriginError::Host(text));
        }
        Ok(Self { text, host_start, host_end })
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        text.to_owned().try_into()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A rule that matches origins: one origin, the subdomains of a host, or opaque origins.
///
/// Origins are compared only here and, by the same rules, in `js/host/origin.js`; both pass
/// `vectors/origin.json`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OriginRule {
    /// Exactly this [tuple origin](https://html.spec.whatwg.org/multipage/browsers.html#concept-origin-tuple).
    Exact(Origin),
    /// Every subdomain, at any depth, of this origin's host, with the same scheme and port; the host
    /// itself does not match. Written `https://*.shop.example`.
    Subdomains(Origin),
    /// An [opaque origin](https://html.spec.whatwg.org/multipage/browsers.html#concept-origin-opaque),
    /// such as a sandboxed frame's. All opaque origins print alike, so this cannot tell them apart.
    Opaque,
}

impl OriginRule {
    /// Whether the rule matches an event's `origin`, as the browser printed it.
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => origin == exact.as_str(),
            Self::Opaque => origin == "null",
            Self::Subdomains(parent) => {
                let (scheme, rest) = parent.text.split_at(parent.host_start);
                let label = origin
                    .strip_prefix(scheme)
                    .and_then(|origin| origin.strip_suffix(rest))
                    .and_then(|label| label.strip_suffix('.'));
                label.is_some_and(|label| !label.is_empty())
            }
        }
    }
}

impl FromStr for OriginRule {
    type Err = OriginError;

    /// Parses an origin, or `https://*.` and a host. Never returns [`OriginRule::Opaque`]: a written
    /// rule must identify its origins.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        match text.split_once("://*.") {
            Some((scheme, host)) => Ok(Self::Subdomains(format!("{scheme}://{host}").parse()?)),
            None => Ok(Self::Exact(text.parse()?)),
        }
    }
}

impl fmt::Display for OriginRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(origin) => origin.fmt(formatter),
            Self::Subdomains(parent) => {
                let (scheme, rest) = parent.text.split_at(parent.host_start);
                write!(formatter, "{scheme}*.{rest}")
            }
            Self::Opaque => formatter.write_str("null"),
        }
    }
}

/// Whether the host is in the form in which a browser prints it.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        // Browsers never print the dotted form of an IPv4 address inside an IPv6 one.
        let canonical = inner.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == inner);
        return canonical && !inner.contains('.');
    }
    let labels = || host.split('.');
    // A browser reads a host whose last label is a number as an IPv4 address.
    if labels().next_back().is_some_and(is_number) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    host.len() <= 253 && labels().all(is_label)
}

/// Whether the URL standard
/// [reads the label as a number](https://url.spec.whatwg.org/#ends-in-a-number-checker).
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
