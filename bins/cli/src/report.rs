//! Findings, for people and for programs.

use std::io::{self, Write};

use c2c_injector::{Diagnostic, Severity};
use serde::Serialize;

use crate::Failure;
use crate::args::Format;
use crate::input::{Inputs, Source};

/// The most characters of a source line to show: pasted code is often minified into one.
const LINE_CHARS_MAX: usize = 96;

/// How much of such a line to show before the place itself.
const CHARS_BEFORE: usize = 24;

pub(crate) fn print(
    out: &mut impl Write,
    format: Format,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
) -> Result<(), Failure> {
    match format {
        Format::Text => Ok(text(out, inputs, diagnostics)?),
        Format::Json => json(out, inputs, diagnostics),
    }
}

#[derive(Serialize)]
struct Report<'r> {
    ok: bool,
    diagnostics: Vec<Located<'r>>,
}

#[derive(Serialize)]
struct Located<'r> {
    file: &'r str,
    #[serde(flatten)]
    diagnostic: &'r Diagnostic,
}

fn count_errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
}

fn json<'r>(
    out: &mut impl Write,
    inputs: &'r Inputs,
    diagnostics: &'r [Diagnostic],
) -> Result<(), Failure> {
    let located = |diagnostic: &'r Diagnostic| Located {
        file: &inputs.source(diagnostic.area).name,
        diagnostic,
    };
    let report = Report {
        ok: count_errors(diagnostics) == 0,
        diagnostics: diagnostics.iter().map(located).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    Ok(writeln!(out)?)
}

fn text(out: &mut impl Write, inputs: &Inputs, diagnostics: &[Diagnostic]) -> io::Result<()> {
    for diagnostic in diagnostics {
        finding(out, inputs.source(diagnostic.area), diagnostic)?;
    }
    match count_errors(diagnostics) {
        0 => writeln!(out, "ok: nothing in the snippets reaches into what follows them"),
        1 => writeln!(out, "error: refused because of 1 problem"),
        errors => writeln!(out, "error: refused because of {errors} problems"),
    }
}

fn finding(out: &mut impl Write, source: &Source, diagnostic: &Diagnostic) -> io::Result<()> {
    let Diagnostic { severity, code, line, column, message, help, .. } = diagnostic;
    let excerpt = Excerpt::new(&source.bytes, diagnostic);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    writeln!(out, "{severity}[{code}]: {message}")?;
    writeln!(out, "{margin}--> {}:{line}:{column}", source.name)?;
    writeln!(out, "{margin} |")?;
    writeln!(out, "{number} | {}", excerpt.line)?;
    writeln!(out, "{margin} | {}{}", " ".repeat(excerpt.indent), "^".repeat(excerpt.carets))?;
    writeln!(out, "{margin} |")?;
    writeln!(out, "{margin} = help: {help}\n")
}

/// A source line as it can be shown, with the place to mark.
struct Excerpt {
    line: String,
    indent: usize,
    carets: usize,
}

impl Excerpt {
    fn new(bytes: &[u8], diagnostic: &Diagnostic) -> Self {
        let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let at = diagnostic.span.start.min(bytes.len());
        let start = bytes[..at].iter().rposition(ends_line).map_or(0, |end| end + 1);
        let end = bytes[at..].iter().position(ends_line).map_or(bytes.len(), |len| at + len);
        let before = String::from_utf8_lossy(&bytes[start..at]);
        let after = String::from_utf8_lossy(&bytes[at..end]);
        let marked = String::from_utf8_lossy(&bytes[at..diagnostic.span.end.clamp(at, end)]);

        let skipped = before.chars().count().saturating_sub(CHARS_BEFORE);
        let skipped = if before.chars().count() + after.chars().count() > LINE_CHARS_MAX {
            skipped
        } else {
            0
        };
        let lead = if skipped > 0 { "…" } else { "" };
        let before: String = lead.chars().chain(before.chars().skip(skipped)).map(shown).collect();
        let room = LINE_CHARS_MAX.saturating_sub(before.chars().count());
        let trail = if after.chars().count() > room { "…" } else { "" };
        let after: String = after.chars().take(room).map(shown).collect();
        Self {
            indent: before.chars().count(),
            carets: marked.chars().count().clamp(1, room.max(1)),
            line: format!("{before}{after}{trail}"),
        }
    }
}

/// A tab is as wide as its caret; what would steer the terminal is not shown.
fn shown(character: char) -> char {
    match character {
        '\t' => ' ',
        control if control.is_control() => '\u{fffd}',
        other => other,
    }
}
