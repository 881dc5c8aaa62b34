// @ts-check
/**
 * What the host and the server said. What identifies this load (the nonce) and what the visitor
 * brought (the boot name) is read once, and wiped before customer code runs.
 */

import { create, frame, freeze, ownKeys, page } from './frame.js';

/** The version of the protocol, in the boot name and in the hello. */
export const PROTOCOL = 1;

const tag = /** @type {HTMLScriptElement} */ (page.currentScript);

export const appId = tag.getAttribute('data-app') || '';
export const widgetOrigins = (tag.getAttribute('data-widget-origins') || '').split(' ');
export const nonce = location.hash.slice(1);
export const boot = readBoot(frame.name);
frame.name = '';
history.replaceState(null, '', location.pathname + location.search);

/**
 * The boot name is written by the host, but anybody may frame this document and write another:
 * what does not have its form counts as absent.
 *
 * @param {string} text
 * @returns {{origin?: string, context: Readonly<Record<string, string>>, diagnostics?: unknown, jar?: any}}
 *   who uses the last two checks them
 */
function readBoot(text) {
  const context = create(null);
  let value;
  try {
    value = JSON.parse(text);
    if (value.c2c !== PROTOCOL || typeof value.origin !== 'string') throw 0;
    const keys = ownKeys(value.context);
    for (let i = 0; i < keys.length; i++) {
      const entry = value.context[keys[i]];
      if (typeof entry === 'string') context[keys[i]] = entry;
    }
  } catch {
    // Not JSON, or not of the form.
    value = {};
  }
  value.context = freeze(context);
  return value;
}
