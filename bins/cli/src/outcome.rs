//! The results that a command ends with, as exit codes.

use std::process::ExitCode;

/// A command that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// The snippets are rejected, and nothing else happened.
    Rejected,
    /// `c2c status` found a difference.
    Differs,
    /// The folder and the server both changed, and nothing was overwritten.
    Conflict,
}

/// The exit code of a command that could not be carried out; clap uses it too.
pub(crate) const FAILED: u8 = 2;

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Rejected => 1,
            Outcome::Differs => 3,
            Outcome::Conflict => 4,
        })
    }
}
