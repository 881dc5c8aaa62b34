// @ts-check
/**
 * What the host and the server said. What identifies this load (the nonce) and what the visitor
 * brought (the boot name) is read once, and wiped before customer code runs.
 */

import { create, eachKey, frame, freeze, page } from './frame.js';

/** The version of the protocol, in the boot name and in the hello. */
export const PROTOCOL = 1;

const { app = '', widgetOrigins: listed = '' } = /** @type {HTMLElement} */ (page.currentScript).dataset;
const [url, fragment] = location.href.split('#');

export const appId = app;
export const widgetOrigins = listed.split(' ');
export const nonce = fragment;
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
    if (value.c2c !== PROTOCOL || typeof value.origin !== 'string' || (value.app && value.app !== app)) throw 0;
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
