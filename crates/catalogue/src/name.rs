//! Names of custom events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Event;

/// What stands before a custom event's name everywhere outside the frame.
///
/// Only the host and this crate put it there. No widget event contains a colon, so a custom event
/// can never be taken for one.
pub const CUSTOM_PREFIX: &str = "custom:";

/// The name that custom code gave to `c2c.emit`, without [`CUSTOM_PREFIX`].
///
/// 1 to 64 characters of `a`–`z`, `A`–`Z`, `0`–`9`, `_`, `-` and `.`, beginning with a letter.
/// Names that differ from a widget event only in case or separators are refused
/// (`call_ended`, `Call-Ended`): a person who reads a report would take one for the other. So are
/// names that begin with `c2c`, which are kept for the product.
///
/// ```
/// use c2c_catalogue::CustomName;
///
/// let name: CustomName = "chat_opened".parse()?;
/// assert_eq!(name.prefixed(), "custom:chat_opened");
/// assert!("call_ended".parse::<CustomName>().is_err());
/// # Ok::<(), c2c_catalogue::CustomNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomName(String);

/// Why a string is not a [`CustomName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustomNameError {
    /// The name is empty.
    #[error("a custom event needs a name")]
    Empty,
    /// The name has more than [`CustomName::LENGTH_MAX`] characters.
    #[error("a custom event's name has at most {max} characters, not {length}", max = CustomName::LENGTH_MAX)]
    TooLong {
        /// The number of characters found.
        length: usize,
    },
    /// The name begins with something other than a letter.
    #[error("a custom event's name begins with a letter a–z or A–Z, not {found:?}")]
    Start {
        /// The first character found.
        found: char,
    },
    /// The name contains a character outside the permitted set.
    #[error("a custom event's name has letters, digits, `_`, `-` and `.` only, not {found:?}")]
    Character {
        /// The first such character.
        found: char,
    },
    /// The name begins with `c2c` in any case.
    #[error("names that begin with `c2c` are reserved")]
    Reserved,
    /// The name reads like a widget event's.
    #[error("{name:?} reads like the widget event `{event}`; choose another name")]
    LooksBuiltIn {
        /// The name found.
        name: String,
        /// The widget event that it resembles.
        event: &'static str,
    },
}

impl CustomName {
    /// The greatest length, in characters.
    pub const LENGTH_MAX: usize = 64;

    /// The name as custom code wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as everybody outside the frame sees it: `custom:<name>`.
    pub fn prefixed(&self) -> String {
        format!("{CUSTOM_PREFIX}{}", self.0)
    }
}

impl FromStr for CustomName {
    type Err = CustomNameError;

    fn from_str(name: &str) -> Result<Self, CustomNameError> {
        name.to_owned().try_into()
    }
}

impl TryFrom<String> for CustomName {
    type Error = CustomNameError;

    fn try_from(name: String) -> Result<Self, CustomNameError> {
        let Some(first) = name.chars().next() else {
            return Err(CustomNameError::Empty);
        };
        let length = name.chars().count();
        if length > Self::LENGTH_MAX {
            return Err(CustomNameError::TooLong { length });
        }
        if !first.is_ascii_alphabetic() {
            return Err(CustomNameError::Start { found: first });
        }
        let permitted = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if let Some(found) = name.chars().find(|&c| !permitted(c)) {
            return Err(CustomNameError::Character { found });
        }
        let letters = letters_only(&name);
        if letters.starts_with("c2c") {
            return Err(CustomNameError::Reserved);
        }
        if let Some(event) = Event::NAMES.into_iter().find(|event| letters_only(event) == letters) {
            return Err(CustomNameError::LooksBuiltIn { name, event });
        }
        Ok(Self(name))
    }
}

impl From<CustomName> for String {
    fn from(name: CustomName) -> Self {
        name.0
    }
}

impl fmt::Display for CustomName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a hurried reader sees of a name: no case, no separators.
fn letters_only(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
