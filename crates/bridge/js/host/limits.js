// @ts-check
/**
 * Every bound of the host script, in one place. crates/bridge/src/limits.rs documents them and has
 * the same numbers; a test compares the two.
 */

/** Bounds on the context that a widget passes to its frame. Bytes are those of UTF-8. */
export const CONTEXT_LIMITS = Object.freeze({
  entries_max: 32,
  key_bytes_max: 64,
  value_bytes_max: 1024,
  total_bytes_max: 8192,
});

/** Bounds that the host keeps against the frame. */
export const BRIDGE_LIMITS = Object.freeze({
  payload_units_max: 16384,
  payload_depth_max: 8,
  emit_burst: 100,
  emits_per_second: 20,
  queue_max: 256,
  batch_max: 256,
  stray_messages_max: 1000,
  refusals_max: 10000,
  hello_deadline_ms: 10000,
  diagnostic_units_max: 1024,
  diagnostic_burst: 20,
  diagnostics_per_second: 5,
  dropped_delay_ms: 1000,
  handlers_max: 1000000,
  unreported_max: 1024,
});
