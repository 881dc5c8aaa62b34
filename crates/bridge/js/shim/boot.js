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
 * @returns {{origin?: string, context: Readonly<Record<string, string>>, diagnostics?: unknown, jar?: any}}
 *   who uses the last two checks them
 */
function readBoot(text) {
  const context = create(null);
  /** @type {any} */
  let value;
  try {
    value = JSON.parse(text);
    if (value.c2c !== PROTOCOL || typeof value.origin !== 'string' || (value.app && value.app !== app)) throw 0;
    eachKey(value.context, (key) => {
      if (typeof value.context[key] === 'string') context[key] = value.context[key];
    });
  } catch {
    // Not JSON, or not of the form.
    value = {};
  }
  value.context = freeze(context);
  return value;
}
