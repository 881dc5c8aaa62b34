// @ts-check
/** `window.c2c`: it can be neither replaced nor changed. */

import { appId, boot } from './boot.js';
import { emit } from './emit.js';
import { defineProperty, frame, freeze } from './frame.js';
import { off, on, once } from './handlers.js';
import { ready } from './port.js';

export function defineApi() {
  const value = freeze({ __proto__: null, on, once, off, emit, context: boot.context, page: boot.page, appId, ready });
  // Neither writable nor configurable.
  defineProperty(frame, 'c2c', { value, enumerable: true });
}
