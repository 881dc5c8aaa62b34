//! Whether an app takes events, and how long they are kept.

use c2c_delivery::CollectMode;
use c2c_names::AppId;
use serde::{Deserialize, Serialize};

use crate::numbers::Version;

/// How an app takes events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectSettings {
    /// The fate of events that the catalogue does not allow.
    pub mode: CollectMode,
    /// The days for which bodies are kept.
    pub body_days: u32,
    /// The days for which it is known that there was an event, and what became of it. Not less than `body_days`.
    pub meta_days: u32,
    /// The keys of the context by whose value events can be found, to be deleted.
    pub search_keys: Vec<String>,
}

impl Default for CollectSettings {
    /// No events; bodies for 30 days, the rest for 90.
    fn default() -> Self {
        let search_keys = Vec::new();
        Self { mode: CollectMode::Off, body_days: 30, meta_days: 90, search_keys }
    }
}

/// The settings of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collect {
    /// The app.
    pub app: AppId,
    /// The settings.
    pub settings: CollectSettings,
    /// Their version; 0 if they were never changed.
    pub version: Version,
}
