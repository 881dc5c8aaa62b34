//! The id of one configured widget.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An app's id: 1 to 64 characters of `a`–`z`, `0`–`9` and `-`, with a letter or digit at both
/// ends. It needs no escaping in URLs, attributes and file names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(String);

/// The string is not an [`AppId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an app id: 1 to 64 characters of a–z, 0–9 and -, with a letter or digit at both ends"
)]
pub struct AppIdError(String);

impl AppId {
    /// The greatest length, in characters.
    pub const LENGTH_MAX: usize = 64;

    /// The id as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AppId {
    type Error = AppIdError;

    fn try_from(id: String) -> Result<Self, AppIdError> {
        let permitted = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = !id.starts_with('-') && !id.ends_with('-');
        if (1..=Self::LENGTH_MAX).contains(&id.len()) && id.bytes().all(permitted) && edges {
            Ok(Self(id))
        } else {
            Err(AppIdError(id))
        }
    }
}

impl FromStr for AppId {
    type Err = AppIdError;

    fn from_str(id: &str) -> Result<Self, AppIdError> {
        id.to_owned().try_into()
    }
}

impl From<AppId> for String {
    fn from(id: AppId) -> Self {
        id.0
    }
}

/// Lets a map keyed by `AppId` be queried with the `&str` of a request's path.
impl std::borrow::Borrow<str> for AppId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
