/**
 * Returns the fault of a payload, as a key of `REFUSALS` (diagnostics.js), or '' if it is the text of
 * an object that follows the rules.
 *
 * @param {unknown} json
 * @param {{payload_units_max: number, payload_depth_max: number}} limits
 */
export function payloadFault(json: unknown, { payload_units_max, payload_depth_max }: {
    payload_units_max: number;
    payload_depth_max: number;
}): string;
