// @ts-check
/** How the console is shown: in a window of its own, or in a frame of the provider's product, below `/embed/`. */

/** Whether it is in a frame. */
export const isFramed = location.pathname.startsWith('/embed/');

/** Before the path of each page and each request of this console. */
export const BASE = isFramed ? '/embed' : '';

/** The app's name. */
let name = '';

/** @param {string} current */
export const nameApp = (current) => {
  name = current;
};

/**
 * The app's name, if a person types it before anything reaches visitors; null if a click is enough. The page around a
 * frame can cover it and lay its buttons under the pointer, but it cannot type by itself.
 */
export const nameToType = () => (isFramed ? name.trim() : null);

/** Whether a person has typed a name: its letters and digits, since keyboards lack other characters.
 * @param {string} typed @param {string} wanted */
export function isTyped(typed, wanted) {
  const core = (/** @type {string} */ text) => text.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  return core(wanted) === '' ? typed.trim() === wanted : core(typed) === core(wanted);
}
