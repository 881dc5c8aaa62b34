//! The check: only snippets that pass it can be compiled.

use std::fmt;

use bytes::Bytes;

use crate::diagnostic::{Area, Code, Diagnostic, Severity};
use crate::parse::{self, Proof, Spliced, Verdict};
use crate::script::{self, Script, Scripts};
use crate::{
    Document, ExternalHost, Limits, ScriptAttributes, Snippets, Template, explain, fixes, pasted,
    warn,
};

/// Snippets that are proved to be contained, with the template that they were checked in.
///
/// Only [`Template::check`] makes one, so rejected or unchecked snippets cannot be compiled by accident.
#[derive(Clone, Debug)]
pub struct Checked {
    template: Template,
    snippets: Snippets,
    diagnostics: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

impl Checked {
    /// The warnings, in the order of their places. Never contains an error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The hosts that the snippets' markup loads from: sorted, each once per kind of load.
    pub fn hosts(&self) -> &[ExternalHost] {
        &self.hosts
    }

    /// The snippets, as they were given.
    pub fn snippets(&self) -> &Snippets {
        &self.snippets
    }

    /// Assembles the document without copying text.
    ///
    /// The attributes are not part of the check because they cannot change its result: they are escaped, in
    /// our own tag.
    pub fn compile(&self, attributes: &ScriptAttributes) -> Document {
        let Template { prefix, script, middle, suffix, events: _ } = &self.template;
        Document::new([
            prefix.bytes().clone(),
            Bytes::from(attributes.start_tag()),
            script.bytes().clone(),
            self.snippets.head.clone(),
            middle.bytes().clone(),
            self.snippets.body_end.clone(),
            suffix.bytes().clone(),
        ])
    }
}

/// Snippets that cannot be published, with at least one error as the reason.
#[derive(Clone, Debug)]
pub struct Rejected {
    snippets: Snippets,
    diagnostics: Vec<Diagnostic>,
}

impl Rejected {
    /// All findings, in the order of their places. At least one is an error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The snippets, as they were given.
    pub fn snippets(&self) -> &Snippets {
        &self.snippets
    }

    /// Returns the snippets, so that no typed text is lost.
    pub fn into_snippets(self) -> Snippets {
        self.snippets
    }
}

impl fmt::Display for Rejected {
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

impl std::error::Error for Rejected {}

/// The findings of a check.
#[derive(Default)]
struct Findings {
    diagnostics: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

impl Template {
    /// Checks two snippets in their real places in the whole document.
    ///
    /// Contained snippets are accepted, with warnings about anything that will not work as intended. The
    /// check costs as much as parsing the document once, and up to twenty times that if there is something
    /// to report: finding places requires feeding the parser one character at a time.
    pub fn check(&self, snippets: Snippets, limits: &Limits) -> Result<Checked, Rejected> {
        check(self, snippets, limits)
    }
}

fn check(template: &Template, snippets: Snippets, limits: &Limits) -> Result<Checked, Rejected> {
    let Findings { mut diagnostics, hosts } = findings(template, &snippets, limits);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.area, diagnostic.span.start));
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    let mut warnings = 0;
    diagnostics.retain(|diagnostic| {
        warnings += usize::from(!is_error(diagnostic));
        is_error(diagnostic) || warnings <= limits.warnings_max
    });
    if diagnostics.iter().any(is_error) {
        Err(Rejected { snippets, diagnostics })
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
        script::with_stack_for(texts, || {
            let scripts = Scripts::new(&template.events);
            judge(template, texts, limits, &scripts, &mut findings);
        });
    }
    findings
}

/// Returns the snippet as text, if it can be checked at all.
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

/// Proves that both snippets are contained. If that fails, or if there is anything else to report, parses
/// again to find the places.
fn judge(
    template: &Template,
    snippets: [&str; 2],
    limits: &Limits,
    scripts: &Scripts<'_>,
    findings: &mut Findings,
) {
    let [head, body_end] = snippets;
    let spliced = Spliced::new(template, head, body_end);
    let proof = parse::prove(&spliced, limits);
    let Proof { verdict, is_notable, scripts: ref notes, ref hosts } = proof;
    let is_suspicious = || {
        snippets.iter().any(|snippet| !pasted::whole(snippet, scripts).is_empty())
            || notes.iter().any(|(_, note)| {
                !Script { note, tag: "", text: &note.text }.findings(scripts).is_empty()
            })
    };
    if verdict == Verdict::Contained && !is_notable && !is_suspicious() {
        findings.hosts.clone_from(hosts);
        return;
    }

    let examination = parse::examine(&spliced, limits);
    debug_assert!(
        verdict == Verdict::Unknown
            || examination.is_cut_short()
            || is_notable == examination.is_notable(),
        "both looks take the same notes: {:?}",
        examination.taken.notes
    );
    let error = match explain::explain(&spliced, examination.outcome) {
        // The slow parse counts more strictly. The proof still holds: a warning must not turn into a
        // rejection.
        Some(found) if verdict == Verdict::Contained && found.code == Code::TooComplex => None,
        None if verdict == Verdict::NotContained => Some(explain::unexplained(&spliced)),
        found => found,
    };
    findings.hosts.clone_from(&examination.taken.hosts);
    let mut warnings =
        warn::diagnostics(&spliced, &examination.taken, scripts, limits.warnings_max);
    if let Some(error) = &error {
        warnings.retain(|warning| is_sound_beside(warning, error));
    }
    let head_is_at_fault = error.as_ref().is_some_and(|error| error.area == Area::Head);
    let mut found: Vec<_> = warnings.into_iter().chain(error).collect();
    for area in [Area::Head, Area::BodyEnd] {
        // A snippet that is no HTML has one remedy.
        if !pasted::whole(spliced.snippet(area), scripts).is_empty() {
            let errors = found.iter_mut().filter(|found| found.severity == Severity::Error);
            errors.filter(|error| error.area == area).for_each(|error| error.fix = None);
        }
    }
    fixes::keep_proven(template, snippets, &proof, limits, scripts, &mut found);
    findings.diagnostics.extend(found);
    // The body-end snippet has not been checked then: check it without the head snippet.
    if head_is_at_fault && !head.is_empty() {
        judge(template, ["", body_end], limits, scripts, findings);
    }
}

/// Whether a warning is reliable beside an error. After an error, markup may not be what it looks like, and
/// a missing end tag may in fact be there.
fn is_sound_beside(warning: &Diagnostic, error: &Diagnostic) -> bool {
    let is_before = (warning.area, warning.span.start) < (error.area, error.span.start);
    let may_change = matches!(warning.code, Code::UnclosedElement | Code::VisibleText);
    is_before && (warning.area != error.area || !may_change)
}
