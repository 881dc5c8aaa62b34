/**
 * @param {unknown} json
 * @param {{payload_units_max: number, payload_depth_max: number}} limits
 * @returns {Record<string, unknown> | string} the data, or what is wrong with it (diagnostics.js has words for it)
 */
export function readPayload(json: unknown, { payload_units_max, payload_depth_max }: {
    payload_units_max: number;
    payload_depth_max: number;
}): Record<string, unknown> | string;
