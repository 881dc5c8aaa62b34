//! All limits of the bridge. `cargo xtask assets` generates the scripts' constants from them.

use serde::{Deserialize, Serialize};

/// Bounds on the context that a widget passes to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
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

/// Bounds on the page details (URL, title) that a widget passes to its frame, in `js/host/page.js` and
/// `js/page.js`. Lengths are in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PageLimits {
    /// The greatest length of a URL after its reduction; a longer one is left out.
    pub url_units_max: usize,
    /// The greatest length of a title; a longer one is cut.
    pub title_units_max: usize,
    /// How long the widget waits for the parent page to send the details, in milliseconds.
    pub wait_ms: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { url_units_max: 2048, title_units_max: 512, wait_ms: 1000 }
    }
}

/// Bounds that the host script enforces on the frame, and the shim on its own messages to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BridgeLimits {
    /// The greatest length of an emitted payload's JSON text, in UTF-16 code units.
    pub payload_units_max: usize,
    /// The greatest depth of nested objects and arrays in an emitted payload.
    pub payload_depth_max: usize,
    /// Custom events accepted in one burst.
    pub emit_burst: usize,
    /// Custom events accepted per second once the burst is spent.
    pub emits_per_second: usize,
    /// Events that the host queues for a frame that is not ready; it drops further ones.
    pub queue_max: usize,
    /// The greatest number of events in one message.
    pub batch_max: usize,
    /// Stray messages (window messages other than the hello) that a frame may send in one burst; one
    /// more, and it is removed. (With 1,000 a flood stopped the widget for 0.1 s and more in Chromium.)
    pub stray_burst: usize,
    /// Stray messages that a frame may send per second once the burst is spent.
    pub strays_per_second: usize,
    /// Longest gap between two ticks of the host, in milliseconds, in which stray messages count by
    /// their number alone. A few messages can delay a tick as much as many, so in a longer gap they
    /// count half of `stray_burst` more.
    pub stray_late_ms: usize,
    /// Late ticks without stray messages that the host remembers. Each shows that the page is busy by
    /// itself, and excuses one later late tick with stray messages.
    pub busy_ticks_max: usize,
    /// Messages outside the protocol that may come over the port before it is closed.
    pub garbage_max: usize,
    /// Custom events and diagnostics that may be refused before the frame is removed.
    pub refusals_max: usize,
    /// Times that a mount may replace its iframe element.
    pub restarts_max: usize,
    /// Starvation count above which a frame is removed. The host checks every `watch_ms` whether a flood
    /// keeps the page's own tasks waiting: a check that finds a task waiting adds two, or one and a half if
    /// the check itself is late by a fifth; a check that finds none subtracts one and a half. With the
    /// defaults a frame is removed after 0.3 s at the soonest.
    pub starved_max: usize,
    /// Frames of a mount that may be removed for starvation; the last one is not replaced.
    pub stalls_max: usize,
    /// Delay between such a removal and the next frame, in milliseconds.
    pub calm_ms: usize,
    /// How long the host waits for the hello, in milliseconds.
    pub hello_ms: usize,
    /// Delay between an answer of the frame and the next ping, in milliseconds.
    pub heartbeat_ms: usize,
    /// How long the host waits for the answer to a ping, in milliseconds. A frame that hangs is detected
    /// after `heartbeat_ms` plus this at the latest.
    pub answer_ms: usize,
    /// Interval at which the host checks the time and the focus, in milliseconds.
    pub tick_ms: usize,
    /// Longest gap between ticks that counts toward a deadline, in milliseconds: the page may have been
    /// frozen, or the computer asleep.
    pub tick_late_ms: usize,
    /// Interval at which the host checks whether the page's own tasks are kept waiting, in milliseconds.
    pub watch_ms: usize,
    /// How long the shim holds events for a document that is still being parsed, in milliseconds. The
    /// shim reads it from its own script tag (`shim_attributes` of c2c-bridge).
    pub hold_ms_max: usize,
}

