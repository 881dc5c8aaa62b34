//! People beside their names: two may have one name, and one may get another.
//!
//! A system that knows its people by an id says so when it vouches for one of them. The rule for whether two are one
//! person is here only. It must not take one person for two, since that one could then approve their own changes: a
//! difference of ids counts only between ids of one issuer. In all other cases the names decide, as they do for people
//! of whom nothing else is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{ActorName, TextError};

/// A person at the system that knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The system, as its tokens name it; `None` if those who made a link or a token gave the id.
    pub issuer: Option<Identifier>,
    /// The person there: it never changes, and no other person ever gets it.
    pub id: Identifier,
}

/// A text of 1 to 255 characters without control characters. Each of its characters counts, white space too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// The greatest length, in characters ([OpenID Connect Core
    /// §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken) has it for `sub`).
    pub const CHARS_MAX: usize = 255;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > Self::CHARS_MAX {
            return Err(TextError::TooLong { max: Self::CHARS_MAX });
        }
        match text.chars().find(|char| char.is_control()) {
            Some(char) => Err(TextError::Control(char)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Identifier {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        text.parse()
    }
}

impl From<Identifier> for String {
    fn from(text: Identifier) -> Self {
        text.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Subject {
    /// The subject, as the database has it.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("two texts are JSON")
    }
}

/// Whether two people may be one: by their ids if one issuer has given both, otherwise by their names.
pub(crate) fn may_be_one(
    one: (&ActorName, Option<&Subject>),
    other: (&ActorName, Option<&Subject>),
) -> bool {
    match (one.1, other.1) {
        (Some(one), Some(other)) if one.issuer == other.issuer => one.id == other.id,
        _ => one.0 == other.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From an issuer, which may be empty, a space, and an id.
    fn subject(text: &str) -> Option<Subject> {
        let (issuer, id) = text.split_once(' ')?;
        Some(Subject { issuer: issuer.parse().ok(), id: id.parse().expect("an id") })
    }

    #[test]
    fn ids_of_one_issuer_decide_and_otherwise_names() {
        let (anna, ben): (ActorName, ActorName) =
            ("Anna".parse().expect("a name"), "Ben".parse().expect("a name"));
        let check = |one: Option<Subject>, other: Option<Subject>, same: bool, different: bool| {
            for (one, other) in [(&one, &other), (&other, &one)] {
                let (one, other) = (one.as_ref(), other.as_ref());
                assert_eq!(may_be_one((&anna, one), (&anna, other)), same, "{one:?} {other:?}");
                assert_eq!(may_be_one((&anna, one), (&ben, other)), different, "{one:?} {other:?}");
            }
        };
        check(None, None, true, false);
        // A person who was renamed is the same one, and a namesake another.
        check(subject("a 1"), subject("a 1"), true, true);
        check(subject("a 1"), subject("a 2"), false, false);
        check(subject(" 1"), subject(" 2"), false, false);
        // Not comparable: the ids say nothing, whether they are equal or not.
        check(subject("a 1"), None, true, false);
        check(subject("a 1"), subject("b 1"), true, false);
        check(subject("a 1"), subject("b 2"), true, false);
        check(subject("a 1"), subject(" 2"), true, false);
    }

    #[test]
    fn each_character_of_an_identifier_counts() {
        for text in ["1", " 1", "1 ", "auth0|5f7c", &"x".repeat(255)] {
            assert_eq!(text.parse::<Identifier>().expect("an identifier").as_str(), text);
        }
        for wrong in ["", "a\nb", "a\0", &"x".repeat(256)] {
            assert!(wrong.parse::<Identifier>().is_err(), "{wrong:?}");
        }
    }
}
