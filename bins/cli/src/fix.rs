//! `c2c check --fix`: applies the fixes of a check.

use bytes::Bytes;
use c2c_injector::{
    Area, Checked, Code, Diagnostic, Limits, Rejected, Severity, Snippets, Template,
};

/// The maximum number of fixes in one run. Each is followed by another check.
const FIXES_MAX: usize = 500;

/// Applies one fix after the other, as long as a check offers one that removes its finding, adds no error,
/// and leads to a text that was not there before. Returns the snippets, and the number of fixes.
pub(crate) fn apply(template: &Template, snippets: Snippets) -> (Snippets, usize) {
    let limits = Limits::default().with_warnings_max(usize::MAX);
    let check = |snippets: &Snippets| diagnostics(template.check(snippets.clone(), &limits));
    let mut snippets = snippets;
    let mut found = check(&snippets);
    let mut seen = vec![snippets.clone()];
    let mut next = 0;
    while seen.len() <= FIXES_MAX && next < found.len() {
        let better = fixed(&snippets, &found[next]).filter(|fixed| !seen.contains(fixed));
        let better = better.map(|fixed| (check(&fixed), fixed));
        match better.filter(|(left, _)| is_better(left, &found, found[next].code)) {
            Some((left, fixed)) => {
                (snippets, found) = (fixed, left);
                seen.push(snippets.clone());
                next = 0;
            }
            None => next += 1,
        }
    }
    (snippets, seen.len() - 1)
}

fn diagnostics(checked: Result<Checked, Rejected>) -> Vec<Diagnostic> {
    match checked {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(rejected) => rejected.diagnostics().to_vec(),
    }
}

/// Whether there are fewer findings of a kind than before, and no more errors.
fn is_better(after: &[Diagnostic], before: &[Diagnostic], code: Code) -> bool {
    let of_kind = |found: &[Diagnostic]| found.iter().filter(|found| found.code == code).count();
    let errors = |found: &[Diagnostic]| {
        found.iter().filter(|found| found.severity == Severity::Error).count()
    };
    of_kind(after) < of_kind(before) && errors(after) <= errors(before)
}

/// The snippets after a fix, if there is one.
fn fixed(snippets: &Snippets, diagnostic: &Diagnostic) -> Option<Snippets> {
    let fix = diagnostic.fix.as_ref()?;
    let mut fixed = snippets.clone();
    let bytes = match diagnostic.area {
        Area::Head => &mut fixed.head,
        Area::BodyEnd => &mut fixed.body_end,
    };
    let before = bytes.get(..fix.span.start)?;
    let after = bytes.get(fix.span.end..)?;
    *bytes = Bytes::from([before, fix.replacement.as_bytes(), after].concat());
    Some(fixed)
}
