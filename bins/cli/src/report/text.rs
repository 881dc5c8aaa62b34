//! As rustc prints: what, where, the source line with the place underlined, what to do about it.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use c2c_injector::{Diagnostic, Severity};

use super::counts;
use crate::input::{Inputs, Source};

/// The most columns of a source line to show: pasted code is often minified into one.
const LINE_COLUMNS_MAX: usize = 120;

/// The most bytes to underline: some spans reach to the end of the snippet.
const MARKED_BYTES_MAX: usize = 60;

/// Prints with colours; `out` takes them out again where they are not wanted.
pub(super) fn print(
    out: &mut impl Write,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let renderer = Renderer::styled().term_width(LINE_COLUMNS_MAX);
    for diagnostic in diagnostics {
        let group = group(inputs.source(diagnostic.area), diagnostic);
        writeln!(out, "{}\n", renderer.render(&[group]))?;
    }
    let (level, summary) = summary(counts(diagnostics));
    writeln!(out, "{}", renderer.render(&[Group::with_title(level.primary_title(summary))]))
}

fn group<'d>(source: &'d Source, diagnostic: &'d Diagnostic) -> Group<'d> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        _ => Level::WARNING,
    };
    let Line { text, marked } = Line::of(&source.bytes, diagnostic);
    let snippet = Snippet::source(text)
        .line_start(diagnostic.line)
        .path(&source.name)
        .annotation(AnnotationKind::Primary.span(marked));
    level
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.as_str())
        .element(snippet)
        .element(Level::HELP.message(diagnostic.help))
}

fn summary((errors, warnings): (usize, usize)) -> (Level<'static>, String) {
    let some = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    match (errors, warnings) {
        (0, 0) => (
            Level::NOTE.with_name("ok"),
            "nothing in the snippets reaches into what follows them".to_owned(),
        ),
        (0, _) => (Level::WARNING, format!("accepted, with {}", some(warnings, "warning"))),
        (_, 0) => (Level::ERROR, format!("refused because of {}", some(errors, "error"))),
        _ => {
            let (errors, warnings) = (some(errors, "error"), some(warnings, "warning"));
            (Level::ERROR, format!("refused because of {errors}; {warnings} besides"))
        }
    }
}

/// The line in which a finding begins, and the bytes of it to underline.
///
/// Lines are cut here, and not by the renderer, because a CR alone ends one in HTML; and because a snippet need not be UTF-8.
struct Line {
    text: String,
    marked: std::ops::Range<usize>,
}

impl Line {
    fn of(bytes: &[u8], diagnostic: &Diagnostic) -> Self {
        let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let at = diagnostic.span.start.min(bytes.len());
        let start = bytes[..at].iter().rposition(ends_line).map_or(0, |end| end + 1);
        let end = bytes[at..].iter().position(ends_line).map_or(bytes.len(), |len| at + len);
        let marked_end = diagnostic.span.end.min(at + MARKED_BYTES_MAX).clamp(at, end);

        let mut text = shown(&bytes[start..at]);
        let marked_start = text.len();
        text += &shown(&bytes[at..marked_end]);
        let marked = marked_start..text.len();
        text += &shown(&bytes[marked_end..end]);
        Self { text, marked }
    }
}

/// Nothing that would steer the terminal. (The renderer shows a tab as four spaces.)
fn shown(bytes: &[u8]) -> String {
    let steers = |character: char| character.is_control() && character != '\t';
    String::from_utf8_lossy(bytes).replace(steers, "\u{fffd}")
}
