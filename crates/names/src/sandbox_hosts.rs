//! The hosts that sandbox documents are on.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::{AppId, Origin, OriginError, OriginRule};

/// The longest label of a host name, in characters (RFC 1035, section 2.3.4).
const LABEL_LENGTH_MAX: usize = 63;
/// The longest host name, in characters.
const HOST_LENGTH_MAX: usize = 253;
/// The start of a label that is made from a hash. No id that is a label itself has it.
const HASHED: &str = "id--";
/// How much of the hash the label has: two digits for each byte.
const HASH_BYTES: usize = 28;

/// The hosts of sandbox documents: one for all apps, or one for each.
///
/// Written as an origin, or with a `*` in the place of an app's label. If the domain is on the
/// [public suffix list](https://publicsuffix.org/), each app's host is a *site*, which is what browsers isolate.
///
/// ```
/// use c2c_names::SandboxHosts;
///
/// let hosts: SandboxHosts = "https://*.usercontent.example".parse()?;
/// assert_eq!(hosts.origin_for(&"demo".parse()?).as_str(), "https://demo.usercontent.example");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SandboxHosts {
    /// The documents of all apps have this host.
    One(Origin),
    /// Each app has a host of its own.
    PerApp(AppHosts),
}

/// The hosts of apps: one label for each app before the same domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppHosts {
    /// The scheme, domain and port. No app has this host.
    parent: Origin,
}

/// The reason why a string does not name [`SandboxHosts`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxHostsError {
    /// The string without `*.` is not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// An address has no subdomains.
    #[error("{0:?}: after *. comes a domain, and not an address")]
    Address(String),
    /// The longest label would not fit.
    #[error(
        "{text:?}: after *. comes a domain of at most {length_max} characters, since each app has a label before it"
    )]
    TooLong {
        /// The string.
        text: String,
        /// The greatest length of the domain, in characters.
        length_max: usize,
    },
}

impl SandboxHosts {
    /// The origin of an app's documents.
    pub fn origin_for(&self, app: &AppId) -> Cow<'_, Origin> {
        match self {
            Self::One(origin) => Cow::Borrowed(origin),
            Self::PerApp(hosts) => Cow::Owned(hosts.origin_for(app)),
        }
    }

    /// Whether this is the host of some app's documents: host and port as in a request's `Host`.
    pub fn include(&self, authority: &str) -> bool {
        match self {
            Self::One(origin) => origin.authority().eq_ignore_ascii_case(authority),
            Self::PerApp(hosts) => hosts.include(authority),
        }
    }

    /// The host that all documents have, or the domain that all their hosts are in.
    pub fn domain(&self) -> &str {
        match self {
            Self::One(origin) => origin.host(),
            Self::PerApp(hosts) => hosts.parent.host(),
        }
    }
}

impl AppHosts {
    /// The origin of an app.
    ///
    /// The label is the app's id. Two kinds of ids are no labels that can be used: those of 64 characters, and those
    /// with `--` after the second character, which host names reserve (`xn--`; RFC 5890, section 2.3.1). Their
    /// label is `id--` and the first 56 hexadecimal digits of the SHA-256 of the id. So no two apps have the same.
    pub fn origin_for(&self, app: &AppId) -> Origin {
        self.parent.subdomain(&label(app))
    }

    /// Whether there is exactly one label before the domain.
    fn include(&self, authority: &str) -> bool {
        let parent = self.parent.authority();
        let before =
            authority.len().checked_sub(parent.len()).and_then(|at| authority.split_at_checked(at));
        before.is_some_and(|(label, rest)| {
            let label = label.strip_suffix('.');
            rest.eq_ignore_ascii_case(parent)
                && label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
        })
    }
}

/// The label of an app, as [`AppHosts::origin_for`] describes it.
fn label(app: &AppId) -> Cow<'_, str> {
    let id = app.as_str();
    if id.len() <= LABEL_LENGTH_MAX && id.get(2..4) != Some("--") {
        return Cow::Borrowed(id);
    }
    let hash = Sha256::digest(id);
    let digits = hash[..HASH_BYTES].iter().map(|byte| format!("{byte:02x}"));
    Cow::Owned(std::iter::once(HASHED.to_owned()).chain(digits).collect())
}

impl FromStr for SandboxHosts {
    type Err = SandboxHostsError;

    fn from_str(text: &str) -> Result<Self, SandboxHostsError> {
        let Some((scheme, domain)) = text.split_once("://*.") else {
            return Ok(Self::One(text.parse()?));
        };
        let parent: Origin = format!("{scheme}://{domain}").parse()?;
        let host = parent.host();
        if parent.is_ipv6() || host.parse::<Ipv4Addr>().is_ok() {
            return Err(SandboxHostsError::Address(text.to_owned()));
        }
        let length_max = HOST_LENGTH_MAX - LABEL_LENGTH_MAX - 1;
        if host.len() > length_max {
            return Err(SandboxHostsError::TooLong { text: text.to_owned(), length_max });
        }
        Ok(Self::PerApp(AppHosts { parent }))
    }
}

impl fmt::Display for SandboxHosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(origin) => origin.fmt(formatter),
            Self::PerApp(AppHosts { parent }) => {
                OriginRule::Subdomains(parent.clone()).fmt(formatter)
            }
        }
    }
}
