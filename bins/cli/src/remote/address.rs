//! The address of a server on this machine.
//!
//! The API has no login yet, so a server that can be written to listens on loopback. A connection to any
//! other host would send custom code to a machine that proved nothing, in plain text. That is why the type
//! cannot hold another host: there is no check that a new command could forget.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use c2c_names::{Origin, OriginError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An origin by http on a loopback address or on `localhost`, which
/// [never leaves the machine](https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct LoopbackOrigin(Origin);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AddressError {
    #[error(transparent)]
    Origin(#[from] OriginError),
    #[error("{0} is not an address of the console: it is served by http://")]
    Scheme(Origin),
    #[error(
        "{0} is another machine: until the API has a login, c2c talks only to a server on this one \
         (http://127.0.0.1:PORT, http://[::1]:PORT or http://localhost:PORT)"
    )]
    Host(Origin),
}

impl LoopbackOrigin {
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<Origin> for LoopbackOrigin {
    type Error = AddressError;

    fn try_from(origin: Origin) -> Result<Self, AddressError> {
        if !is_loopback(origin.host()) {
            return Err(AddressError::Host(origin));
        }
        if !origin.as_str().starts_with("http://") {
            return Err(AddressError::Scheme(origin));
        }
        Ok(Self(origin))
    }
}

fn is_loopback(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match v6 {
        Some(v6) => v6.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => host == "localhost" || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback()),
    }
}

impl FromStr for LoopbackOrigin {
    type Err = AddressError;

    /// With or without the slash at its end, since the server prints one.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.strip_suffix('/').unwrap_or(text).parse::<Origin>()?.try_into()
    }
}

impl TryFrom<String> for LoopbackOrigin {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<LoopbackOrigin> for String {
    fn from(origin: LoopbackOrigin) -> Self {
        origin.0.into()
    }
}

impl fmt::Display for LoopbackOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, LoopbackOrigin};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<LoopbackOrigin>().map(|origin| origin.to_string());
        assert_eq!(parsed.ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn only_this_machine_is_an_address() {
        check("http://127.0.0.1:7100", Some("http://127.0.0.1:7100"));
        check("http://127.0.0.1:7100/", Some("http://127.0.0.1:7100"));
        check("http://127.9.9.9", Some("http://127.9.9.9"));
        check("http://[::1]:7100", Some("http://[::1]:7100"));
        check("http://localhost:80", Some("http://localhost"));
        for other in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://0.0.0.0:7100",
            "http://192.168.0.1",
            "http://[::ffff:127.0.0.1]",
            "http://[::2]",
            "https://127.0.0.1",
            "http://127.0.0.1//",
            "http://127.0.0.1/path",
            "127.0.0.1:7100",
            "",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn another_machine_is_refused_in_a_sentence() {
        let error = "http://c2c.example".parse::<LoopbackOrigin>();
        assert!(matches!(error, Err(AddressError::Host(_))), "{error:?}");
    }
}
