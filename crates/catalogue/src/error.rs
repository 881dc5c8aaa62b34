//! Errors of reading or building a catalogue.

use crate::json::SyntaxError;
use crate::problem::{Problem, lines};

/// The reason why a text is not a [`Catalogue`](crate::Catalogue).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// It is not TOML or JSON, or does not have a catalogue's form.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Its definitions are inconsistent. The places are JSON pointers into the file, also for TOML.
    #[error("{}", lines(.0))]
    Inconsistent(Vec<Problem>),
}
