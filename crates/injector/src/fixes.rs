//! Fixes are tried before they are offered: an applied fix must leave at least as much code that runs.

use std::cell::LazyCell;

use crate::diagnostic::{Area, Code, Diagnostic};
use crate::parse::{self, Proof, Spliced, Verdict};
use crate::script::Scripts;
use crate::{Limits, Template};

/// The number of fixes that are tried in one check, and of bytes in them: each costs a parse of the
/// document.
const TRIED_MAX: usize = 16;
const BYTES_MAX: usize = 512 * 1024;

/// Removes every fix that would harm the code, or that was not tried.
pub(crate) fn keep_proven(
    template: &Template,
    snippets: [&str; 2],
    proof: &Proof,
    limits: &Limits,
    scripts: &Scripts<'_>,
    found: &mut [Diagnostic],
) {
    let before = LazyCell::new(|| Health::of(proof, scripts));
    let size = snippets.iter().map(|snippet| snippet.len()).sum::<usize>().max(1);
    let mut left = TRIED_MAX.min(BYTES_MAX / size);
    for diagnostic in found {
        let Some(fix) = &diagnostic.fix else { continue };
        let index = match diagnostic.area {
            Area::Head => 0,
            Area::BodyEnd => 1,
        };
        // A mistake of ours in one finding must not cost the whole check.
        if snippets[index].get(fix.span.clone()).is_none() {
            diagnostic.fix = None;
            continue;
        }
        if changes_words_only(diagnostic.code) {
            continue;
        }
        if left == 0 {
            diagnostic.fix = None;
            continue;
        }
        left -= 1;
        let mut fixed = snippets[index].to_owned();
        fixed.replace_range(fix.span.clone(), &fix.replacement);
        let mut texts = snippets;
        texts[index] = &fixed;
        let spliced = Spliced::new(template, texts[0], texts[1]);
        if !Health::of(&parse::prove(&spliced, limits), scripts).is_no_worse_than(&before) {
            diagnostic.fix = None;
        }
    }
}

/// Whether fixes of this kind replace a name by a name, or a scheme by a scheme: that changes no structure.
fn changes_words_only(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownEvent
            | Code::UnknownField
            | Code::ApiMisuse
            | Code::ForeignApi
            | Code::InsecureUrl
    )
}

/// The worth of a document to its author.
struct Health {
    verdict: Verdict,
    /// Scripts that run.
    running: usize,
    /// Scripts that would run, but do not parse.
    broken: usize,
}

impl Health {
    fn of(proof: &Proof, scripts: &Scripts<'_>) -> Self {
        let mut health = Self { verdict: proof.verdict, running: 0, broken: 0 };
        for (_, script) in &proof.scripts {
            let Some(kind) = script.used_as.kind() else { continue };
            if script.has_source {
                health.running += 1;
            } else if !scripts.is_sound(&script.text, kind) {
                health.broken += 1;
            } else if !script.text.trim().is_empty() {
                health.running += 1;
            }
        }
        health
    }

    fn is_no_worse_than(&self, before: &Self) -> bool {
        let is_contained =
            self.verdict == Verdict::Contained || before.verdict != Verdict::Contained;
        is_contained && self.running >= before.running && self.broken <= before.broken
    }
}
