//! The operator's settings for sign-in by assertions of their own product.

use std::path::PathBuf;
use std::str::FromStr;

use c2c_access::Role;
use c2c_names::Origin;
use c2c_store::Identifier;
use clap::Args;
use openidconnect::url::Url;

use crate::outgoing::is_local_http;

/// Sign-in of the users of the operator's own product, which signs an assertion for each.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Assertions of your own product")]
pub struct AssertionSettings {
    /// Product whose users get in with a JSON Web Token that it signs for each of them: the claim iss of these
    #[arg(
        id = "assertion_issuer",
        long = "assertion-issuer",
        env = "C2C_ASSERTION_ISSUER",
        value_name = "ISSUER"
    )]
    issuer: Option<Identifier>,

    /// The product's public keys, as a JSON Web Key Set: an https address (http only for a loopback address), or a
    /// file. They are read again when a token names a key that is not among them
    #[arg(
        id = "assertion_jwks",
        long = "assertion-jwks",
        env = "C2C_ASSERTION_JWKS",
        value_name = "URL|FILE"
    )]
    jwks: Option<KeySource>,

    /// The claim aud of these tokens [default: the console's origin]
    #[arg(
        id = "assertion_audience",
        long = "assertion-audience",
        env = "C2C_ASSERTION_AUDIENCE",
        value_name = "AUDIENCE"
    )]
    audience: Option<String>,

    /// Greatest role that such a token may give: viewer, editor, publisher or owner. An owner can give access to others,
    /// which outlives a signing key that was stolen and replaced
    #[arg(
        id = "assertion_role",
        long = "assertion-role",
        env = "C2C_ASSERTION_ROLE",
        value_name = "ROLE",
        default_value_t = Role::Publisher
    )]
    role: Role,
}

/// Settings that name an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) issuer: Identifier,
    pub(crate) jwks: KeySource,
    pub(crate) audience: String,
    pub(crate) role_max: Role,
}

impl AssertionSettings {
    /// `None` if there is no issuer.
    pub(crate) fn chosen(&self, console: &Origin) -> Option<Chosen> {
        Some(Chosen {
            issuer: self.issuer.clone()?,
            jwks: self.jwks.clone()?,
            audience: self.audience.clone().unwrap_or_else(|| console.to_string()),
            role_max: self.role,
        })
    }

    /// The setting that is missing beside the other.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        match (&self.issuer, &self.jwks) {
            (Some(_), None) => Some("--assertion-jwks"),
            (None, Some(_)) => Some("--assertion-issuer"),
            _ => None,
        }
    }
}

/// The place of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    Url(Url),
    File(PathBuf),
}

impl FromStr for KeySource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.contains("://") {
            return if text.is_empty() { Err("is empty") } else { Ok(Self::File(text.into())) };
        }
        let url: Url =
            text.parse().map_err(|_| "must be an address, such as https://product.example/keys")?;
        if url.scheme() != "https" && !is_local_http(&url) {
            return Err("must begin with https:// (http:// only for a loopback address)");
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user { Err("must have no user") } else { Ok(Self::Url(url)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_a_file_or_at_a_safe_address() {
        let url = |text: &str| KeySource::Url(text.parse().expect("an address"));
        for (text, expected) in [
            ("https://product.example/keys", url("https://product.example/keys")),
            ("https://product.example/keys?v=1", url("https://product.example/keys?v=1")),
            ("http://127.0.0.1:5556/keys", url("http://127.0.0.1:5556/keys")),
            ("keys.json", KeySource::File("keys.json".into())),
            ("/etc/c2c/keys.json", KeySource::File("/etc/c2c/keys.json".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for wrong in [
            "",
            "http://product.example/keys",
            "file:///etc/keys.json",
            "https://user@product.example/keys",
            "https://user:password@product.example/keys",
        ] {
            assert!(wrong.parse::<KeySource>().is_err(), "{wrong}");
        }
    }
}
