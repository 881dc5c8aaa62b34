//! From what the parser was in the middle of to a finding with a code, a place and a sentence.

use std::ops::Range;

use crate::Limits;
use crate::diagnostic::{Area, Code, Diagnostic};
use crate::parse::{self, Cause, Enclosure, Examination, Pending, RawText, Spliced};

/// Looks at an uncontained document again and names what is wrong first. Empty if nothing is.
pub(crate) fn explain(spliced: &Spliced, limits: &Limits) -> Vec<Diagnostic> {
    match parse::examine(spliced, limits) {
        Examination::TooComplex(place) => {
            let message =
                "the snippet is too complex to be checked: the budget ended here".to_owned();
            let about = spliced.area_up_to(place.start);
            vec![diagnostic(spliced, about, Code::TooComplex, place, message)]
        }
        // What an uncontained head snippet does to the body-end snippet says nothing about the latter.
        Examination::Complete([Some(cause), _]) => vec![of_cause(spliced, Area::Head, cause)],
        Examination::Complete([None, Some(cause)]) => vec![of_cause(spliced, Area::BodyEnd, cause)],
        Examination::Complete([None, None]) => Vec::new(),
    }
}

/// For when both looks disagree: something is wrong, and nobody knows what.
pub(crate) fn unexplained(spliced: &Spliced) -> Diagnostic {
    not_contained(spliced, Area::Head)
}

fn of_cause(spliced: &Spliced, area: Area, cause: Cause) -> Diagnostic {
    let (code, span, message) = match cause {
        Cause::RawText(raw_text) => of_raw_text(raw_text),
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
    diagnostic(spliced, area, code, span, message)
}

type Found = (Code, Range<usize>, String);

fn of_raw_text(RawText { name, opened_by }: RawText) -> Found {
    let code = match name.as_str() {
        "script" => Code::UnclosedScript,
        "style" => Code::UnclosedStyle,
        "title" => Code::UnclosedTitle,
        "textarea" => Code::UnclosedTextarea,
        "noscript" => Code::UnclosedNoscript,
        "plaintext" => {
            let message = "`<plaintext>` would turn everything after it into text".to_owned();
            return (Code::Plaintext, opened_by, message);
        }
        _ => Code::UnclosedRawText,
    };
    let message =
        format!("this `<{name}>` is never closed, so it would swallow everything after it");
    (code, opened_by, message)
}

/// `begun` is what there is of it.
fn of_pending(pending: &Pending, begun: &str, foreign: bool) -> Option<Found> {
    let is_doctype =
        |text: &str| text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let after = begun.strip_prefix("</").or(begun.strip_prefix('<'))?;
    let (code, len, what) = if begun.starts_with("<!--") {
        (Code::UnclosedComment, 4, "this comment is never closed")
    } else if is_doctype(begun) {
        (Code::UnclosedDoctype, 9, "this doctype is never closed")
    } else if foreign && begun.starts_with("<![CDATA[") {
        (Code::UnclosedCdata, 9, "this CDATA section is never closed")
    } else if after.starts_with(|first: char| first.is_ascii_alphabetic()) {
        if let Some(quote) = pending.open_quote {
            let message = "this quoted attribute value is never closed, so it would swallow everything after it";
            return Some((Code::UnclosedAttribute, quote..quote + 1, message.to_owned()));
        }
        let ends_name = |next: char| next == '/' || next.is_ascii_whitespace();
        let name = after.find(ends_name).unwrap_or(after.len());
        (Code::UnclosedTag, begun.len() - after.len() + name, "this tag is never finished")
    } else if begun.starts_with("<!") || begun.starts_with("<?") || begun.starts_with("</") {
        (Code::UnclosedBogusComment, 2, "this is read as a comment, and it is never closed")
    } else {
        return None;
    };
    let message = format!("{what}, so it would swallow what follows it");
    Some((code, pending.start..pending.start + len, message))
}

fn of_enclosure(by: Enclosure, opened_by: Range<usize>) -> Found {
    let (code, message) = match by {
        Enclosure::Template => (
            Code::UnclosedTemplate,
            "this `<template>` is never closed, so what follows would be inert",
        ),
        Enclosure::Svg => {
            (Code::UnclosedSvg, "this `<svg>` is never closed, so what follows would be part of it")
        }
        Enclosure::Math => (
            Code::UnclosedMath,
            "this `<math>` is never closed, so what follows would be part of it",
        ),
        Enclosure::Frameset => (
            Code::Frameset,
            "this `<frameset>` replaces the body, and scripts after it are dropped",
        ),
    };
    (code, opened_by, message.to_owned())
}

/// Nothing we have a name for. The criterion failed all the same, so the snippet is refused as a whole.
fn not_contained(spliced: &Spliced, area: Area) -> Diagnostic {
    let message = "a script after this snippet would not run: something in it changes how the document is read".to_owned();
    Diagnostic::new(Code::NotContained, area, spliced.snippet(area).as_bytes(), 0..0, message)
}

/// `span` is in the whole text. If it is in neither snippet, the finding goes to the start of the snippet that it is about.
fn diagnostic(
    spliced: &Spliced,
    about: Area,
    code: Code,
    span: Range<usize>,
    message: String,
) -> Diagnostic {
    let (area, span) = spliced.locate(&span).unwrap_or((about, 0..0));
    Diagnostic::new(code, area, spliced.snippet(area).as_bytes(), span, message)
}
