//! Secrets at rest: URLs, credentials and signing keys of endpoints, as the database has them.
//!
//! They are sealed with AES-256-GCM ([NIST SP 800-38D](https://csrc.nist.gov/pubs/sp/800/38/d/final)) under keys that are
//! not in the database, so a copy of the database opens nothing. The operator keeps those keys in a ring: the first
//! seals, and the others only open what was sealed before it came.
//!
//! A sealed text is bound to its place ([`About`]): moved to another row, it does not open. So a person who can only write to
//! the database cannot have another customer's secret sent to an endpoint.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use c2c_names::AppId;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::endpoint::EndpointId;

/// The length of a nonce, which begins a sealed text, in bytes.
const NONCE_LENGTH: usize = 12;

/// The id of a key: the first 8 hexadecimal digits of a hash of it. It is no secret, and says which key opens a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

/// The text is not the id of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 8 hexadecimal digits in lower case")]
pub struct KeyIdError;

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

/// Only the form that it prints.
impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let id = u32::from_str_radix(text, 16).map(Self).map_err(|_| KeyIdError)?;
        (id.to_string() == text).then_some(id).ok_or(KeyIdError)
    }
}

/// The place of a sealed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// The URL of an endpoint, and what else is sent there.
    Target {
        /// The app of the endpoint.
        app: &'a AppId,
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// A key that signs for an endpoint.
    Secret {
        /// The app of the endpoint.
        app: &'a AppId,
        /// The endpoint.
        endpoint: EndpointId,
        /// The id of the key's row.
        id: &'a str,
    },
}

impl About<'_> {
    /// The associated data. Each part but the last has no NUL, so it has one reading.
    fn data(&self) -> Vec<u8> {
        let (kind, app, endpoint, id) = match self {
            Self::Target { app, endpoint } => ("target", app, endpoint, ""),
            Self::Secret { app, endpoint, id } => ("secret", app, endpoint, *id),
        };
        format!("c2c seal 1\0{kind}\0{}\0{endpoint}\0{id}", app.as_str()).into_bytes()
    }
}

/// A sealed text, and the id of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The id of the key.
    pub key: KeyId,
    /// Nonce (12 bytes), text, and tag (16 bytes).
    pub bytes: Vec<u8>,
}

/// A sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its key is not in the ring.
    #[error(
        "it was sealed with the key {key}, which is not in the key ring; add the line with that key"
    )]
    UnknownKey {
        /// The id of the key.
        key: KeyId,
    },
    /// The text is not what was sealed there with this key.
    #[error("it does not open with the key {key}: it was changed, or sealed for another place")]
    Changed {
        /// The id of the key.
        key: KeyId,
    },
}

/// The operator's keys. The first seals, and all open.
#[derive(Clone)]
pub struct Keyring(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

/// The text is not a key ring. No part of it is in the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// It has no key.
    #[error("no key: the key ring needs a line with base64 of 32 random bytes")]
    Empty,
    /// It has too many keys.
    #[error(
        "more than {} keys; remove the last ones, with which nothing is sealed",
        Keyring::KEYS_MAX
    )]
    TooMany,
    /// A line is not base64.
    #[error("line {line} is not canonical base64 with its padding (A–Z, a–z, 0–9, +, /, =)")]
    Base64 {
        /// The number of the line, from 1.
        line: usize,
    },
    /// A key has too few or too many bytes.
    #[error("line {line} is base64 of {found} bytes; a key has 32")]
    Length {
        /// The number of the line, from 1.
        line: usize,
        /// The number of bytes.
        found: usize,
    },
    /// A key is there twice.
    #[error("line {line} has the same key as a line before it")]
    Twice {
        /// The number of the line, from 1.
        line: usize,
    },
}

impl Keyring {
    /// The greatest number of keys.
    pub const KEYS_MAX: usize = 16;

