//! One JSON document.

use std::io::Write;

use c2c_injector::{Diagnostic, ExternalHost};
use serde::Serialize;

use super::counts;
use crate::failure::Failure;
use crate::input::Inputs;

#[derive(Serialize)]
struct Report<'r> {
    ok: bool,
    diagnostics: Vec<Located<'r>>,
    /// The hosts that accepted snippets load from; empty for rejected ones.
    hosts: &'r [ExternalHost],
}

#[derive(Serialize)]
struct Located<'r> {
    file: &'r str,
    #[serde(flatten)]
    diagnostic: &'r Diagnostic,
}

pub(super) fn print(
    out: &mut impl Write,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
    hosts: &[ExternalHost],
) -> Result<(), Failure> {
    let (errors, _) = counts(diagnostics);
    let located = |diagnostic| Located { file: inputs.name(diagnostic), diagnostic };
    let diagnostics = diagnostics.iter().map(located).collect();
    let report = Report { ok: errors == 0, diagnostics, hosts };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    Ok(writeln!(out)?)
}
