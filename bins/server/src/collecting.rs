//! How an app takes events: known beside its pages.

use c2c_delivery::CollectMode;

/// How an app takes events, beside its pages in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Collecting {
    /// What becomes of events that the catalogue does not allow.
    pub(crate) mode: CollectMode,
    /// Custom code is switched off.
    pub(crate) off: bool,
}

impl Collecting {
    /// Not at all: previews, and staging.
    pub(crate) const NONE: Self = Self { mode: CollectMode::Off, off: false };
}
