//! The result of a compilation: the page for visitors, and findings for the author of the code.

use std::ops::Range;

use c2c_injector::{Area, Checked, Diagnostic, Document, ExternalHost, Position};
use c2c_policy::DocumentPolicy;

use crate::page::Page;

/// Compiled code.
#[derive(Clone, Debug)]
pub struct Compiled {
    page: Page,
    document: Document,
    warnings: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

impl Compiled {
    pub(crate) fn new(checked: &Checked, document: Document, policy: &DocumentPolicy) -> Self {
        Self {
            page: Page::new(document.chunks(), policy.headers()),
            document,
            warnings: checked.diagnostics().to_vec(),
            hosts: checked.hosts().to_vec(),
        }
    }

    /// The document, which answers requests.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Problems that may keep the code from working as intended, in the order of the snippets.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The hosts that the snippets' markup loads from: sorted, each once per kind.
    pub fn hosts(&self) -> &[ExternalHost] {
        &self.hosts
    }

    /// The range of a snippet in the document, in lines and columns as browsers count them.
    pub fn area_range(&self, area: Area) -> Range<Position> {
        self.document.area_range(area)
    }
}
