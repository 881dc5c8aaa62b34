//! Problems and their places, in catalogue files and in events.

use std::fmt;

use serde::Serialize;

/// A problem in a JSON document, or in a value read from one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The place: a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), empty for the
    /// whole document.
    pub pointer: String,
    /// The problem, as half a sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Pointers contain untrusted keys.
        for character in self.pointer.chars() {
            if character.is_control() {
                write!(formatter, "{}", character.escape_default())?;
            } else {
                write!(formatter, "{character}")?;
            }
        }
        let gap = if self.pointer.is_empty() { "" } else { ": " };
        write!(formatter, "{gap}{}", self.message)
    }
}

/// Prints one line for each problem.
pub(crate) fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// A place in a document. It lives on the stack and allocates only when a problem is reported.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'p> {
    Root,
    Key(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Self::Key(self, key)
    }

    pub(crate) fn item(&'p self, index: usize) -> Self {
        Self::Item(self, index)
    }

    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { pointer: self.to_string(), message: message.into() }
    }
}

impl fmt::Display for Place<'_> {
    /// Writes the place as a JSON pointer.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(above, key) => {
                write!(formatter, "{above}/{}", key.replace('~', "~0").replace('/', "~1"))
            }
            Self::Item(above, index) => write!(formatter, "{above}/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_a_pointer_that_finds_it() {
        let document = serde_json::json!({"a/b": {"~1": [0, {"\n": 1}]}});
        let (one, two, three) = ("a/b", "~1", "\n");
        let place = Place::Root;
        let place = place.key(one);
        let place = place.key(two);
        let place = place.item(1);
        let place = place.key(three);
        assert_eq!(document.pointer(&place.to_string()), Some(&1.into()));
        assert_eq!(place.problem("is wrong").to_string(), "/a~1b/~01/1/\\n: is wrong");
        assert_eq!(Place::Root.problem("is wrong").to_string(), "is wrong");
    }
}
