// @ts-check
/** Tells the host what changes in a jar that it keeps. */

import { create, eachKey, frame, postTo, setOwn, setTimeout } from './frame.js';
import { port } from './port.js';

const CHANGES_MAX = 64;
const CHANGES_DELAY_MS = 100;

const { queueMicrotask } = frame;
/** What the host does not know yet, by area and key: the last change of a key counts. */
const changes = create(null);
let keeping = false;
/** Whether the next message is under way. */
let waiting = false;

/** From now on changes are told. */
export function keepJar() {
  keeping = port !== null;
}

/**
 * @param {'cookie' | 'local'} area @param {string} key
 * @param {string | null} value null if it was deleted
 * @param {number | null} expires in milliseconds since 1970
 */
export function noteChange(area, key, value, expires) {
  if (!keeping) return;
  changes[area + key] = [area, key, value, expires];
  if (!waiting) queueMicrotask(tellChanges);
  waiting = true;
}

/** Sends a message, and is called again when the next one may be sent. */
function tellChanges() {
  /** @type {unknown[]} */
  const told = [];
  eachKey(changes, (key) => {
    if (told.length < CHANGES_MAX) {
      setOwn(told, told.length, changes[key]);
      delete changes[key];
    }
  });
  waiting = told.length > 0;
  if (!waiting) return;
  postTo(port, { type: 'jar', changes: told });
  setTimeout(tellChanges, CHANGES_DELAY_MS);
}
