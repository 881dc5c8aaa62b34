//! The secret that a principal shows, or the holder of a link: shown once, and stored as a hash.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// 64 hexadecimal digits with 244 random bits.
///
/// So many bits need no slow hash, and a lookup by the hash tells nothing by its time.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The text is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct SecretError;

impl Secret {
    /// The number of digits.
    const LEN: usize = 64;

    /// A new secret, from the system's source of randomness.
    pub fn random() -> Self {
        let [one, other] = [Uuid::new_v4(), Uuid::new_v4()];
        Self(format!("{}{}", one.simple(), other.simple()))
    }

    /// The digits, which are enough to use what the secret opens.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The SHA-256 in hexadecimal digits, as the database has it.
    pub fn hash(&self) -> String {
        let digits =
            |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
        Sha256::digest(self.0.as_bytes()).into_iter().flat_map(digits).flatten().collect()
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == Self::LEN && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SecretError)
        }
    }
}

/// Without the digits, so that no log has them.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_and_hashed() {
        let secret = Secret::random();
        assert_eq!(secret.reveal().parse(), Ok(secret.clone()));
        assert_ne!(Secret::random(), secret);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let zeros: Secret = "0".repeat(64).parse().expect("a secret");
        // `printf '0%.0s' $(seq 64) | sha256sum`
        let hash = "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55";
        assert_eq!(zeros.hash(), hash);
        for wrong in ["", "0", &"0".repeat(63), &"0".repeat(65), &"A".repeat(64), &"é".repeat(32)]
        {
            assert_eq!(wrong.parse::<Secret>(), Err(SecretError), "{wrong:?}");
        }
    }
}
