// @ts-check
/** Tells the host what changes in a jar that it keeps. */

import { create, frame, postTo, setTimeout } from './frame.js';
import { port } from './port.js';

const CHANGES_DELAY_MS = 100;
/** How much the keys of one message may take, in UTF-16 code units, with 99 for each. */
const NOTED_UNITS_MAX = 100000;

const { queueMicrotask } = frame;
/** @type {unknown} */
let keeping;
/** What the host does not know yet, by area and key: the last change of a key counts. Null: nothing.
 * @type {any} */
let changes = null;
/** Whether a message was sent just now. @type {unknown} */
let resting;
let noted = 0;

/** From now on changes are told. */
export function keepJar() {
  keeping = port;
}

/**
 * @param {'cookie' | 'local'} area @param {string} key
 * @param {string | null} value null if it was deleted
 * @param {number | null} expires in milliseconds since 1970
 */
export function noteChange(area, key, value, expires) {
  if (!keeping) return;
  if (!changes) {
    changes = create(null);
    noted = 0;
    if (!resting) queueMicrotask(tellChanges);
  }
  // Values are bounded by the jar itself; keys that come and go are not, and all of it would be one
  // message. What is beyond is not kept.
  if (changes[area + key] || (noted += key.length + 99) < NOTED_UNITS_MAX) {
    changes[area + key] = [area, key, value, expires];
  }
}

/** Sends a message, and is called again when the next one may be sent. */
function tellChanges() {
  resting = changes;
  if (!resting) return;
  postTo(port, { type: 'jar', changes });
  changes = null;
  setTimeout(tellChanges, CHANGES_DELAY_MS);
}
