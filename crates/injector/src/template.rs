//! The document around the snippets: where its two slots are, found by parsing and never by searching text.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::check::{self, Checked, Refused};
use crate::parse::{self, Landmark};
use crate::{Limits, Snippets};

/// The skeleton that is used unless an embedder brings its own.
///
/// It has no `<meta charset>`: the document is served with `Content-Type: text/html; charset=utf-8`, and a transport
/// encoding wins over a `<meta>` in every browser. (A `<meta>` would have to stand before the trusted script to come early,
/// or after customer code to come late; neither buys anything.) It has nothing else either, because whatever follows the
/// head slot follows the first customer byte: nothing trusted may stand there.
///
/// In a viewport of one pixel, which is what an invisible frame has, the document is 1,000 pixels high; in every other one
/// the style means nothing, since a negative length is none. Tags that report how far a visitor has scrolled (Google
/// Analytics does so by itself) compare the two, and would report the end of the page at once.
const REFERENCE: &str = "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n\
     <head></head>\n<body></body>\n</html>\n";

/// A parsed skeleton with the trusted script in place. Cloning copies no bytes.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) prefix: Text,
    /// The script's text and its end tag. Its start tag differs from app to app, so it is made when a document is.
    pub(crate) script: Text,
    pub(crate) middle: Text,
    pub(crate) suffix: Text,
    /// Empty if nothing is known about events.
    pub(crate) event_names: Arc<[String]>,
}

/// Why a skeleton or a trusted script cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The skeleton or the script contains U+0000, which parsers drop or replace.
    #[error("the {part} contains a NUL character at byte {at}")]
    Nul {
        /// `"skeleton"` or `"script"`.
        part: &'static str,
        /// Where, in bytes.
        at: usize,
    },
    /// The script's text could end its own element early, or stop its end tag from ending it.
    #[error("the script contains {found:?} at byte {at}: write the `<` as `\\x3c`")]
    ScriptEscapes {
        /// `</script` or `<!--`.
        found: &'static str,
        /// Where, in bytes.
        at: usize,
    },
    /// A tag that marks a slot is missing, or there is more than one of it.
    #[error("the skeleton must have exactly one {tag}, and it has {found}")]
    Landmark {
        /// The tag.
        tag: &'static str,
        /// How many there are.
        found: usize,
    },
    /// `<head>`, `<body>` and `</body>` do not come in this order.
    #[error("the skeleton must have <head>, <body> and </body> in this order")]
    Order,
    /// The skeleton has a script. In a head or body slot's wake it would run after customer code, which can change everything
    /// that it relies on; before them it would make the trusted script the second.
    #[error(
        "the skeleton must have no <script> of its own (byte {at}): nothing trusted may follow customer code"
    )]
    Script {
        /// Where its tag is, in bytes.
        at: usize,
    },
    /// What follows the head slot could be read as part of a tag that a snippet ends with, as in `<` and `b`.
    #[error("what follows <head> (byte {at}) must be a tag or white space")]
    Glue {
        /// Where, in bytes.
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
    /// Parses a skeleton.
    ///
    /// `html` must have exactly one `<head>`, `<body>` and `</body>` tag, no script, and a doctype that does not mean quirks
    /// mode. The head slot is directly after `<head>`, the body-end slot directly before `</body>`. `script` is the text of
    /// the trusted inline script that comes first in the head; it must not contain `</script` or `<!--`.
    pub fn parse(html: &str, script: &str) -> Result<Self, TemplateError> {
        refuse_nul("skeleton", html)?;
        refuse_nul("script", script)?;
        refuse_escapes(script)?;

        let landmarks = parse::survey(html);
        if let Some(found) = landmarks.iter().find(|tag| tag.is("<script>")) {
            return Err(TemplateError::Script { at: found.span.start });
        }
        let head = only(&landmarks, "<head>")?;
        let body = only(&landmarks, "<body>")?;
        let body_end = only(&landmarks, "</body>")?;
        if !(head.span.end <= body.span.start && body.span.end <= body_end.span.start) {
            return Err(TemplateError::Order);
        }
        let (prefix, rest) = html.split_at(head.span.end);
        let (middle, suffix) = rest.split_at(body_end.span.start - prefix.len());
        if !middle.starts_with(|next: char| next == '<' || next.is_ascii_whitespace()) {
            return Err(TemplateError::Glue { at: prefix.len() });
        }

        let template = Self {
            prefix: Text::new(prefix),
            script: Text::new(&format!("{script}</script>")),
            middle: Text::new(middle),
            suffix: Text::new(suffix),
            event_names: Arc::default(),
        };
        parse::prove_slots(&template)?;
        Ok(template)
    }

    /// The skeleton that comes with the crate: a head and a body, and nothing in them.
    pub fn reference(script: &str) -> Result<Self, TemplateError> {
        Self::parse(REFERENCE, script)
    }

    /// Says which events the trusted script tells snippets about, so that a check can warn of names that are none of them
    /// (`c2c.on`) and of names under which nothing may be emitted (`c2c.emit`). Without it, or with none, names are not
    /// looked at.
    #[must_use]
    pub fn with_event_names<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { event_names: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Judges two snippets in their real places in the whole document.
    ///
    /// What is contained is accepted, with warnings of what will not work as hoped. The cost is that of parsing the document
    /// once, and up to twenty times that when there is something to report: places are known only by feeding the parser one
    /// character at a time.
    pub fn check(&self, snippets: Snippets, limits: &Limits) -> Result<Checked, Refused> {
        check::check(self, snippets, limits)
    }
}

fn refuse_nul(part: &'static str, text: &str) -> Result<(), TemplateError> {
    match text.find('\0') {
        Some(at) => Err(TemplateError::Nul { part, at }),
        None => Ok(()),
    }
}

fn refuse_escapes(script: &str) -> Result<(), TemplateError> {
    let lower = script.to_ascii_lowercase();
    for found in ["</script", "<!--"] {
        if let Some(at) = lower.find(found) {
            return Err(TemplateError::ScriptEscapes { found, at });
        }
    }
    Ok(())
}

fn only<'l>(landmarks: &'l [Landmark], tag: &'static str) -> Result<&'l Landmark, TemplateError> {
    let mut matching = landmarks.iter().filter(|landmark| landmark.is(tag));
    match (matching.next(), matching.count()) {
        (Some(landmark), 0) => Ok(landmark),
        (first, more) => {
            Err(TemplateError::Landmark { tag, found: usize::from(first.is_some()) + more })
        }
    }
}

/// Shared bytes that are known to be text.
#[derive(Clone, Debug)]
pub(crate) struct Text(Bytes);

impl Text {
    fn new(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a Text is only made from a str")
    }
}
