//! The draft of an app: the one pair of snippets that people edit.

use crate::actor::Actor;
use crate::numbers::{Timestamp, Version};

/// A pair of snippets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippets {
    /// *Head HTML*.
    pub head: String,
    /// *Body end HTML*.
    pub body_end: String,
}

/// The draft of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Draft {
    /// Its version: one more after each change.
    pub version: Version,
    /// When it was saved last.
    pub saved_at: Timestamp,
    /// Who saved it last.
    pub saved_by: Actor,
    /// The code.
    pub snippets: Snippets,
}
