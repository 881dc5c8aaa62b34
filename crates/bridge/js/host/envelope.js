// @ts-check
/** The envelope in which events leave the widget (crates/catalogue/src/envelope.rs). */

import { randomHex } from './random.js';

/**
 * @typedef {object} Envelope
 * @property {string} name the widget event's name, or `custom:<name>`
 * @property {Record<string, unknown>} data the event's fields, and `context`
 * @property {string} timestamp ISO 8601, by the visitor's clock
 * @property {string} id a UUID of version 7, so that a receiver can drop what it has seen
 * @property {number} seq the position among the events of this mount, from 0
 */

/** What an event gets when it happens. */
export function stamp() {
  const now = Date.now();
  return { timestamp: new Date(now).toISOString(), id: uuidv7(now) };
}

/**
 * A UUID of version 7 (RFC 9562 §5.7): 48 bits of time, the rest random.
 *
 * @param {number} now milliseconds since 1970
 */
function uuidv7(now) {
  const random = randomHex(10);
  const variant = '89ab'[parseInt(random[3], 16) & 3];
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
