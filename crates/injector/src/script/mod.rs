//! The only module that uses a JavaScript parser.
//!
//! It answers what a script of a snippet would do in the sandbox, as far as its text shows: it does not
//! parse, it uses `c2c` in a way that does nothing, or it calls what the sandbox blocks.

mod api;
mod blocked;
mod element;
mod literals;
mod module;
mod path;
mod repair;
mod stack;
mod syntax;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use self::element::{Script, Use};
pub(crate) use self::repair::without_fences;
pub(crate) use self::stack::with_stack_for;

use self::syntax::Parsed;
use crate::diagnostic::{Code, Fix};
use crate::events::Events;

/// How a browser reads a script's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Classic,
    Module,
    /// The value of an attribute such as `onclick`: the body of a function.
    Handler,
}

/// A finding in a text. Its places, also that of its fix, are relative to the text.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) code: Code,
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) fix: Option<Fix>,
}

impl Found {
    pub(crate) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), fix: None }
    }

    pub(crate) fn replaced_by(self, span: Range<usize>, replacement: impl Into<String>) -> Self {
        Self { fix: Some(Fix { span, replacement: replacement.into() }), ..self }
    }

    /// Moves all places.
    pub(crate) fn shift(&mut self, by: usize) {
        let moved = |span: &Range<usize>| span.start + by..span.end + by;
        self.span = moved(&self.span);
        if let Some(fix) = &mut self.fix {
            fix.span = moved(&fix.span);
        }
    }
}

/// Returns everything that a script's text shows to be wrong. Nothing if the script nests too deeply to be
/// parsed.
pub(crate) fn findings(text: &str, kind: Kind, events: &Events) -> Vec<Found> {
    match syntax::parse(text, kind, |parsed| walk(parsed, events)) {
        Some(Ok(found)) => found,
        Some(Err(error)) => vec![repair::diagnose(text, kind, error)],
        None => Vec::new(),
    }
}

/// Whether a browser would run the script, as far as its syntax is concerned.
pub(crate) fn is_sound(text: &str, kind: Kind) -> bool {
    matches!(syntax::parse(text, kind, |_| ()), None | Some(Ok(())))
}

/// Whether a text outside any element is JavaScript: it parses, and it would do something. Words,
/// numbers and ids parse too, but do nothing.
pub(crate) fn is_code(text: &str) -> Option<Kind> {
    let does_something =
        |kind| matches!(syntax::parse(text, kind, syntax::does_something), Some(Ok(true)));
    [Kind::Classic, Kind::Module].into_iter().find(|&kind| does_something(kind))
}

fn walk(parsed: &Parsed<'_>, events: &Events) -> Vec<Found> {
    let mut found = Vec::new();
    for node in parsed.semantic.nodes() {
        api::visit(parsed, node, events, &mut found);
        blocked::visit(parsed, node, &mut found);
        module::visit(node, &mut found);
        literals::visit(parsed, node, &mut found);
    }
    found.extend(literals::tag(parsed));
    found.sort_by_key(|found| found.span.start);
    found
}

/// A place of the parser as a range of bytes.
fn range(span: oxc_span::Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