    /// Parses a key ring: lines with base64 of 32 bytes, of which the first is the present key. Empty lines, and those that
    /// begin with `#`, are skipped.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys = Vec::new();
        let mut ids = BTreeSet::new();
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let key = Key::parse(line, text)?;
            if !ids.insert(key.id) {
                return Err(KeyringError::Twice { line });
            }
            keys.push(key);
        }
        match keys.len() {
            0 => Err(KeyringError::Empty),
            1..=Self::KEYS_MAX => Ok(Self(keys)),
            _ => Err(KeyringError::TooMany),
        }
    }

    /// The line of a key of random bytes, without its end.
    pub fn line(random: [u8; 32]) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*Zeroizing::new(random)))
    }

    /// The id of the key that seals.
    pub fn current(&self) -> KeyId {
        self.first().id
    }

    /// The ids of all keys, the present one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(|key| key.id)
    }

    /// Seals a text for its place, with the present key. The nonce is random: two texts with one nonce and key would open each other.
    pub fn seal(&self, nonce: [u8; NONCE_LENGTH], about: About<'_>, plain: &[u8]) -> Sealed {
        let key = self.first();
        let mut bytes = nonce.to_vec();
        bytes.append(&mut key.encrypt(nonce, &about.data(), plain));
        Sealed { key: key.id, bytes }
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, about: About<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key = self.0.iter().find(|key| key.id == sealed.key);
        let key = key.ok_or(OpenError::UnknownKey { key: sealed.key })?;
        let opened = sealed.bytes.split_first_chunk().and_then(|(nonce, sealed)| {
            let payload = Payload { msg: sealed, aad: &about.data() };
            key.cipher().decrypt(nonce.into(), payload).ok()
        });
        opened.map(Zeroizing::new).ok_or(OpenError::Changed { key: key.id })
    }

    /// The digest by which events are found that have a value of a context key: an HMAC, so that the index is no
    /// list of values. Under the present key.
    pub fn event_key(&self, app: &AppId, key: &str, value: &str) -> [u8; 32] {
        self.first().event_key(app, key, value)
    }

    /// The digests to look for: one for each key, since events before a rotation have that of the key before.
    pub fn event_keys(&self, app: &AppId, key: &str, value: &str) -> Vec<[u8; 32]> {
        self.0.iter().map(|ring_key| ring_key.event_key(app, key, value)).collect()
    }

    fn first(&self) -> &Key {
        self.0.first().expect("a key ring has a key")
    }
}

/// With the keys' ids only.
impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.ids()).finish()
    }
}

impl Key {
    fn parse(line: usize, text: &str) -> Result<Self, KeyringError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyringError::Base64 { line })?;
        let bytes = Zeroizing::new(bytes);
        let length = KeyringError::Length { line, found: bytes.len() };
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| length)?;
        let bytes = Zeroizing::new(bytes);
        let [a, b, c, d, ..]: [u8; 32] =
            Sha256::new().chain_update("c2c key id").chain_update(*bytes).finalize().into();
        Ok(Self { id: KeyId(u32::from_be_bytes([a, b, c, d])), bytes })
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.bytes).into())
    }

    fn encrypt(&self, nonce: [u8; NONCE_LENGTH], aad: &[u8], msg: &[u8]) -> Vec<u8> {
        let sealed = self.cipher().encrypt(&nonce.into(), Payload { msg, aad });
        sealed.expect("texts are shorter than 64 GiB")
    }

    fn event_key(&self, app: &AppId, key: &str, value: &str) -> [u8; 32] {
        let derived = Zeroizing::new(mac(&*self.bytes, &[b"c2c event key 1"]));
        let length = (key.len() as u64).to_be_bytes();
        let parts = [app.as_str().as_bytes(), b"\0", &length, key.as_bytes(), value.as_bytes()];
        mac(&*derived, &parts)
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC has any length");
    let mac = parts.iter().fold(mac, Mac::chain_update);
    mac.finalize().into_bytes().into()
}
