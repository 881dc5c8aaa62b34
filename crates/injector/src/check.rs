//! The one gate: snippets go in, and only what is contained comes out as something that compiles.

use std::fmt;

use bytes::Bytes;

use crate::diagnostic::{Area, Code, Diagnostic, Severity};
use crate::parse::{self, Proof, Spliced, Verdict};
use crate::{
    Document, ExternalHost, Limits, ScriptAttributes, Snippets, Template, events, explain, warn,
};

/// Snippets that were found to be contained, with the template they were judged in.
///
/// Only [`Template::check`] makes one, so what was refused or never checked cannot be compiled by accident.
#[derive(Clone, Debug)]
pub struct Checked {
    template: Template,
    snippets: Snippets,
    diagnostics: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

impl Checked {
    /// What is worth saying although nothing stops publication, in the order of places. Never an error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The hosts that the snippets' markup loads from, each once for what is loaded, sorted.
    pub fn hosts(&self) -> &[ExternalHost] {
        &self.hosts
    }

    /// The snippets, as they were given.
    pub fn snippets(&self) -> &Snippets {
        &self.snippets
    }

    /// Puts the document together and makes its encoded forms, which is what takes the time here.
    ///
    /// The attributes are not part of the check because they cannot change its result: they are escaped, in a tag of ours.
    pub fn compile(&self, attributes: &ScriptAttributes) -> Document {
        let Template { prefix, script, middle, suffix, event_names: _ } = &self.template;
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

/// What a check has to say.
#[derive(Default)]
struct Findings {
    diagnostics: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

pub(crate) fn check(
    template: &Template,
    snippets: Snippets,
    limits: &Limits,
) -> Result<Checked, Refused> {
    let Findings { mut diagnostics, hosts } = findings(template, &snippets, limits);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.area, diagnostic.span.start));
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    let mut warnings = 0;
    diagnostics.retain(|diagnostic| {
        warnings += usize::from(!is_error(diagnostic));
        is_error(diagnostic) || warnings <= limits.warnings_max
    });
    if diagnostics.iter().any(is_error) {
        Err(Refused { snippets, diagnostics })
    } else {
        Ok(Checked { template: template.clone(), snippets, diagnostics, hosts })
    }
}

fn findings(template: &Template, snippets: &Snippets, limits: &Limits) -> Findings {
    let mut findings = Findings::default();
    let mut texts = [""; 2];
    for (text, (area, bytes)) in texts.iter_mut().zip(snippets.areas()) {
        match readable(area, bytes, limits) {
            Ok(readable) => *text = readable,
            Err(diagnostic) => findings.diagnostics.push(diagnostic),
        }
    }
    if findings.diagnostics.is_empty() {
        judge(template, texts, limits, &mut findings);
    }
    findings
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

/// Proves that both snippets are contained. If that fails, or if there is anything else to say, looks again and says where.
fn judge(template: &Template, snippets: [&str; 2], limits: &Limits, findings: &mut Findings) {
    let [head, body_end] = snippets;
    let names = &template.event_names;
    let spliced = Spliced::new(template, head, body_end);
    let Proof { verdict, is_notable, hosts } = parse::prove(&spliced, limits);
    let is_suspicious = || snippets.iter().any(|snippet| events::are_suspicious(snippet, names));
    if verdict == Verdict::Contained && !is_notable && !is_suspicious() {
        findings.hosts = hosts;
        return;
    }

    let examination = parse::examine(&spliced, limits);
    debug_assert!(
        verdict == Verdict::Unknown
            || examination.is_cut_short()
            || is_notable == examination.is_notable(),
        "both looks take the same notes: {:?}",
        examination.notes
    );
    let error = match explain::explain(&spliced, examination.outcome) {
        // The slow look counts more closely. What is proved stays so: a warning must not turn into a refusal.
        Some(found) if verdict == Verdict::Contained && found.code == Code::TooComplex => None,
        None if verdict == Verdict::NotContained => Some(explain::unexplained(&spliced)),
        found => found,
    };
    findings.hosts = examination.hosts;
    let mut warnings = warn::diagnostics(&spliced, examination.notes, names, limits.warnings_max);
    if let Some(error) = &error {
        warnings.retain(|warning| is_sound_beside(warning, error));
    }
    findings.diagnostics.extend(warnings);
    let head_is_at_fault = error.as_ref().is_some_and(|error| error.area == Area::Head);
    findings.diagnostics.extend(error);
    // The body-end snippet has not been judged then: do so without the head snippet.
    if head_is_at_fault && !head.is_empty() {
        judge(template, ["", body_end], limits, findings);
    }
}

/// What comes after an error may not be what it looks like; an end tag that is missed may be there.
fn is_sound_beside(warning: &Diagnostic, error: &Diagnostic) -> bool {
    let is_before = (warning.area, warning.span.start) < (error.area, error.span.start);
    is_before && (warning.area != error.area || warning.code != Code::UnclosedElement)
}
