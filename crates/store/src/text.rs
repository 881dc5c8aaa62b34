//! Short texts that people write: names and notes. PostgreSQL cannot store U+0000, and control characters
//! would break logs and lists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text cannot be a name or a note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There is nothing but white space.
    #[error("is empty")]
    Empty,
    /// It is too long.
    #[error("has more than {max} characters")]
    TooLong {
        /// The greatest number of characters.
        max: usize,
    },
    /// A control character cannot be shown in a line.
    #[error("has a control character (U+{code:04X})", code = u32::from(*.0))]
    Control(char),
}

macro_rules! text {
    ($(#[$docs:meta])* $name:ident, $max:literal, empty: $empty:literal, permits: $permits:expr) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The greatest length, in characters.
            pub const CHARS_MAX: usize = $max;

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            /// Without the white space around it.
            fn from_str(text: &str) -> Result<Self, TextError> {
                let text = text.trim();
                if text.is_empty() && !$empty {
                    return Err(TextError::Empty);
                }
                if text.chars().count() > Self::CHARS_MAX {
                    return Err(TextError::TooLong { max: Self::CHARS_MAX });
                }
                let permits: fn(char) -> bool = $permits;
                match text.chars().find(|&char| char.is_control() && !permits(char)) {
                    Some(char) => Err(TextError::Control(char)),
                    None => Ok(Self(text.to_owned())),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text! {
    /// The display name of an app: 1 to 100 characters in one line.
    Name, 100, empty: false, permits: |_| false
}
text! {
    /// The name of a person or program, as history shows it: 1 to 200 characters in one line.
    ActorName, 200, empty: false, permits: |_| false
}
text! {
    /// The reason for a publication or a switch: at most 1,000 characters, on any number of lines. It may
    /// be empty.
    Note, 1000, empty: true, permits: |char| matches!(char, '\n' | '\r' | '\t')
}

impl Default for Note {
    /// Empty.
    fn default() -> Self {
        Self(String::new())
    }
}
