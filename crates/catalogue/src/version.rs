//! Versions of catalogues.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version of a catalogue, such as `1.4.0`.
///
/// The major number rises with a breaking change, which
/// [`Catalogue::check_upgrade`](crate::Catalogue::check_upgrade) detects; the owner of the catalogue
/// decides about the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// The text is not a [`Version`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a version of three numbers, as 1.4.0, got {0:?}")]
pub struct VersionError(String);

impl Version {
    /// The version `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The first number, which rises with a breaking change.
    pub const fn major(self) -> u32 {
        self.major
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        // Only the printed form is accepted: no sign, no leading zero.
        let number = |part: &str| part.parse().ok().filter(|n: &u32| n.to_string() == part);
        let parts: Option<Vec<u32>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(VersionError(text.chars().take(32).collect())),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn what_is_printed_is_read_and_nothing_else() {
        assert_eq!("1.20.3".parse(), Ok(Version::new(1, 20, 3)));
        assert!(Version::new(1, 9, 0) < Version::new(1, 10, 0));
        for text in ["", "1", "1.2", "1.2.3.4", "01.2.3", "+1.2.3", "1.2.x", "1.2.4294967296"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
