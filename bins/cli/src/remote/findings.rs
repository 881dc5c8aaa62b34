//! The findings of the server's check. It knows the app's catalogue and settings, which the check here does
//! not, so it can find more.

use std::io::{self, Write};

use c2c_injector::{Area, Diagnostic};

use super::rejected::{FINDINGS_MAX, Lines};
use super::shapes::Finding;
use crate::args::Format;
use crate::report;

/// Prints the findings that the check here does not have: to `out`, and beside their lines on GitHub.
/// Returns whether there are errors among all of them.
pub(crate) fn print_new(
    out: &mut dyn Write,
    format: Format,
    folder: impl Fn(&str) -> String,
    findings: Vec<Finding>,
    found: &[Diagnostic],
) -> io::Result<bool> {
    let rejected = findings.iter().any(Finding::is_error);
    let new: Vec<Finding> = findings.into_iter().filter(|it| !is_among(it, found)).collect();
    if new.is_empty() {
        return Ok(rejected);
    }
    writeln!(
        out,
        "the server's check, which knows the app's settings, also finds:{}",
        Lines(&new)
    )?;
    if format == Format::Github {
        for finding in new.iter().take(FINDINGS_MAX) {
            let place = report::Place { file: folder(finding.file()), line: finding.line };
            let text = format!("{} {}", finding.message, finding.help);
            report::annotate(finding.is_error(), &place, &finding.code.to_string(), &text)?;
        }
    }
    Ok(rejected)
}

/// Whether the check here found the same.
fn is_among(finding: &Finding, found: &[Diagnostic]) -> bool {
    found.iter().any(|found| {
        let area = match found.area {
            Area::Head => "head",
            Area::BodyEnd => "bodyEnd",
        };
        let place = (found.line as u64, found.column as u64) == (finding.line, finding.column);
        place && finding.area.is(area) && finding.code.is(found.code.as_str())
    })
}
