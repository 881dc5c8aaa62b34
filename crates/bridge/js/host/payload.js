// @ts-check
/**
 * Payloads of custom events, parsed as untrusted text.
 *
 * The text's length is checked before it is parsed and its depth after. The key `__proto__` is
 * refused: it would be an ordinary key here and in the envelope, but a receiver that merges the data
 * into its own object would set a prototype. Lone surrogates and numbers beyond the range of a double
 * are refused, too: receivers in other languages do not accept them as JSON.
 */

const NOT_JSON = 'not_json';

/**
 * Returns the fault of a payload, as a key of `REFUSALS` (diagnostics.js), or '' if it is the text of
 * an object that follows the rules.
 *
 * @param {unknown} json
 * @param {{payload_units_max: number, payload_depth_max: number}} limits
 */
export function payloadFault(json, { payload_units_max, payload_depth_max }) {
  if (typeof json !== 'string') return NOT_JSON;
  if (json.length > payload_units_max) return 'too_large';
  let data;
  try {
    data = JSON.parse(json);
  } catch {
    return NOT_JSON;
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'not_an_object';
  if (Object.hasOwn(data, 'context')) return 'context';
  return valueFault(data, payload_depth_max);
}

/**
 * @param {unknown} value
 * @param {number} depth how many levels of objects and arrays are left
 * @returns {string} '' if there is none
 */
function valueFault(value, depth) {
  if (typeof value === 'string') return value.isWellFormed() ? '' : NOT_JSON;
  if (typeof value === 'number') return Number.isFinite(value) ? '' : NOT_JSON;
  if (typeof value !== 'object' || value === null) return '';
  if (depth === 0) return 'too_deep';
  if (Object.hasOwn(value, '__proto__')) return 'prototype';
  for (const [key, inner] of Object.entries(value)) {
    const found = valueFault(key, 0) || valueFault(inner, depth - 1);
    if (found) return found;
  }
  return '';
}
