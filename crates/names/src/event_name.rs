//! Names of widget events and of custom events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Prefix of a custom event's name everywhere outside the frame.
///
/// Only the host and this crate add it. The name of a widget event contains no colon, so a custom
/// event can never be taken for one.
pub const CUSTOM_PREFIX: &str = "custom:";

/// The maximum length of a name, in characters.
pub const NAME_LENGTH_MAX: usize = 64;

/// Prefix of the names that are reserved for the product, compared by [`letters`].
pub const RESERVED_NAMES: &str = "c2c";

/// The name of a widget event.
///
/// 1 to 64 characters of `a`–`z`, `A`–`Z`, `0`–`9`, `_`, `-` and `.`, beginning with a letter; names
/// that begin with `c2c` are reserved for the product. In a catalogue, no two names differ only in
/// case or separators.
///
/// ```
/// use c2c_names::EventName;
///
/// let name: EventName = "chat_closed".parse()?;
/// assert_eq!(name.as_str(), "chat_closed");
/// assert!("custom:chat_closed".parse::<EventName>().is_err());
/// # Ok::<(), c2c_names::EventNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventName(String);

/// The reason why a string is not an [`EventName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventNameError {
    /// The name is empty or too long, begins with something other than a letter, or contains a
    /// character outside the permitted set.
    #[error(
        "an event's name has 1 to 64 letters (a–z, A–Z), digits, `_`, `-` and `.`, and begins with a letter"
    )]
    Form,
    /// The name begins with `c2c`, ignoring case and separators.
    #[error("names that begin with `c2c` are reserved")]
    Reserved,
}

impl EventName {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventName {
    type Err = EventNameError;

    fn from_str(name: &str) -> Result<Self, EventNameError> {
        name.to_owned().try_into()
    }
}

impl TryFrom<String> for EventName {
    type Error = EventNameError;

    fn try_from(name: String) -> Result<Self, EventNameError> {
        match form(&name) {
            Err(_) => Err(EventNameError::Form),
            Ok(()) if is_reserved(&name) => Err(EventNameError::Reserved),
            Ok(()) => Ok(Self(name)),
        }
    }
}

impl From<EventName> for String {
    fn from(name: EventName) -> Self {
        name.0
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name that custom code gave to `c2c.emit`, without [`CUSTOM_PREFIX`].
///
/// 1 to 64 characters of `a`–`z`, `A`–`Z`, `0`–`9`, `_`, `-` and `.`, beginning with a letter.
/// Names that begin with `c2c` are reserved for the product.
///
/// [`CustomName::beside`] rejects a name that differs from a widget event's only in case or separators
/// (`chat_closed`, `Chat-Closed`): a person who reads a report would take one for the other. Parsing
/// does not know the widget events and cannot check that.
///
/// ```
/// use c2c_names::CustomName;
///
/// let name: CustomName = "chat_opened".parse()?;
/// assert_eq!(name.prefixed(), "custom:chat_opened");
/// assert!("c2c_ready".parse::<CustomName>().is_err());
/// # Ok::<(), c2c_names::CustomNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomName(String);

/// The reason why a string is not a [`CustomName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustomNameError {
    /// The name is empty.
    #[error("a custom event needs a name")]
    Empty,
    /// The name has more than [`NAME_LENGTH_MAX`] characters.
    #[error("a custom event's name has at most {NAME_LENGTH_MAX} characters, not {length}")]
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
    /// The name begins with `c2c`, ignoring case and separators.
    #[error("names that begin with `c2c` are reserved")]
    Reserved,
    /// The name reads like a widget event's.
    #[error("{name:?} reads like the widget event `{event}`; choose another name")]
    LooksBuiltIn {
        /// The name found.
        name: String,
        /// The widget event that it resembles.
        event: EventName,
    },
}

impl CustomName {
    /// Parses a name that custom code may use beside these widget events.
    ///
    /// # Errors
    ///
    /// The errors of parsing, and [`CustomNameError::LooksBuiltIn`] if the name reads like one of `events`.
    pub fn beside<'e>(
        events: impl IntoIterator<Item = &'e EventName>,
        name: &str,
    ) -> Result<Self, CustomNameError> {
        let custom: Self = name.parse()?;
        match events.into_iter().find(|event| reads_like(event.as_str(), name)) {
            Some(event) => {
                Err(CustomNameError::LooksBuiltIn { name: custom.0, event: event.clone() })
            }
            None => Ok(custom),
        }
    }

    /// The name as custom code wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as code outside the frame sees it: `custom:<name>`.
    pub fn prefixed(&self) -> String {
        format!("{CUSTOM_PREFIX}{}", self.0)
    }
}

impl FromStr for CustomName {
    type Err = CustomNameError;

    fn from_str(name: &str) -> Result<Self, CustomNameError> {
        form(name)?;
        if is_reserved(name) {
            return Err(CustomNameError::Reserved);
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for CustomName {
    type Error = CustomNameError;

    fn try_from(name: String) -> Result<Self, CustomNameError> {
        name.parse()
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

/// Checks the form that all names share.
fn form(name: &str) -> Result<(), CustomNameError> {
    let Some(first) = name.chars().next() else {
        return Err(CustomNameError::Empty);
    };
    let length = name.chars().count();
    if length > NAME_LENGTH_MAX {
        return Err(CustomNameError::TooLong { length });
    }
    if !first.is_ascii_alphabetic() {
        return Err(CustomNameError::Start { found: first });
    }
    let permitted = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.chars().find(|&c| !permitted(c)) {
        Some(found) => Err(CustomNameError::Character { found }),
        None => Ok(()),
    }
}

fn is_reserved(name: &str) -> bool {
    letters(name).take(RESERVED_NAMES.len()).eq(RESERVED_NAMES.bytes())
}

/// Whether [`CustomName::beside`] accepts this name. Does not allocate.
pub fn is_custom_name<'e>(events: impl IntoIterator<Item = &'e str>, name: &str) -> bool {
    form(name).is_ok()
        && !is_reserved(name)
        && !events.into_iter().any(|event| reads_like(event, name))
}

/// Whether two names differ at most in case and separators, so that a reader takes one for the other.
pub fn reads_like(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// The letters and digits of a name, in lower case.
pub fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
}
