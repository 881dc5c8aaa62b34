//! Every bound of the bridge, in one place.

use serde::{Deserialize, Serialize};

/// Bounds on the context that a widget passes to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLimits {
    /// The greatest number of entries.
    pub entries_max: usize,
    /// The greatest length of a key, in bytes of UTF-8.
    pub key_bytes_max: usize,
    /// The greatest length of a value, in bytes of UTF-8.
    pub value_bytes_max: usize,
    /// The greatest length of all keys and values together, in bytes of UTF-8.
    pub total_bytes_max: usize,
}

impl Default for ContextLimits {
    fn default() -> Self {
        Self {
            entries_max: 32,
            key_bytes_max: 64,
            value_bytes_max: 1024,
            total_bytes_max: 8 * 1024,
        }
    }
}

/// Bounds on what a widget tells its frame of the page around it, in `js/host/page.js` and `js/page.js`.
/// Lengths are in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// The greatest length of a URL, after its reduction; a longer one is left out.
    pub url_units_max: usize,
    /// The greatest length of a title; a longer one is cut.
    pub title_units_max: usize,
    /// How long a frame waits for the parent page to tell it, in milliseconds.
    pub wait_ms: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { url_units_max: 2048, title_units_max: 512, wait_ms: 1000 }
    }
}

/// Bounds that the host script keeps against the frame, and the shim towards the host.
///
/// The scripts have the same numbers in `js/host/limits.js` and in `js/shim`; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BridgeLimits {
    /// The greatest length of an emitted payload's JSON text, in UTF-16 code units.
    pub payload_units_max: usize,
    /// The greatest depth of nested objects and arrays in an emitted payload.
    pub payload_depth_max: usize,
    /// How many custom events are taken at once.
    pub emit_burst: usize,
    /// How many custom events are taken per second once the burst is spent.
    pub emits_per_second: usize,
    /// How many events the host keeps for a frame that is not ready; it takes no more.
    pub queue_max: usize,
    /// How many events travel in one message.
    pub batch_max: usize,
    /// How many window messages other than the hello a frame may send at once; one more, and it is
    /// removed. (With 1,000 a flood stopped the widget for 0.1 s and more in Chromium.)
    pub stray_burst: usize,
    /// How many of them it may send per second once the burst is spent.
    pub strays_per_second: usize,
    /// The first window message after a look at the time that came later than this, in milliseconds,
    /// counts more: few messages can take as long as many.
    pub stray_late_ms: usize,
    /// How many messages such a one counts as.
    pub stray_late_cost: usize,
    /// How many messages that are not of the protocol may come over the port before it is closed.
    pub garbage_max: usize,
    /// How many custom events and diagnostics may be refused before the frame is removed.
    pub refusals_max: usize,
    /// How many new elements a mount may make in place of its first.
    pub restarts_max: usize,
    /// How long a flood may keep the page's own tasks waiting. The host looks every `watch_ms`: a look
    /// that finds a task waiting counts two, and one that finds none takes one away; a frame is
    /// removed beyond this count. With the default that is after 0.3 s at the soonest.
    pub starved_max: usize,
    /// How many frames of a mount may be removed for it; after the last one there is no other.
    pub stalls_max: usize,
    /// How long after such a removal the host makes another frame, in milliseconds.
    pub calm_ms: usize,
    /// How long the host waits for the hello, in milliseconds.
    pub hello_ms: usize,
    /// How long after an answer the host asks again whether the frame is there, in milliseconds.
    pub heartbeat_ms: usize,
    /// How long the host waits for the answer, in milliseconds. A frame that hangs is found after
    /// this and the heartbeat at the latest.
    pub answer_ms: usize,
    /// How often the host looks at the time, and who has the focus, in milliseconds.
    pub tick_ms: usize,
    /// Of the time between two looks so much counts at most, in milliseconds: the page may have been
    /// frozen, or the computer have slept.
    pub tick_late_ms: usize,
    /// How often the host looks whether the page's own tasks are kept waiting, in milliseconds.
    pub watch_ms: usize,
    /// How long the shim holds events for a document that is still being parsed, in milliseconds. It
    /// stands in the tag of the shim ([`shim_attributes`](crate::shim_attributes)).
    pub hold_ms_max: usize,
}

impl BridgeLimits {
    /// The greatest `hold_ms_max` that counts, in milliseconds: ten minutes. A greater one is taken for
    /// this. (Browsers refuse timers of more than 2^53 ms, and the shim would fail.)
    pub const HOLD_MS_GREATEST: usize = 600_000;
}

impl Default for BridgeLimits {
    fn default() -> Self {
        Self {
            payload_units_max: 16 * 1024,
            payload_depth_max: 8,
            emit_burst: 100,
            emits_per_second: 20,
            queue_max: 256,
            batch_max: 256,
            stray_burst: 25,
            strays_per_second: 10,
            stray_late_ms: 100,
            stray_late_cost: 12,
            garbage_max: 100,
            refusals_max: 10_000,
            restarts_max: 5,
            starved_max: 10,
            stalls_max: 2,
            calm_ms: 5000,
            hello_ms: 10_000,
            heartbeat_ms: 6000,
            answer_ms: 5000,
            tick_ms: 50,
            tick_late_ms: 1000,
            watch_ms: 50,
            hold_ms_max: 15_000,
        }
    }
}

/// Bounds on what a frame reports to the person who wrote its code, in `js/diagnostics.js` and, so
/// that a flood costs the widget nothing, in the shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagnosticLimits {
    /// The greatest length of each text of a diagnostic, in UTF-16 code units: the shim cuts, the
    /// host refuses. A diagnostic has at most three, so none has more than 4 KiB.
    pub diagnostic_units_max: usize,
    /// How many diagnostics are passed on at once. Reports of deliveries do not count: there is at
    /// most one for each event that was sent.
    pub diagnostic_burst: usize,
    /// How many diagnostics are passed on per second once the burst is spent.
    pub diagnostics_per_second: usize,
    /// How long the first diagnostic that was left out waits for others, in milliseconds, before
    /// their number is told.
    pub dropped_delay_ms: usize,
    /// The greatest number of handlers that a report of a delivery may claim.
    pub handlers_max: usize,
    /// Of how many events that were sent the host awaits the report; it gives up the oldest.
    pub unreported_max: usize,
}

impl Default for DiagnosticLimits {
    fn default() -> Self {
        Self {
            diagnostic_units_max: 1024,
            diagnostic_burst: 20,
            diagnostics_per_second: 5,
            dropped_delay_ms: 1000,
            handlers_max: 1_000_000,
            unreported_max: 1024,
        }
    }
}

/// Bounds on what is kept of a visitor's jar, in `js/jar.js`. Lengths are in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JarLimits {
    /// How many changes travel in one message.
    pub changes_max: usize,
    /// How many such messages are taken at once.
    pub changes_burst: usize,
    /// How many of them are taken per second once the burst is spent.
    pub changes_per_second: usize,
    /// What one app may keep of one visitor under one parent page: keys and values.
    pub jar_units_max: usize,
    /// What all jars of a widget's origin may take together; the oldest entries of others go.
    pub jars_units_max: usize,
}

impl Default for JarLimits {
    fn default() -> Self {
        Self {
            changes_max: 1024,
            changes_burst: 20,
            changes_per_second: 20,
            jar_units_max: 64 * 1024,
            jars_units_max: 512 * 1024,
        }
    }
}
