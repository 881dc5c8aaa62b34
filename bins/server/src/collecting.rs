//! How an app takes events: known beside its pages.

use c2c_delivery::CollectMode;

/// How an app takes events, beside its pages in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Collecting {
    /// The fate of events that the catalogue does not allow.
    pub(crate) mode: CollectMode,
    /// Custom code is switched off.
    pub(crate) off: bool,
    /// The keys of the context by whose values events can be found, to be deleted.
    pub(crate) search_keys: Vec<String>,
}

impl Collecting {
    /// Not at all: previews, and staging.
    pub(crate) const NONE: Self =
        Self { mode: CollectMode::Off, off: false, search_keys: Vec::new() };
}
