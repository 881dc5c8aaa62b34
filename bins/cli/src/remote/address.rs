//! The address of a server.
//!
//! A connection by http would send custom code, and the token, to a machine that proved nothing, in plain text.
//! That is why the type can hold such an address on this machine only: there is no check that a new command could
//! forget.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use c2c_names::{Origin, OriginError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An origin by https, or by http on a loopback address or on `localhost`, which
/// [never leaves the machine](https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ConsoleOrigin(Origin);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AddressError {
    #[error(transparent)]
    Origin(#[from] OriginError),
    #[error("{0} is another machine, so its address has to begin with https://")]
    NotSecure(Origin),
}

impl ConsoleOrigin {
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<Origin> for ConsoleOrigin {
    type Error = AddressError;

    fn try_from(origin: Origin) -> Result<Self, AddressError> {
        let is_secure = origin.as_str().starts_with("https://");
        if is_secure || is_loopback(origin.host()) {
            return Ok(Self(origin));
        }
        Err(AddressError::NotSecure(origin))
    }
}

fn is_loopback(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match v6 {
        Some(v6) => v6.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => host == "localhost" || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback()),
    }
}

impl FromStr for ConsoleOrigin {
    type Err = AddressError;

    /// With or without the slash at its end, since the server prints one.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.strip_suffix('/').unwrap_or(text).parse::<Origin>()?.try_into()
    }
}

impl TryFrom<String> for ConsoleOrigin {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<ConsoleOrigin> for String {
    fn from(origin: ConsoleOrigin) -> Self {
        origin.0.into()
    }
}

impl fmt::Display for ConsoleOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, ConsoleOrigin};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<ConsoleOrigin>().map(|origin| origin.to_string());
        assert_eq!(parsed.ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn other_machines_are_addresses_by_https_only() {
        check("http://127.0.0.1:7100", Some("http://127.0.0.1:7100"));
        check("http://127.0.0.1:7100/", Some("http://127.0.0.1:7100"));
        check("http://127.9.9.9", Some("http://127.9.9.9"));
        check("http://[::1]:7100", Some("http://[::1]:7100"));
        check("http://localhost:80", Some("http://localhost"));
        check("https://console.example/", Some("https://console.example"));
        check("https://127.0.0.1", Some("https://127.0.0.1"));
        for other in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://0.0.0.0:7100",
            "http://192.168.0.1",
            "http://[::ffff:127.0.0.1]",
            "http://[::2]",
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
        let error = "http://c2c.example".parse::<ConsoleOrigin>();
        assert!(matches!(error, Err(AddressError::NotSecure(_))), "{error:?}");
    }
}
