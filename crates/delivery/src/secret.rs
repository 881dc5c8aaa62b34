//! The keys that sign webhooks, in the text forms of
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme):
//! `whsec_` for the scheme `v1` (HMAC-SHA256), `whsk_` and `whpk_` for `v1a` (ed25519).
//!
//! A key that signs is shown once, and `Debug` never shows it. The memory of a key is wiped when the key is dropped.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::words::words;

words! {
    /// How a webhook is signed.
    Scheme {
        /// HMAC-SHA256 with a [`WebhookSecret`], which sender and receiver share.
        V1 = "v1",
        /// ed25519 with a [`SigningKey`], whose [`PublicKey`] is all that the receiver has.
        V1a = "v1a",
    }
}

/// The text is not a key. The text itself is not in the error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It begins with something else.
    #[error("must begin with {prefix}")]
    Prefix {
        /// The prefix that it must have.
        prefix: &'static str,
    },
    /// The rest is not base64.
    #[error("must be {prefix} and canonical base64 with its padding (A–Z, a–z, 0–9, +, /, =)")]
    Base64 {
        /// The prefix that it must have.
        prefix: &'static str,
    },
    /// The key has too few or too many bytes.
    #[error("{prefix}: the key must have {expected} bytes, not {found}")]
    Length {
        /// The prefix of the text.
        prefix: &'static str,
        /// The permitted number.
        expected: &'static str,
        /// The number in the text.
        found: usize,
    },
    /// The two halves of a signing key do not belong together.
    #[error("whsk_: the second half of the key is not the public key of the first")]
    Pair,
    /// The bytes are not a point on the curve.
    #[error("whpk_: the bytes are not a public key of ed25519")]
    NoKey,
}

/// The bytes that follow the prefix.
fn decode(prefix: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let rest = text.strip_prefix(prefix).ok_or(KeyError::Prefix { prefix })?;
    let bytes = STANDARD.decode(rest).map_err(|_| KeyError::Base64 { prefix })?;
    Ok(Zeroizing::new(bytes))
}

/// A secret of the scheme `v1`: `whsec_` and base64 of 24 to 64 bytes, as the specification wants.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    const PREFIX: &str = "whsec_";

    /// A secret of random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random.to_vec()))
    }

    /// The text, which is enough to sign.
    pub fn reveal(&self) -> Zeroizing<String> {
        reveal(Self::PREFIX, &self.0)
    }

    pub(crate) fn sign(&self, content: &[u8]) -> [u8; 32] {
        self.mac(content).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(crate) fn has_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        self.mac(content).verify_slice(signature).is_ok()
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of HMAC has any length");
        mac.chain_update(content)
    }
}

impl FromStr for WebhookSecret {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let prefix = Self::PREFIX;
        let bytes = decode(prefix, text)?;
        match bytes.len() {
            24..=64 => Ok(Self(bytes)),
            found => Err(KeyError::Length { prefix, expected: "24 to 64", found }),
        }
    }
}

/// Without the bytes, so that no log has them.
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret(…)")
    }
}

/// A signing key of the scheme `v1a`: `whsk_` and base64 of 64 bytes, the seed and the public key.
///
/// The specification says no more than *standard ed25519 key pair*; this is the form that Svix gives it.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    const PREFIX: &str = "whsk_";

    /// A key of random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&random))
    }

    /// The text, which is enough to sign. It never leaves the server.
    pub fn reveal(&self) -> Zeroizing<String> {
        reveal(Self::PREFIX, &*Zeroizing::new(self.0.to_keypair_bytes()))
    }

    /// The key by which receivers verify.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, content: &[u8]) -> [u8; 64] {
        self.0.sign(content).to_bytes()
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let prefix = Self::PREFIX;
        let bytes = decode(prefix, text)?;
        let Ok(pair) = bytes.as_slice().try_into() else {
            return Err(KeyError::Length { prefix, expected: "64", found: bytes.len() });
        };
        ed25519_dalek::SigningKey::from_keypair_bytes(pair).map(Self).map_err(|_| KeyError::Pair)
    }
}

/// Without the bytes, so that no log has them.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

/// The public key of a [`SigningKey`]: `whpk_` and base64 of 32 bytes. It is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    const PREFIX: &str = "whpk_";

    /// Whether the key's owner signed this. Rejects the weak keys that sign everything.
    pub(crate) fn has_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(content, &signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let prefix = Self::PREFIX;
        let bytes = decode(prefix, text)?;
        let length = KeyError::Length { prefix, expected: "32", found: bytes.len() };
        let bytes = bytes.as_slice().try_into().map_err(|_| length)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes);
        key.map(Self).map_err(|_| KeyError::NoKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Self::PREFIX, STANDARD.encode(self.0.as_bytes()))
    }
}

fn reveal(prefix: &str, bytes: &[u8]) -> Zeroizing<String> {
    // In one piece, since a string that grows leaves copies behind.
    let mut text =
        Zeroizing::new(String::with_capacity(prefix.len() + bytes.len().div_ceil(3) * 4));
    text.push_str(prefix);
    STANDARD.encode_string(bytes, &mut text);
    text
}
