//! The form of an assertion, and its signature ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{AssertionError, seen};

/// Algorithms whose key to check with is public. With a shared secret (HS256) or without a signature (none), everyone who
/// can read the keys could sign.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];

/// An assertion of which only the head was read.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    text: &'a str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: String,
}

/// The head. jsonwebtoken checks `crit`, and knows no other field that changes the meaning.
#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, AssertionError> {
        let parts: Vec<&str> = text.split('.').collect();
        let [head, _, _] = parts[..] else {
            let count = parts.len();
            return Err(AssertionError::refused(format!(
                "it has {count} parts with dots between them; a signed JSON Web Token has 3"
            )));
        };
        let head: Head = BASE64_URL_SAFE_NO_PAD
            .decode(head)
            .ok()
            .and_then(|head| serde_json::from_slice(&head).ok())
            .ok_or_else(|| {
                AssertionError::refused("its head is not JSON in base64url with a text \"alg\"")
            })?;
        let known = ALGORITHMS.iter().find(|(name, _)| *name == head.alg);
        let (_, algorithm) = known.ok_or_else(|| {
            let names = ALGORITHMS.map(|(name, _)| name).join(", ");
            let alg = seen(&head.alg);
            AssertionError::refused(format!("its algorithm is {alg}; it has to be one of {names}"))
        })?;
        let key_id = head.kid.ok_or_else(|| {
            AssertionError::refused("its head has no \"kid\", which names the key that signed it")
        })?;
        Ok(Self { text, algorithm: *algorithm, key_id })
    }

    /// The claims, if this key has signed them. They are not checked yet.
    pub(super) fn verify(&self, key: &DecodingKey) -> Result<Map<String, Value>, AssertionError> {
        let mut only_signature = Validation::new(self.algorithm);
        only_signature.required_spec_claims.clear();
        only_signature.validate_exp = false;
        only_signature.validate_aud = false;
        let token = decode(self.text, key, &only_signature).map_err(|error| {
            let key_id = seen(&self.key_id);
            AssertionError::refused(match error.kind() {
                ErrorKind::InvalidSignature => {
                    format!("the key {key_id} of its issuer has not signed it")
                }
                ErrorKind::InvalidAlgorithm => {
                    format!("the key {key_id} of its issuer is for another algorithm")
                }
                ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
                    "its claims are no JSON object".to_owned()
                }
                _ => "its head, claims or signature is not in the form of the standard".to_owned(),
            })
        })?;
        Ok(token.claims)
    }
}
