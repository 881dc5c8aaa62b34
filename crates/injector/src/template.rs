//! The document around the snippets.

use bytes::Bytes;
use thiserror::Error;

use crate::EventSignature;
use crate::events::Events;

/// A parsed skeleton with the trusted script in place. Cloning copies no bytes.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) prefix: Text,
    /// The script's text and its end tag. The start tag differs by app, so it is made with each document.
    pub(crate) script: Text,
    pub(crate) middle: Text,
    pub(crate) suffix: Text,
    /// Empty if the events are unknown.
    pub(crate) events: Events,
}

/// The reason why a skeleton or a trusted script cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The skeleton or the script contains U+0000, which parsers drop or replace.
    #[error("the {part} contains a NUL character at byte {at}")]
    Nul {
        /// `"skeleton"` or `"script"`.
        part: &'static str,
        /// The place, in bytes.
        at: usize,
    },
    /// The script's text could end its own element early, or keep its end tag from ending it.
    #[error("the script contains {found:?} at byte {at}: write the `<` as `\\x3c`")]
    ScriptEscapes {
        /// `</script` or `<!--`.
        found: &'static str,
        /// The place, in bytes.
        at: usize,
    },
    /// A tag that marks a slot is missing or occurs more than once.
    #[error("the skeleton must have exactly one {tag}, and it has {found}")]
    Landmark {
        /// The tag.
        tag: &'static str,
        /// The number of such tags.
        found: usize,
    },
    /// `<head>`, `<body>` and `</body>` do not come in this order.
    #[error("the skeleton must have <head>, <body> and </body> in this order")]
    Order,
    /// The skeleton has a script. After a slot, it would run after customer code, which can change
    /// everything that it relies on; before the slots, it would run before the trusted script.
    #[error(
        "the skeleton must have no <script> of its own (byte {at}): nothing trusted may follow customer code"
    )]
    Script {
        /// The place of its tag, in bytes.
        at: usize,
    },
    /// The text after the head slot could continue a tag at the end of a snippet, as in `<` and `b`.
    #[error("what follows <head> (byte {at}) must be a tag or white space")]
    Glue {
        /// The place, in bytes.
        at: usize,
    },
    /// The skeleton has no `<!DOCTYPE html>`, so browsers would use quirks mode.
    #[error("the skeleton must start with <!DOCTYPE html>")]
    Quirks,
    /// The slots exist, but a script in one of them would not be a child of the head or the body.
    #[error(
        "a script put into the {slot} would not become part of it: something before it is left open"
    )]
    Slot {
        /// `"head"` or `"body"`.
        slot: &'static str,
    },
}

impl Template {
    /// Sets the events that the trusted script passes to snippets, so that a check can warn about other
    /// names in `c2c.on`, about names that are not allowed in `c2c.emit`, and about fields that an event
    /// does not have. Without events, the use of `c2c` is not checked.
    ///
    /// An [`EventName`](c2c_names::EventName) alone is an event whose fields are not checked.
    #[must_use]
    pub fn with_events(self, events: impl IntoIterator<Item: Into<EventSignature>>) -> Self {
        Self { events: Events::new(events), ..self }
    }
}

/// Shared bytes that are valid UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Text(Bytes);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a Text is only made from a str")
    }
}
