//! The URLs of endpoints.
//!
//! The text is parsed as browsers do ([WHATWG URL](https://url.spec.whatwg.org/)), so `https://2130706433/` and
//! `https://0x7f.1/` are 127.0.0.1 before anything is judged. Of a name, only its form is judged here. Its addresses are
//! judged at each connection ([`judge`]), since they can change.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use url::{Host, Url};

use crate::address::{AddressRefused, AddressRules, judge};

/// The operator's rules for the URLs of endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlRules {
    /// The permitted ports beside 443.
    pub ports: Vec<u16>,
    /// The rules for addresses. An address in `allow` with a port may have that port, and plain http there.
    pub addresses: AddressRules,
}

/// The URL of an endpoint. `Debug` and `Display` have scheme, host and port only, since the rest may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    url: Url,
    uri: Uri,
    host: Host<String>,
    port: u16,
}

/// The text is not the URL of an endpoint. The text itself is not in the error, since it may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is too long.
    #[error("the URL has {found} bytes; at most {} are permitted", EndpointUrl::LENGTH_MAX)]
    Length {
        /// The number of bytes.
        found: usize,
    },
    /// It is not an absolute URL.
    #[error("not an absolute URL: {reason}")]
    Form {
        /// The reason.
        reason: String,
    },
    /// It is not https.
    #[error(
        "the URL must begin with https:// (http:// is for addresses that the operator of this server allows with their port)"
    )]
    Scheme,
    /// It has a user or password.
    #[error("the URL must have no user or password before its host")]
    User,
    /// It has a fragment, which would not be sent.
    #[error("the URL must have no fragment (#…)")]
    Fragment,
    /// It has a port that is not permitted.
    #[error("port {port} is not permitted: use 443, or ask the operator of this server")]
    Port {
        /// The port.
        port: u16,
    },
    /// Its host is a name that has no meaning on the internet.
    #[error("the host {host:?} is not a name on the internet")]
    LocalName {
        /// The host.
        host: String,
    },
    /// Its host is an address that must not be called.
    #[error("{0}")]
    Address(#[from] AddressRefused),
}

/// Names that end with one of these have no meaning on the internet, or lead to the machine itself:
/// [RFC 6761](https://www.rfc-editor.org/rfc/rfc6761) (localhost), [RFC 6762](https://www.rfc-editor.org/rfc/rfc6762)
/// (local), [RFC 7686](https://www.rfc-editor.org/rfc/rfc7686) (onion),
/// [RFC 8375](https://www.rfc-editor.org/rfc/rfc8375) (home.arpa), and
/// [ICANN's resolution of 2024-07-29](https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en)
/// (internal; clouds have their metadata services there).
const LOCAL: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "onion"];

impl EndpointUrl {
    /// The greatest length, in bytes, before and after parsing.
    pub const LENGTH_MAX: usize = 2048;

    /// Parses the URL of an endpoint.
    pub fn parse(text: &str, rules: &UrlRules) -> Result<Self, UrlError> {
        short(text)?;
        let form = |reason: String| UrlError::Form { reason };
        let url = Url::parse(text).map_err(|error| form(error.to_string()))?;
        short(url.as_str())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::User);
        }
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(UrlError::Scheme);
        };
        let (host, is_http) = (host.to_owned(), url.scheme() == "http");
        check_host(&host, port, is_http, rules)?;
        let uri = Uri::try_from(url.as_str()).map_err(|error| form(error.to_string()))?;
        Ok(Self { url, uri, host, port })
    }

    /// The whole URL, as it is called. It may hold a secret.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The whole URL for an HTTP client. It may hold a secret.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether it is https. Otherwise it is http to an address and port that the operator allows.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host: a name in lower case, or an address.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether both lead to the same place: to the same origin, path and query. An endpoint whose URL leads elsewhere must
    /// agree anew. A service for many customers may tell them apart by the query alone.
    pub fn leads_to(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

fn short(text: &str) -> Result<(), UrlError> {
    let is_short = text.len() <= EndpointUrl::LENGTH_MAX;
    is_short.then_some(()).ok_or(UrlError::Length { found: text.len() })
}

/// Checks host, port and scheme together: an address that the operator allows with a port may have that port, and http
/// there.
fn check_host(
    host: &Host<String>,
    port: u16,
    is_http: bool,
    rules: &UrlRules,
) -> Result<(), UrlError> {
    let ip = match host {
        Host::Ipv4(v4) => Some(IpAddr::from(*v4)),
        Host::Ipv6(v6) => Some(IpAddr::from(*v6)),
        Host::Domain(name) => {
            check_name(name)?;
            None
        }
    };
    let address = ip.map(|ip| SocketAddr::new(ip, port));
    if let Some(address) = address {
        judge(address, &rules.addresses)?;
    }
    let is_allowed = address.is_some_and(|address| rules.addresses.allows_port(address));
    if is_http && !is_allowed {
        return Err(UrlError::Scheme);
    }
    let is_permitted = port == 443 || rules.ports.contains(&port) || is_allowed;
    is_permitted.then_some(()).ok_or(UrlError::Port { port })
}

fn check_name(name: &str) -> Result<(), UrlError> {
    let ends_with = |end: &&str| name == *end || name.ends_with(&format!(".{end}"));
    // A full stop at the end is legal in a URL, but in no certificate.
    if !name.contains('.') || name.ends_with('.') || LOCAL.iter().any(ends_with) {
        return Err(UrlError::LocalName { host: name.to_owned() });
    }
    Ok(())
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}:{}", self.url.scheme(), self.host, self.port)
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EndpointUrl({self})")
    }
}
