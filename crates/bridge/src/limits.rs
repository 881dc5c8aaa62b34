//! Every bound of the bridge, in one place.

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

/// Bounds that the host script keeps against the frame, and the shim towards the host.
///
/// The scripts have the same numbers in `js/host/limits.js` and `js/shim.js`; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// How many messages that are not of the protocol a frame may send before it is removed.
    pub stray_messages_max: usize,
    /// How many custom events and diagnostics may be refused before the frame is removed.
    pub refusals_max: usize,
    /// How long the host waits for the hello, in milliseconds.
    pub hello_deadline_ms: usize,
    /// How long the shim holds events for a document that does not finish loading, in milliseconds.
    pub hold_ms_max: usize,
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

impl Default for BridgeLimits {
    fn default() -> Self {
        Self {
            payload_units_max: 16 * 1024,
            payload_depth_max: 8,
            emit_burst: 100,
            emits_per_second: 20,
            queue_max: 256,
            batch_max: 256,
            stray_messages_max: 1000,
            refusals_max: 10_000,
            hello_deadline_ms: 10_000,
            hold_ms_max: 3000,
            diagnostic_units_max: 1024,
            diagnostic_burst: 20,
            diagnostics_per_second: 5,
            dropped_delay_ms: 1000,
            handlers_max: 1_000_000,
            unreported_max: 1024,
        }
    }
}
