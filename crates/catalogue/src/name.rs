//! Names of widget events and of custom events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Catalogue;

/// What stands before a custom event's name everywhere outside the frame.
///
/// Only the host and this crate put it there. No widget event contains a colon, so a custom event
/// can never be taken for one.
pub const CUSTOM_PREFIX: &str = "custom:";

/// The greatest length of a name, in characters.
const LENGTH_MAX: usize = 64;

/// What names of the product itself begin with, once only letters and digits are left.
const RESERVED: &str = "c2c";

/// The name of a widget event.
///
/// 1 to 64 characters of `a`–`z`, `A`–`Z`, `0`–`9`, `_`, `-` and `.`, beginning with a letter; names
/// that begin with `c2c` are kept for the product. In a [`Catalogue`], no two names differ only in
/// case or separators.
///
/// ```
/// use c2c_catalogue::EventName;
///
/// let name: EventName = "call_ended".parse()?;
/// assert_eq!(name.as_str(), "call_ended");
/// assert!("custom:call_ended".parse::<EventName>().is_err());
/// # Ok::<(), c2c_catalogue::EventNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventName(String);

/// Why a string is not an [`EventName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventNameError {
    /// The name is too long, or has other characters than it may have.
    #[error(
        "an event's name has 1 to 64 letters (a–z, A–Z), digits, `_`, `-` and `.`, and begins with a letter"
    )]
    Form,
    /// The name begins with `c2c` in any case.
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
/// Names that differ from a widget event only in case or separators are refused
/// (`call_ended`, `Call-Ended`): a person who reads a report would take one for the other. So are
/// names that begin with `c2c`, which are kept for the product.
///
/// Parsing goes by the widget events of the [reference catalogue](Catalogue::reference);
/// [`CustomName::within`] goes by another one's.
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
    #[error("a custom event's name has at most {LENGTH_MAX} characters, not {length}")]
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
        event: EventName,
    },
}

impl CustomName {
    /// The greatest length, in characters.
    pub const LENGTH_MAX: usize = LENGTH_MAX;

    /// The name, if custom code may use it beside the widget events of this catalogue.
    pub fn within(catalogue: &Catalogue, name: &str) -> Result<Self, CustomNameError> {
        form(name)?;
        if is_reserved(name) {
            return Err(CustomNameError::Reserved);
        }
        let mut events = catalogue.events().iter().map(|event| &event.name);
        match events.find(|event| read_alike(event.as_str(), name)) {
            Some(event) => {
                Err(CustomNameError::LooksBuiltIn { name: name.to_owned(), event: event.clone() })
            }
            None => Ok(Self(name.to_owned())),
        }
    }

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
        Self::within(Catalogue::reference(), name)
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

/// The form that all names have.
fn form(name: &str) -> Result<(), CustomNameError> {
    let Some(first) = name.chars().next() else {
        return Err(CustomNameError::Empty);
    };
    let length = name.chars().count();
    if length > LENGTH_MAX {
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
    letters(name).take(RESERVED.len()).eq(RESERVED.bytes())
}

/// Whether a custom event may have this name beside widget events of these names. Allocates nothing.
pub(crate) fn is_custom<'n>(name: &str, events: impl IntoIterator<Item = &'n str>) -> bool {
    form(name).is_ok()
        && !is_reserved(name)
        && !events.into_iter().any(|event| read_alike(event, name))
}

/// Whether a hurried reader takes one name for the other.
pub(crate) fn read_alike(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// What a hurried reader sees of a name: no case, no separators.
pub(crate) fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
}

/// Regular expressions (ECMA-262, as JSON Schema has them) for names with [`CUSTOM_PREFIX`]: what they
/// match, and what each name that they must not match matches.
pub(crate) fn custom_patterns<'n>(
    events: impl IntoIterator<Item = &'n str>,
) -> (String, Vec<String>) {
    let reading = |name: &str, end: &str| {
        let letters: Vec<String> = letters(name).map(either_case).collect();
        format!("^{CUSTOM_PREFIX}{}{end}", letters.join("[_.-]*"))
    };
    let allowed = format!("^{CUSTOM_PREFIX}[A-Za-z][A-Za-z0-9_.-]{{0,{}}}$", LENGTH_MAX - 1);
    let mut forbidden = vec![reading(RESERVED, "")];
    forbidden.extend(events.into_iter().map(|event| reading(event, "[_.-]*$")));
    (allowed, forbidden)
}

fn either_case(letter: u8) -> String {
    let lower = char::from(letter);
    if lower.is_ascii_digit() {
        lower.to_string()
    } else {
        format!("[{}{lower}]", lower.to_ascii_uppercase())
    }
}
