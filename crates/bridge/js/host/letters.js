// @ts-check
/** Names as a person reads them. */

/** Returns a name without case and separators.
 * @param {string} name */
export const lettersOnly = (name) => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
