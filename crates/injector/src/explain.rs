//! From what the parser was in the middle of to a finding with a code, a place and a sentence.

use std::ops::Range;

use crate::diagnostic::{Area, Code, Diagnostic, Fix};
use crate::parse::{Cause, Enclosure, Outcome, Pending, RawText, Spliced};

/// Names what is wrong first with an uncontained document. None if nothing is.
pub(crate) fn explain(spliced: &Spliced, outcome: Outcome) -> Option<Diagnostic> {
    match outcome {
        Outcome::TooComplex(place) => {
            let message =
                "the snippet is too complex to be checked: the budget ended here".to_owned();
            let about = spliced.area_up_to(place.start);
            Some(diagnostic(spliced, about, Found::new(Code::TooComplex, place, message)))
        }
        // What an uncontained head snippet does to the body-end snippet says nothing about the latter.
        Outcome::Complete([Some(cause), _]) => Some(of_cause(spliced, Area::Head, cause)),
        Outcome::Complete([None, Some(cause)]) => Some(of_cause(spliced, Area::BodyEnd, cause)),
        Outcome::Complete([None, None]) => None,
    }
}

/// For when both looks disagree: something is wrong, and nobody knows what.
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
    /// What closes it at the end of its snippet, if that is what can be done about it.
    closer: Option<String>,
}

impl Found {
    fn new(code: Code, span: Range<usize>, message: String) -> Self {
        Self { code, span, message, closer: None }
    }

    fn closed_by(self, closer: impl Into<String>) -> Self {
        Self { closer: Some(closer.into()), ..self }
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
    let end_tag = format!("</{name}>");
    let text = spliced.rest_of_snippet(area, opened_by.end);
    let closer = match code {
        Code::UnclosedScript if is_double_escaped(text) => end_tag.repeat(2),
        _ => end_tag,
    };
    Found::new(code, opened_by, message).closed_by(closer)
}

/// Whether the next `</script>` would only close the `<script>` that a script has in what looks like a comment
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

/// `begun` is what there is of it.
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

/// Nothing we have a name for. The criterion failed all the same, so the snippet is refused as a whole.
fn not_contained(spliced: &Spliced, area: Area) -> Diagnostic {
    let message = "a script after this snippet would not run: something in it changes how the document is read".to_owned();
    Diagnostic::new(Code::NotContained, area, spliced.snippet(area).as_bytes(), 0..0, message)
}

/// If the finding is in neither snippet, it goes to the start of the snippet that it is about.
fn diagnostic(spliced: &Spliced, about: Area, found: Found) -> Diagnostic {
    let Found { code, span, message, closer } = found;
    let located = spliced.locate(&span);
    let closer = if located.is_some() { closer } else { None };
    let (area, span) = located.unwrap_or((about, 0..0));
    let snippet = spliced.snippet(area);
    let fix = closer.map(|replacement| Fix { span: snippet.len()..snippet.len(), replacement });
    Diagnostic::new(code, area, snippet.as_bytes(), span, message).with_fix(fix)
}
