//! The one gate: snippets go in, and only what is contained comes out as something that compiles.

use std::fmt;

use bytes::Bytes;

use crate::diagnostic::{Area, Code, Diagnostic, Severity};
use crate::parse::{self, Spliced, Verdict};
use crate::{Document, Limits, ScriptAttributes, Snippets, Template, explain};

/// Snippets that were found to be contained, with the template they were judged in.
///
/// Only [`Template::check`] makes one, so what was refused or never checked cannot be compiled by accident.
#[derive(Clone, Debug)]
pub struct Checked {
    template: Template,
    snippets: Snippets,
    diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// What is worth saying although nothing stops publication. Never an error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The snippets, as they were given.
    pub fn snippets(&self) -> &Snippets {
        &self.snippets
    }

    /// Puts the document together and makes its encoded forms, which is what takes the time here.
    ///
    /// The attributes are not part of the check because they cannot change its result: they are escaped, in a tag of ours.
    pub fn compile(&self, attributes: &ScriptAttributes) -> Document {
        let Template { prefix, script, middle, suffix } = &self.template;
        Document::new([
            prefix.bytes().clone(),
            Bytes::from(attributes.start_tag()),
            script.bytes().clone(),
            self.snippets.head().clone(),
            middle.bytes().clone(),
            self.snippets.body_end().clone(),
            suffix.bytes().clone(),
        ])
    }
}

/// Snippets that cannot be published, with at least one error that says why.
#[derive(Clone, Debug)]
pub struct Refused {
    snippets: Snippets,
    diagnostics: Vec<Diagnostic>,
}

impl Refused {
    /// All findings, in the order of their places. At least one is an error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The snippets, as they were given.
    pub fn snippets(&self) -> &Snippets {
        &self.snippets
    }

    /// Gives the snippets back, so that nothing that was typed is lost.
    pub fn into_snippets(self) -> Snippets {
        self.snippets
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut errors =
            self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        if let Some(first) = errors.next() {
            let area = match first.area {
                Area::Head => "head",
                Area::BodyEnd => "body end",
            };
            write!(
                formatter,
                "{area} HTML, line {}, column {}: {}",
                first.line, first.column, first.message
            )?;
        }
        match errors.count() {
            0 => Ok(()),
            more => write!(formatter, " (and {more} more)"),
        }
    }
}

impl std::error::Error for Refused {}

pub(crate) fn check(
    template: &Template,
    snippets: Snippets,
    limits: &Limits,
) -> Result<Checked, Refused> {
    match findings(template, &snippets, limits) {
        diagnostics if diagnostics.is_empty() => {
            Ok(Checked { template: template.clone(), snippets, diagnostics })
        }
        mut diagnostics => {
            diagnostics.sort_by_key(|diagnostic| (diagnostic.area, diagnostic.span.start));
            Err(Refused { snippets, diagnostics })
        }
    }
}

/// Everything that stops publication.
fn findings(template: &Template, snippets: &Snippets, limits: &Limits) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut texts = [""; 2];
    for (text, (area, bytes)) in texts.iter_mut().zip(snippets.areas()) {
        match readable(area, bytes, limits) {
            Ok(readable) => *text = readable,
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.is_empty() {
        let [head, body_end] = texts;
        containment(template, head, body_end, limits, &mut diagnostics);
    }
    diagnostics
}

/// The snippet as text, if it is something that can be judged at all.
fn readable<'b>(area: Area, bytes: &'b Bytes, limits: &Limits) -> Result<&'b str, Diagnostic> {
    let max = limits.snippet_bytes_max;
    if bytes.len() > max {
        let message = format!("the snippet has {} bytes, and {max} are allowed", bytes.len());
        return Err(Diagnostic::new(Code::TooLarge, area, bytes, max..bytes.len(), message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |len| start + len);
        let message = format!("byte {start} of the snippet is not UTF-8");
        Diagnostic::new(Code::NotUtf8, area, bytes, start..end, message)
    })?;
    match text.find('\0') {
        Some(at) => {
            let message = "the snippet contains a NUL character".to_owned();
            Err(Diagnostic::new(Code::Nul, area, bytes, at..at + 1, message))
        }
        None => Ok(text),
    }
}

/// Proves that both snippets are contained; if that fails, looks again and says where each problem began.
fn containment(
    template: &Template,
    head: &str,
    body_end: &str,
    limits: &Limits,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let spliced = Spliced::new(template, head, body_end);
    let verdict = parse::prove(&spliced, limits);
    if verdict == Verdict::Contained {
        return;
    }
    let mut found = explain::explain(&spliced, limits);
    if found.is_empty() && verdict == Verdict::NotContained {
        found.push(explain::unexplained(&spliced));
    }
    let head_is_at_fault = found.iter().any(|diagnostic| diagnostic.area == Area::Head);
    diagnostics.extend(found);
    // The body-end snippet has not been judged then: do so without the head snippet.
    if head_is_at_fault && !head.is_empty() {
        containment(template, "", body_end, limits, diagnostics);
    }
}
