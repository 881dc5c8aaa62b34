//! Makes a template from a skeleton. Its two slots are found by parsing, never by searching text.

use crate::events::Events;
use crate::parse::{self, Landmark};
use crate::template::{Template, TemplateError, Text};

/// The skeleton for embedders that do not bring their own.
///
/// It has no `<meta charset>`: the document is served with `Content-Type: text/html; charset=utf-8`, and a
/// transport encoding overrides a `<meta>` in every browser. (A `<meta>` would come either before the
/// trusted script or after customer code; neither has a benefit.) It has nothing else either: everything
/// after the head slot follows customer code, so nothing trusted may be there.
///
/// In a viewport of one pixel, as in an invisible frame, the document is 1,000 pixels high; in every other
/// viewport the style has no effect, since browsers ignore a negative length. Tags that report how far a
/// visitor has scrolled (Google Analytics does so by default) compare both heights, and would otherwise
/// report the end of the page at once.
const REFERENCE: &str = "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n\
     <head></head>\n<body></body>\n</html>\n";

impl Template {
    /// Parses a skeleton.
    ///
    /// `html` must have exactly one `<head>`, `<body>` and `</body>` tag, no script, and a doctype that
    /// does not cause quirks mode. The head slot is directly after `<head>`, the body-end slot directly
    /// before `</body>`. `script` is the text of the trusted inline script that comes first in the head; it
    /// must not contain `</script` or `<!--`.
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
            events: Events::default(),
        };
        parse::prove_slots(&template)?;
        Ok(template)
    }

    /// Returns the crate's own template with this script: an empty head and an empty body.
    pub fn reference(script: &str) -> Result<Self, TemplateError> {
        Self::parse(REFERENCE, script)
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
