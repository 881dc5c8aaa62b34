// @ts-check
/**
 * Every bound of the host script, in one place. crates/bridge/src/limits.rs documents them and has
 * the same numbers; a test compares the two.
 */

/** Bounds on the context that a widget passes to its frame. Bytes are those of UTF-8. */
export const CONTEXT_LIMITS = {
  entries_max: 32,
  key_bytes_max: 64,
  value_bytes_max: 1024,
  total_bytes_max: 8192,
};

/** Bounds on what the widget tells its frame of the page around it. Lengths are in UTF-16 code units. */
export const PAGE_LIMITS = {
  url_units_max: 2048,
  title_units_max: 512,
  wait_ms: 1000,
};

/** Bounds that the host keeps against the frame. */
export const BRIDGE_LIMITS = {
  payload_units_max: 16384,
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
  refusals_max: 10000,
  restarts_max: 5,
  starved_max: 10,
  stalls_max: 2,
  calm_ms: 5000,
  hello_ms: 10000,
  heartbeat_ms: 6000,
  answer_ms: 5000,
  tick_ms: 50,
  tick_late_ms: 1000,
  watch_ms: 50,
};

/** @typedef {{-readonly [name in keyof typeof BRIDGE_LIMITS]: number}} BridgeLimits */
