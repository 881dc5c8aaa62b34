// @ts-check
/**
 * Reading messages safely. A library in the page may have put a property on `Object.prototype`, and
 * then every message without one of that name seems to have it.
 */

/**
 * Returns an own property, or undefined. (A copy without a prototype would cost more: the message may be
 * a list of a million numbers.)
 * @param {any} data @param {string} name
 */
export const own = (data, name) => (data != null && Object.hasOwn(data, name) ? data[name] : undefined);
