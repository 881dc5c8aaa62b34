//! Code that the server's check rejects, and the lines for its findings.

use std::fmt;

use super::folder::{BODY_END, HEAD};
use super::shapes::{Finding, Foreign};

/// The greatest number of findings of the server that are shown.
pub(super) const FINDINGS_MAX: usize = 20;

/// The server's check rejects the code.
#[derive(Debug, thiserror::Error)]
#[error("the server rejected the code: {detail}{}", Lines(.findings))]
pub(crate) struct RejectedByServer {
    pub(crate) detail: Foreign,
    pub(crate) findings: Vec<Finding>,
}

/// Each finding in a line that follows another.
pub(super) struct Lines<'f>(pub(super) &'f [Finding]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.0.iter().take(FINDINGS_MAX) {
            write!(formatter, "\n  {finding}")?;
        }
        match self.0.len().saturating_sub(FINDINGS_MAX) {
            0 => Ok(()),
            more => write!(formatter, "\n  … and {more} more"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, line, column, message, help, .. } = self;
        write!(formatter, "{severity}[{code}] {}:{line}:{column}: {message} {help}", self.file())
    }
}

impl Finding {
    pub(super) fn file(&self) -> &'static str {
        if self.area.is("bodyEnd") { BODY_END } else { HEAD }
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity.is("error")
    }
}
