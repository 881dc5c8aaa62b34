// @ts-check
/** Tells the host what changes in a jar that it keeps. */

import { tokenBucket } from './bucket.js';
import { addListener, create, frame, later, postTo } from './frame.js';
import { port } from './port.js';

/** Half of what the host takes, so that it refuses none that comes late. */
const CHANGES_BURST = 10;
const CHANGES_PER_SECOND = 10;
/** After so long there is a token again. */
const CHANGES_DELAY_MS = 200;
/** How much the keys of one message may take, in UTF-16 code units, with 99 for each. */
const NOTED_UNITS_MAX = 100000;

const { queueMicrotask } = frame;
/** @type {unknown} */
let keeping;
/** What the host does not know yet, by area and key: the last change of a key counts. Null: nothing.
 * @type {any} */
let changes = null;
let noted = 0;
const takesMessage = tokenBucket(CHANGES_BURST, CHANGES_PER_SECOND);

/** From now on changes are told. */
export function keepJar() {
  keeping = port;
  addListener(port, 'message', tellChanges);
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
    queueMicrotask(tellChanges);
  }
  // Values are bounded by the jar itself; keys that come and go are not, and all of it would be one
  // message. What is beyond is not kept.
  if (changes[area + key] || (noted += key.length + 99) < NOTED_UNITS_MAX) {
    changes[area + key] = [area, key, value, expires];
  }
}

/** Sends a message, if there is one to send and it may be sent.
 * @param {Event} [event] undefined at the first change */
function tellChanges(event) {
  if (!changes) return;
  if (takesMessage(0)) {
    postTo(port, { type: 'jar', changes });
    changes = null;
  } else if (!event) {
    later(tellChanges, CHANGES_DELAY_MS);
  }
}
