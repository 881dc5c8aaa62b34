//! Options for starting a browser.

use std::collections::BTreeMap;

use serde_json::Value;

/// Special settings of a session. Each engine uses its own and ignores the rest.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Switches such as `--use-fake-device-for-media-stream`.
    pub chromium_args: Vec<String>,
    /// Preferences of the profile such as `profile.cookie_controls_mode`.
    pub chromium_prefs: BTreeMap<String, Value>,
    /// Preferences as in `about:config`.
    pub firefox_prefs: BTreeMap<String, Value>,
}
