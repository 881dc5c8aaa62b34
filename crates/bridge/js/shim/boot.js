// @ts-check
/**
 * What the host and the server said. What identifies this load (the nonce) and what the visitor
 * brought (the boot name) is read once, and wiped before customer code runs.
 */

import { create, eachKey, frame, freeze, page } from './frame.js';

/** The version of the protocol, in the boot name and in the hello. */
export const PROTOCOL = 1;

/** How long events wait for the document, where its tag does not say. */
const HOLD_MS_MAX = 15000;

const { dataset } = /** @type {HTMLElement} */ (page.currentScript);
// The text of a number is as good as the number wherever `holdMs` is used.
export const { app: appId = '', widgetOrigins: listed = '', holdMs = /** @type {any} */ (HOLD_MS_MAX) } = dataset;
export const [url, nonce] = location.href.split('#');
export const boot = readBoot(frame.name);
frame.name = '';
history.replaceState(null, '', url);

/**
 * The boot name is written by the host, but anybody may frame this document and write another:
 * what does not have its form counts as absent, and so does one for another app: a page above
 * could have led the frame here.
 *
 * @param {string} text
 * @returns {{origin?: string, context: Texts, page: Texts, diagnostics?: unknown, jar?: any}}
 *   who uses the last two checks them
 */
function readBoot(text) {
  try {
    const value = JSON.parse(text);
    if (value.c2c !== PROTOCOL || typeof value.origin !== 'string' || (value.app && value.app !== appId)) throw 0;
    return { ...value, context: textsOf(value.context), page: textsOf(value.page || {}) };
  } catch {
    // Not JSON, or not of the form.
    return { context: textsOf({}), page: textsOf({}) };
  }
}

/**
 * The texts of a record, frozen.
 * @typedef {Readonly<Record<string, string>>} Texts
 * @param {any} record
 * @returns {Texts}
 */
function textsOf(record) {
  const texts = create(null);
  eachKey(record, (key) => {
    if (typeof record[key] === 'string') texts[key] = record[key];
  });
  return freeze(texts);
}
