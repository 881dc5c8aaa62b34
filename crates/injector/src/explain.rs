//! Turns the parser's state at the end of a snippet into a finding with a code, a place and a sentence.

use std::ops::Range;

use crate::diagnostic::{Area, Code, Diagnostic, Fix};
use crate::parse::{Cause, Enclosure, Outcome, Pending, RawText, Spliced, has_attribute};
use crate::script::open_quote_of_script;

/// Returns the first problem of an uncontained document; `None` if there is no problem.
pub(crate) fn explain(spliced: &Spliced, outcome: Outcome) -> Option<Diagnostic> {
    match outcome {
        Outcome::TooComplex(place) => {
            let message =
                "the snippet is too complex to check: the limit was reached here".to_owned();
            let about = spliced.area_up_to(place.start);
            Some(diagnostic(spliced, about, Found::new(Code::TooComplex, place, message)))
        }
        // After an uncontained head snippet, the body-end snippet's own result means nothing.
        Outcome::Complete([Some(cause), _]) => Some(of_cause(spliced, Area::Head, cause)),
        Outcome::Complete([None, Some(cause)]) => Some(of_cause(spliced, Area::BodyEnd, cause)),
        Outcome::Complete([None, None]) => None,
    }
}

/// The finding for when both parses disagree: something is wrong, but the cause is unknown.
pub(crate) fn unexplained(spliced: &Spliced) -> Diagnostic {
    not_contained(spliced, Area::Head)
}

fn of_cause(spliced: &Spliced, area: Area, cause: Cause) -> Diagnostic {
    let found = match cause {
        Cause::RawText(raw_text) => of_raw_text(spliced, area, raw_text),
        Cause::Pending { pending, foreign } => {
            let begun = spliced.rest_of_snippet(area, pending.start);
            match of_pending(&pending, begun, foreign) {
                Some(found) => found,
                None => return not_contained(spliced, area),
            }
        }
        Cause::Enclosed { by, opened_by } => of_enclosure(by, opened_by),
        Cause::Unknown => return not_contained(spliced, area),
    };
    diagnostic(spliced, area, found)
}

struct Found {
    code: Code,
    /// In the whole text.
    span: Range<usize>,
    message: String,
    /// The text that closes it, if that fixes the problem.
    closer: Option<String>,
    /// The part of the whole text that the closer replaces; the end of the snippet if there is none.
    place: Option<Range<usize>>,
}

impl Found {
    fn new(code: Code, span: Range<usize>, message: String) -> Self {
        Self { code, span, message, closer: None, place: None }
    }

    fn closed_by(self, closer: impl Into<String>) -> Self {
        Self { closer: Some(closer.into()), ..self }
    }

    fn closed_at(self, place: Range<usize>, closer: impl Into<String>) -> Self {
        Self { closer: Some(closer.into()), place: Some(place), ..self }
    }
}

fn of_raw_text(spliced: &Spliced, area: Area, RawText { name, opened_by }: RawText) -> Found {
    let code = match name.as_str() {
        "script" => Code::UnclosedScript,
        "style" => Code::UnclosedStyle,
        "title" => Code::UnclosedTitle,
        "textarea" => Code::UnclosedTextarea,
        "noscript" => Code::UnclosedNoscript,
        "plaintext" => {
            let message = "`<plaintext>` would turn everything after it into text".to_owned();
            return Found::new(Code::Plaintext, opened_by, message);
        }
        _ => Code::UnclosedRawText,
    };
    let message =
        format!("this `<{name}>` is never closed, so it would swallow everything after it");
    let found = Found::new(code, opened_by.clone(), message);
    match code {
        Code::UnclosedScript => of_script(spliced, area, &opened_by, found),
        _ => found.closed_by(format!("</{name}>")),
    }
}

/// Finds the place where an unclosed script was meant to end.
fn of_script(spliced: &Spliced, area: Area, opened_by: &Range<usize>, found: Found) -> Found {
    let tag = spliced.source(opened_by.clone());
    let text = spliced.rest_of_snippet(area, opened_by.end);
    if let Some(quote) = open_quote_of_script(tag) {
        let (span, message, fix) = (quote.span, quote.message, quote.fix);
        let at = |span: Range<usize>| opened_by.start + span.start..opened_by.start + span.end;
        let found = Found::new(Code::UnclosedAttribute, at(span), message);
        return fix
            .into_iter()
            .fold(found, |found, fix| found.closed_at(at(fix.span), fix.replacement));
    }
    if let Some(end) = meant_end(text) {
        let message =
            format!("this `<script>` is never closed: `{}` is no end tag", &text[end.clone()]);
        let place = opened_by.end + end.start..opened_by.end + end.end;
        return Found { message, ..found }.closed_at(place, "</script>");
    }
    if has_attribute(tag, "src") {
        let closes_itself = usize::from(tag.ends_with("/>"));
        let place = opened_by.end - 1 - closes_itself..opened_by.end;
        let message = match closes_itself {
            0 => found.message.clone(),
            _ => "`/>` does not close a script, so this one would swallow everything after it"
                .to_owned(),
        };
        return Found { message, ..found }.closed_at(place, "></script>");
    }
    let lower = text.to_ascii_lowercase();
    // Only the end of an end tag is missing.
    let (text, end) = match lower.strip_suffix("</script") {
        Some(before) => (&text[..before.len()], ">"),
        None => (text, "</script>"),
    };
    let more = if is_double_escaped(text) { "</script>" } else { "" };
    found.closed_by([end, more].concat())
}

