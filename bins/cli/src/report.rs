//! Findings, for people and for programs.

use std::io::{self, Write};

use anstream::AutoStream;
use c2c_injector::{Diagnostic, ExternalHost, Severity};

use crate::args::Format;
use crate::failure::Failure;
use crate::input::Inputs;

mod github;
mod json;
mod sarif;
mod text;

/// Prints to standard output in the chosen format.
pub(crate) fn print(
    format: Format,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
    hosts: &[ExternalHost],
) -> Result<(), Failure> {
    let mut out = io::stdout();
    match format {
        Format::Text => text::print(&mut AutoStream::auto(out.lock()), inputs, diagnostics)?,
        Format::Json => json::print(&mut out, inputs, diagnostics, hosts)?,
        Format::Sarif => sarif::print(&mut out, inputs, diagnostics)?,
        Format::Github => github::print(&mut out, inputs, diagnostics)?,
    }
    Ok(out.flush()?)
}

/// A line of a file.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u64,
}

/// Prints something else than a finding of the check beside a line on GitHub.
pub(crate) fn annotate(is_error: bool, place: &Place, title: &str, text: &str) -> io::Result<()> {
    github::annotate(&mut io::stdout(), is_error, place, title, text)
}

/// Prints to standard error, for people.
pub(crate) fn print_aside(inputs: &Inputs, diagnostics: &[Diagnostic]) -> io::Result<()> {
    text::print(&mut AutoStream::auto(io::stderr().lock()), inputs, diagnostics)
}

/// The numbers of errors and warnings.
fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let is_error = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let errors = diagnostics.iter().filter(is_error).count();
    (errors, diagnostics.len() - errors)
}

/// The column after the span's last character in its first line, counted like `column`.
fn end_column(bytes: &[u8], diagnostic: &Diagnostic) -> usize {
    let spanned = bytes.get(diagnostic.span.clone()).unwrap_or_default();
    let line = spanned.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    diagnostic.column + String::from_utf8_lossy(line).chars().count()
}
