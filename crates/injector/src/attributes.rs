//! Attributes of the trusted script's own tag. They pass an app's settings to a script whose text is the
//! same for all apps.

use std::fmt::Write as _;

use thiserror::Error;

/// `data-*` attributes, in the order they were added, already escaped.
///
/// Only `data-*` names are possible, because any other attribute could change what the script *is*: `src` would replace
/// its text, `type` or `nomodule` would stop it, `async` and `defer` would let customer code run first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptAttributes {
    names: Vec<String>,
    /// ` name="value"` for each, to put between `<script` and `>`.
    markup: String,
}

/// The reason why an attribute cannot be in the trusted script's tag.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// The name is not `data-` followed by lower-case letters, digits and hyphens.
    #[error(
        "{name:?} is not a name for the script's tag: it must be `data-` followed by a-z, 0-9 or `-`"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
    /// The name is already in use. A browser keeps the first of two attributes with the same name.
    #[error("the attribute {name:?} is there already")]
    Duplicate {
        /// The name that was given twice.
        name: String,
    },
    /// The value contains U+0000, which HTML cannot represent in any spelling.
    #[error("the value of {name:?} contains a NUL character, which HTML cannot carry")]
    Nul {
        /// The attribute's name.
        name: String,
    },
}

impl ScriptAttributes {
    /// Creates an empty set of attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one attribute. Its value may be any text without U+0000.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, AttributeError> {
        let suffix = name.strip_prefix("data-").unwrap_or_default();
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let name = name.to_owned();
        if suffix.is_empty() || !suffix.bytes().all(allowed) {
            return Err(AttributeError::Name { name });
        }
        if self.names.contains(&name) {
            return Err(AttributeError::Duplicate { name });
        }
        if value.contains('\0') {
            return Err(AttributeError::Nul { name });
        }
        // Writing to a String cannot fail.
        let _ = write!(self.markup, " {name}=\"");
        for character in value.chars() {
            match character {
                '&' => self.markup.push_str("&amp;"),
                '"' => self.markup.push_str("&quot;"),
                '<' => self.markup.push_str("&lt;"),
                '>' => self.markup.push_str("&gt;"),
                // A parser turns a raw CR into LF; the character reference preserves it.
                '\r' => self.markup.push_str("&#13;"),
                other => self.markup.push(other),
            }
        }
        self.markup.push('"');
        self.names.push(name);
        Ok(self)
    }

    /// The script's whole start tag.
    pub(crate) fn start_tag(&self) -> String {
        format!("<script{}>", self.markup)
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributeError, ScriptAttributes};

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let attributes =
            ScriptAttributes::new().with("data-app", value).expect("the name is valid");
        assert_eq!(attributes.start_tag(), format!("<script data-app=\"{expected}\">"));
    }

    #[test]
    fn values_are_escaped() {
        check("a-1", "a-1");
        check("", "");
        check("\"><script>", "&quot;&gt;&lt;script&gt;");
        check("a&quot;b", "a&amp;quot;b");
        check("'`=\r\n", "'`=&#13;\n");
    }

    #[test]
    fn only_data_names_are_possible() {
        for name in
            ["src", "data-", "data-A", "data-a b", "data-a=", "", "DATA-a", "data-ä", "nonce"]
        {
            let error = ScriptAttributes::new().with(name, "x").expect_err("it is not a data name");
            assert_eq!(error, AttributeError::Name { name: name.to_owned() });
        }
    }

    #[test]
    fn duplicates_and_nul_are_refused() {
        let one = ScriptAttributes::new().with("data-a", "1").expect("a valid attribute");
        assert!(matches!(one.clone().with("data-a", "2"), Err(AttributeError::Duplicate { .. })));
        assert!(matches!(one.with("data-b", "\0"), Err(AttributeError::Nul { .. })));
    }

    #[test]
    fn order_is_kept() {
        let two = ScriptAttributes::new()
            .with("data-b", "1")
            .and_then(|one| one.with("data-a", "2"))
            .expect("valid attributes");
        assert_eq!(two.start_tag(), "<script data-b=\"1\" data-a=\"2\">");
    }
}