/// Finds what was meant as the end tag of a script: one with white space, a backslash or an escape in it.
fn meant_end(text: &str) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("script").find_map(|(at, name)| {
        let before = lower[..at]
            .trim_end_matches(|next: char| next.is_whitespace() || matches!(next, '/' | '\\'));
        let start = before.strip_suffix('<').or_else(|| before.strip_suffix("&lt;"))?.len();
        let after = &lower[at + name.len()..];
        let rest = after.trim_start();
        let len = after.len() - rest.len()
            + if rest.starts_with('>') {
                1
            } else if rest.starts_with("&gt;") {
                4
            } else {
                return None;
            };
        let is_end = lower[start..at].contains('/') && &lower[start..at] != "</";
        is_end.then_some(start..at + name.len() + len)
    })
}

/// Whether the next `</script>` would only close a `<script>` inside an HTML-like comment in the script
/// (<https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements>).
fn is_double_escaped(script: &str) -> bool {
    let script = script.to_ascii_lowercase();
    let (mut in_comment, mut in_script) = (false, false);
    for (at, _) in script.match_indices(['<', '-']) {
        let rest = &script[at..];
        let is_tag = |tag: &str| {
            rest.strip_prefix(tag)
                .is_some_and(|rest| rest.starts_with(['\t', '\n', '\r', '\x0C', ' ', '/', '>']))
        };
        if !in_comment {
            in_comment = rest.starts_with("<!--");
        } else if rest.starts_with("-->") {
            (in_comment, in_script) = (false, false);
        } else if is_tag("<script") {
            in_script = true;
        } else if is_tag("</script") {
            in_script = false;
        }
    }
    in_script
}

/// Names an unfinished construct; `begun` is its text so far.
fn of_pending(pending: &Pending, begun: &str, foreign: bool) -> Option<Found> {
    let is_doctype =
        |text: &str| text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let after = begun.strip_prefix("</").or(begun.strip_prefix('<'))?;
    let (code, len, what, closer) = if begun.starts_with("<!--") {
        (Code::UnclosedComment, 4, "this comment is never closed", Some("-->"))
    } else if is_doctype(begun) {
        (Code::UnclosedDoctype, 9, "this doctype is never closed", None)
    } else if foreign && begun.starts_with("<![CDATA[") {
        (Code::UnclosedCdata, 9, "this CDATA section is never closed", Some("]]>"))
    } else if after.starts_with(|first: char| first.is_ascii_alphabetic()) {
        if let Some(quote) = pending.open_quote {
            let message = "this quoted attribute value is never closed, so it would swallow everything after it";
            return Some(Found::new(Code::UnclosedAttribute, quote..quote + 1, message.to_owned()));
        }
        let ends_name = |next: char| next == '/' || next.is_ascii_whitespace();
        let name = after.find(ends_name).unwrap_or(after.len());
        let len = begun.len() - after.len() + name;
        (Code::UnclosedTag, len, "this tag is never finished", Some(">"))
    } else if begun.starts_with("<!") || begun.starts_with("<?") || begun.starts_with("</") {
        (Code::UnclosedBogusComment, 2, "this is read as a comment, and it is never closed", None)
    } else {
        return None;
    };
    let message = format!("{what}, so it would swallow what follows it");
    let found = Found::new(code, pending.start..pending.start + len, message);
    Some(Found { closer: closer.map(str::to_owned), ..found })
}

fn of_enclosure(by: Enclosure, opened_by: Range<usize>) -> Found {
    let (code, message, closer) = match by {
        Enclosure::Template => (
            Code::UnclosedTemplate,
            "this `<template>` is never closed, so what follows would be inert",
            "</template>",
        ),
        Enclosure::Svg => (
            Code::UnclosedSvg,
            "this `<svg>` is never closed, so what follows would be part of it",
            "</svg>",
        ),
        Enclosure::Math => (
            Code::UnclosedMath,
            "this `<math>` is never closed, so what follows would be part of it",
            "</math>",
        ),
        Enclosure::Frameset => {
            let message = "this `<frameset>` replaces the body, and scripts after it are dropped";
            return Found::new(Code::Frameset, opened_by, message.to_owned());
        }
    };
    Found::new(code, opened_by, message.to_owned()).closed_by(closer)
}

/// The finding without a specific cause: the criterion failed, so the snippet is rejected as a whole.
fn not_contained(spliced: &Spliced, area: Area) -> Diagnostic {
    let message = "a script after this snippet would not run: something in it changes how the document is read".to_owned();
    Diagnostic::new(Code::NotContained, area, spliced.snippet(area).as_bytes(), 0..0, message)
}

/// Makes a diagnostic. If the finding is in neither snippet, it is placed at the start of `about`.
fn diagnostic(spliced: &Spliced, about: Area, found: Found) -> Diagnostic {
    let Found { code, span, message, closer, place } = found;
    let located = spliced.locate(&span);
    let closer = if located.is_some() { closer } else { None };
    let (area, span) = located.unwrap_or((about, 0..0));
    let snippet = spliced.snippet(area);
    let place = place.and_then(|place| spliced.locate(&place)).map(|(_, place)| place);
    let place = place.unwrap_or(snippet.len()..snippet.len());
    let fix = closer.map(|replacement| Fix { span: place, replacement });
    Diagnostic::new(code, area, snippet.as_bytes(), span, message).with_fix(fix)
}
