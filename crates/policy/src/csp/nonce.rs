//! The nonce of a page's own scripts and styles.

use std::fmt;

/// A number used once ([CSP 3 §2.3.1](https://www.w3.org/TR/CSP3/#framework-directive-source-list)):
/// it is in one response's policy and in the `nonce` attributes of that page's own scripts and styles.
/// Injected scripts and styles do not have it, so they have no effect.
///
/// It prints as 32 hexadecimal digits, which need no escaping in either place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// Creates the nonce of one response from unpredictable bytes. Every response needs a new one.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Parses the printed form.
    pub(super) fn from_digits(digits: &str) -> Option<Self> {
        let nonce = Self(u128::from_str_radix(digits, 16).ok()?.to_be_bytes());
        (nonce.to_string() == digits).then_some(nonce)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
