//! A finding before it has a place in a snippet.

use std::ops::Range;

use crate::diagnostic::{Code, Fix};

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
