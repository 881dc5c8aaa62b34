// @ts-check
/** Reports changes in the jar to a host that keeps it. */

import { tokenBucket } from './bucket.js';
import { addListener, create, frame, later, postTo } from './frame.js';
import { port } from './port.js';

/** Half of the host's limits, so that it refuses no message that arrives late. */
const TOLD_BURST = 10;
const TOLD_PER_SECOND = 10;
/** A token is available again after this time. */
const CHANGES_DELAY_MS = 200;
/** The maximum size of the keys in one message, in UTF-16 code units, counting 99 more for each key. */
const NOTED_UNITS_MAX = 100000;

const { queueMicrotask } = frame;
/** @type {unknown} */
let keeping;
/** The changes not yet sent, by area and key: the last change of a key counts. Null if there are none.
 * @type {any} */
let changes = null;
let noted = 0;
const takesMessage = tokenBucket(TOLD_BURST, TOLD_PER_SECOND);

/** Starts reporting changes. */
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
  // The jar itself bounds values, but not keys that come and go, and all changes go into one message.
  // Those beyond the limit are not kept.
  if (changes[area + key] || (noted += key.length + 99) < NOTED_UNITS_MAX) {
    changes[area + key] = [area, key, value, expires];
  }
}

/** Sends the changes, if there are any and the rate limit allows it.
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
