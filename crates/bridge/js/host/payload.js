// @ts-check
/**
 * What the frame emitted, read as what it is: text from a stranger.
 *
 * The text's length is checked before it is parsed and its depth after. The key `__proto__` is
 * refused: it would be an ordinary key here and in the envelope, but a receiver that merges what it
 * gets into an object of its own would obey it.
 */

import { BRIDGE_LIMITS } from './limits.js';

/**
 * @param {unknown} json
 * @returns {{data: Record<string, unknown>} | {fault: string}}
 */
export function readPayload(json) {
  if (typeof json !== 'string') return { fault: 'the payload is not JSON text' };
  if (json.length > BRIDGE_LIMITS.payload_units_max) return { fault: 'the payload is too large' };
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    return { fault: 'the payload is not JSON text' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'the payload is not an object' };
  }
  if (Object.hasOwn(value, 'context')) return { fault: 'the key "context" is reserved' };
  if (isDeeperThan(value, BRIDGE_LIMITS.payload_depth_max)) return { fault: 'the payload is too deep' };
  if (namesPrototype(value)) return { fault: 'the key "__proto__" is reserved' };
  return { data: value };
}

/**
 * @param {unknown} value
 * @param {number} depth how many levels of objects and arrays are left
 * @returns {boolean}
 */
function isDeeperThan(value, depth) {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/** @param {unknown} value @returns {boolean} */
function namesPrototype(value) {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(namesPrototype);
}
