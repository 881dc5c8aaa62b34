// @ts-check
/**
 * Values from the host and the server. The nonce, which identifies this load, and the boot name, which
 * holds data of the visitor, are read once and wiped before customer code runs.
 */

import { create, eachKey, frame, freeze, page } from './frame.js';
import { HOLD_MS_MAX } from '../shared/limits.js';

/** The version of the protocol, in the boot name and in the hello. */
export const PROTOCOL = 1;

const { dataset } = /** @type {HTMLElement} */ (page.currentScript);
// `holdMs` may stay text: every use converts it to a number.
export const { app: appId = '', widgetOrigins: listed = '', holdMs = /** @type {any} */ (HOLD_MS_MAX) } = dataset;
export const [url, nonce] = location.href.split('#');
export const boot = readBoot(frame.name);
frame.name = '';
history.replaceState(null, '', url);

/**
 * Reads the boot name. The host writes it, but any page may frame this document and write another. A
 * malformed one counts as absent, and so does one for another app, because a page above could have
 * navigated the frame here.
 *
 * @param {string} text
 * @returns {{origin?: string, context: Texts, page: Texts, diagnostics?: unknown, jar?: any}}
 *   the last two are checked where they are used
 */
function readBoot(text) {
  try {
    const value = JSON.parse(text);
    if (value.c2c !== PROTOCOL || typeof value.origin !== 'string' || (value.app && value.app !== appId)) throw 0;
    return { ...value, context: textsOf(value.context), page: textsOf(value.page || {}) };
  } catch {
    // Not JSON, or malformed.
    return { context: textsOf({}), page: textsOf({}) };
  }
}

/**
 * Returns the texts of a record, frozen.
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
