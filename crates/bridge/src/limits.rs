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
    /// How many window messages other than the hello a frame may send before it is removed.
    pub stray_messages_max: usize,
    /// How many custom events may be refused before the frame is removed.
    pub refusals_max: usize,
    /// How long the host waits for the hello, in milliseconds.
    pub hello_deadline_ms: usize,
    /// How long the shim holds events for a document that does not finish loading, in milliseconds.
    pub hold_ms_max: usize,
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
        }
    }
}
