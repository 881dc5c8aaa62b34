//! SARIF, which code hosts and editors read: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::io::Write;

use c2c_injector::{Code, Diagnostic, Fix, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::end_column;
use crate::failure::Failure;
use crate::input::Inputs;

/// All characters that may not stand for themselves in the path of a relative URI
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-3.3>).
const NOT_IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn print(
    out: &mut impl Write,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
) -> Result<(), Failure> {
    let rules: Vec<_> = Code::ALL.iter().copied().map(rule).collect();
    let results: Vec<_> = diagnostics.iter().map(|diagnostic| result(inputs, diagnostic)).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "c2c",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    Ok(writeln!(out)?)
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.summary() },
        "help": { "text": code.help() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        _ => "warning",
    }
}

fn result(inputs: &Inputs, diagnostic: &Diagnostic) -> Value {
    let Diagnostic { severity, code, line, column, message, help, .. } = diagnostic;
    let file = json!({ "uri": uri(inputs.name(diagnostic)) });
    let bytes = &inputs.source(diagnostic.area).bytes;
    let mut result = json!({
        "ruleId": code.as_str(),
        "ruleIndex": Code::ALL.iter().position(|known| known == code),
        "level": level(*severity),
        "message": { "text": format!("{message}\n{help}") },
        "locations": [{ "physicalLocation": {
            "artifactLocation": file,
            "region": {
                "startLine": line,
                "startColumn": column,
                "endColumn": end_column(bytes, diagnostic),
                "byteOffset": diagnostic.span.start,
                "byteLength": diagnostic.span.len(),
            },
        }}],
    });
    if let Some(Fix { span, replacement }) = &diagnostic.fix {
        result["fixes"] = json!([{
            "description": { "text": help },
            "artifactChanges": [{
                "artifactLocation": file,
                "replacements": [{
                    "deletedRegion": { "byteOffset": span.start, "byteLength": span.len() },
                    "insertedContent": { "text": replacement },
                }],
            }],
        }]);
    }
    result
}

/// The file as a relative or absolute URI reference.
fn uri(file: &str) -> String {
    utf8_percent_encode(file, NOT_IN_PATHS).to_string()
}