impl BridgeLimits {
    /// Upper bound of `hold_ms_max`, in milliseconds: ten minutes. A greater value is clamped to it.
    /// (Browsers refuse timers of more than 2^53 ms, and the shim would fail.)
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
            busy_ticks_max: 10,
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

/// Bounds on the diagnostics that a frame sends to the author of its code. `js/diagnostics.js` enforces
/// them, and so does the shim, so that a flood costs the widget nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiagnosticLimits {
    /// The greatest length of each text of a diagnostic, in UTF-16 code units: the shim cuts longer
    /// texts, the host refuses them. A diagnostic has at most three, so none has more than 4 KiB.
    pub diagnostic_units_max: usize,
    /// Diagnostics passed on in one burst. Delivery reports do not count: there is at most one for each
    /// event sent.
    pub diagnostic_burst: usize,
    /// Diagnostics passed on per second once the burst is spent.
    pub diagnostics_per_second: usize,
    /// Delay between the first dropped diagnostic and the report of how many were dropped, in
    /// milliseconds.
    pub dropped_delay_ms: usize,
    /// The greatest number of handlers that a delivery report may claim.
    pub handlers_max: usize,
    /// Events sent for which the host awaits a delivery report; beyond that it forgets the oldest.
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

/// Bounds on the trace of a preview's document: its requests and its ignored calls. `js/diagnostics.js`
/// enforces them, and so does the shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TraceLimits {
    /// The greatest length of a request's URL, in UTF-16 code units: the shim cuts longer ones, the host
    /// refuses them.
    pub trace_url_units_max: usize,
    /// The greatest length of the shown part of a request's body, in UTF-16 code units.
    pub trace_body_units_max: usize,
    /// The greatest length of a method, and of the name of an ignored call, in UTF-16 code units.
    pub trace_word_units_max: usize,
    /// Messages of the trace passed on in one burst. A request has two: itself, and its answer.
    pub trace_burst: usize,
    /// Messages of the trace passed on per second once the burst is spent.
    pub traces_per_second: usize,
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self {
            trace_url_units_max: 8192,
            trace_body_units_max: 8192,
            trace_word_units_max: 64,
            trace_burst: 400,
            traces_per_second: 40,
        }
    }
}

/// Bounds on a visitor's jar (kept cookies and storage), in `js/jar.js`. Lengths are in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JarLimits {
    /// The greatest number of changes in one message.
    pub changes_max: usize,
    /// Messages with changes accepted in one burst.
    pub changes_burst: usize,
    /// Messages with changes accepted per second once the burst is spent.
    pub changes_per_second: usize,
    /// The greatest length of all keys and values of one app for one visitor under one parent page.
    pub jar_units_max: usize,
    /// The greatest length of all jars of a widget's origin together; beyond it the oldest entries of
    /// other jars are removed.
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

/// Bounds on the events that a widget page sends to its server, in `js/collect.js`. Sizes are of the JSON text
/// in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CollectLimits {
    /// The greatest number of events in one request.
    pub batch_events_max: usize,
    /// The greatest size of a request's body, in bytes. Requests that outlive their page may have 64 KiB, shared
    /// with all other scripts of the page.
    pub batch_bytes_max: usize,
    /// The greatest size of an event, in bytes.
    pub event_bytes_max: usize,
    /// The greatest number of events kept until the server has answered. Custom code may fill half of it.
    pub queue_events_max: usize,
    /// The greatest size of them all, in bytes. Custom code may fill half of it.
    pub queue_bytes_max: usize,
    /// The least time between two requests, and from an event to its request, in milliseconds.
    pub interval_ms: usize,
    /// How long an answer is awaited, in milliseconds.
    pub request_ms_max: usize,
    /// The longest wait before a request is repeated, in seconds, if the server names none.
    pub retry_seconds_max: usize,
    /// The longest wait that the server may ask for, in seconds.
    pub retry_after_seconds_max: usize,
}

impl Default for CollectLimits {
    fn default() -> Self {
        Self {
            batch_events_max: 100,
            batch_bytes_max: 48 * 1024,
            event_bytes_max: 32 * 1024,
            queue_events_max: 500,
            queue_bytes_max: 256 * 1024,
            interval_ms: 1000,
            request_ms_max: 30_000,
            retry_seconds_max: 60,
            retry_after_seconds_max: 24 * 60 * 60,
        }
    }
}
