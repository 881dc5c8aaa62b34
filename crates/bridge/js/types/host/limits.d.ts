export namespace CONTEXT_LIMITS {
    let entries_max: number;
    let key_bytes_max: number;
    let value_bytes_max: number;
    let total_bytes_max: number;
}
export namespace PAGE_LIMITS {
    let url_units_max: number;
    let title_units_max: number;
    let wait_ms: number;
}
export namespace BRIDGE_LIMITS {
    let payload_units_max: number;
    let payload_depth_max: number;
    let emit_burst: number;
    let emits_per_second: number;
    let queue_max: number;
    let batch_max: number;
    let stray_burst: number;
    let strays_per_second: number;
    let stray_late_ms: number;
    let stray_late_cost: number;
    let garbage_max: number;
    let refusals_max: number;
    let restarts_max: number;
    let starved_max: number;
    let stalls_max: number;
    let calm_ms: number;
    let hello_ms: number;
    let heartbeat_ms: number;
    let answer_ms: number;
    let tick_ms: number;
    let tick_late_ms: number;
    let watch_ms: number;
}
export type BridgeLimits = { -readonly [name in keyof typeof BRIDGE_LIMITS]: number; };
