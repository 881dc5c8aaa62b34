//! Reports in the style of rustc: the problem, its place, the source line with the place
//! underlined, and the fix.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use c2c_injector::{Diagnostic, Fix, Severity};

use super::counts;
use crate::input::{Inputs, Source};
use crate::printable;

/// The maximum number of columns of a source line to show: pasted code is often minified into one.
const LINE_COLUMNS_MAX: usize = 120;

/// The maximum number of bytes to underline: some spans reach to the end of the snippet.
const MARKED_BYTES_MAX: usize = 60;

/// Prints with colours; `out` removes them where they are not wanted.
pub(super) fn print(
    out: &mut impl Write,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let renderer = Renderer::styled().term_width(LINE_COLUMNS_MAX);
    for diagnostic in diagnostics {
        let groups = groups(inputs.source(diagnostic.area), diagnostic);
        writeln!(out, "{}\n", renderer.render(&groups))?;
    }
    let (level, summary) = summary(counts(diagnostics));
    writeln!(out, "{}", renderer.render(&[Group::with_title(level.primary_title(summary))]))
}

/// The problem, and its fix: as a change of a line, if there is a mechanical one.
fn groups<'d>(source: &'d Source, diagnostic: &'d Diagnostic) -> Vec<Group<'d>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        _ => Level::WARNING,
    };
    let Range { start, end } = diagnostic.span;
    let Line { number, text, marked } =
        Line::of(&source.bytes, &(start..end.min(start + MARKED_BYTES_MAX)));
    let snippet = Snippet::source(text)
        .line_start(number)
        .path(&source.name)
        .annotation(AnnotationKind::Primary.span(marked));
    let problem =
        level.primary_title(&diagnostic.message).id(diagnostic.code.as_str()).element(snippet);
    match diagnostic.fix.as_ref().and_then(|fix| change(source, fix)) {
        Some(change) => {
            vec![problem, Level::HELP.secondary_title(diagnostic.help).element(change)]
        }
        None => vec![problem.element(Level::HELP.message(diagnostic.help))],
    }
}

/// A fix as a change of a line, if it can be shown: in one line that needs no cutting, without
/// bytes that are shown differently.
fn change<'d>(source: &'d Source, fix: &'d Fix) -> Option<Snippet<'d, Patch<'d>>> {
    let Line { number, text, marked } = Line::of(&source.bytes, &fix.span);
    let is_whole = marked.len() == fix.span.len() && text.chars().count() <= LINE_COLUMNS_MAX;
    let patch = Patch::new(marked, &fix.replacement);
    is_whole.then(|| Snippet::source(text).line_start(number).patch(patch))
}

fn summary((errors, warnings): (usize, usize)) -> (Level<'static>, String) {
    let some = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    match (errors, warnings) {
        (0, 0) => (Level::NOTE.with_name("ok"), "the snippets are self-contained".to_owned()),
        (0, _) => (Level::WARNING, format!("accepted, with {}", some(warnings, "warning"))),
        (_, 0) => (Level::ERROR, format!("rejected: {}", some(errors, "error"))),
        _ => {
            let (errors, warnings) = (some(errors, "error"), some(warnings, "warning"));
            (Level::ERROR, format!("rejected: {errors}, {warnings}"))
        }
    }
}

/// The line in which a span begins, and the part of the span in it.
///
/// Lines are cut here and not by the renderer, because in HTML a lone CR ends a line, and because a
/// snippet need not be UTF-8.
struct Line {
    number: usize,
    text: String,
    marked: Range<usize>,
}

impl Line {
    fn of(bytes: &[u8], span: &Range<usize>) -> Self {
        let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let at = span.start.min(bytes.len());
        let start = bytes[..at].iter().rposition(ends_line).map_or(0, |end| end + 1);
        let end = bytes[at..].iter().position(ends_line).map_or(bytes.len(), |len| at + len);
        let marked_end = span.end.clamp(at, end);

        let mut text = shown(&bytes[start..at]);
        let marked_start = text.len();
        text += &shown(&bytes[at..marked_end]);
        let marked = marked_start..text.len();
        text += &shown(&bytes[marked_end..end]);
        Self { number: number(&bytes[..start]), text, marked }
    }
}

/// The number of the line that follows these bytes: CR LF, CR and LF each end a line.
fn number(before: &[u8]) -> usize {
    let ends = before.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    let pairs = before.windows(2).filter(|two| two == b"\r\n").count();
    ends - pairs + 1
}

/// Replaces bytes that would control the terminal. (The renderer shows a tab as four spaces.)
fn shown(bytes: &[u8]) -> String {
    printable::shown(&String::from_utf8_lossy(bytes))
}
