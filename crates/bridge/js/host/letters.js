// @ts-check
/** What names of events are made of, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */

/** What stands before a custom event's name everywhere outside the frame. */
export const CUSTOM_PREFIX = 'custom:';

/** The form that all names have. */
export const NAME_FORM = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** What a hurried reader sees of a name: no case, no separators.
 * @param {string} name */
export const lettersOnly = (name) => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
