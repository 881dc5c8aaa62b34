// @ts-check
/** The envelope in which events leave the widget (crates/catalogue/src/envelope.rs). */

import { hexOf, randomHex } from './random.js';

/**
 * @typedef {object} Envelope
 * @property {string} name the widget event's name, or `custom:<name>`
 * @property {Record<string, unknown>} data the event's fields, and `context`
 * @property {string} timestamp ISO 8601, by the visitor's clock
 * @property {string} id a UUID of version 7, so that a receiver can drop duplicates
 * @property {number} seq the position among the events of this mount, from 0
 */

/**
 * Returns an event as text for the frame. Only the fields may hold characters that JSON escapes.
 * @param {import('./machine.js').WidgetEvent} event
 */
export const eventText = ({ name, timestamp, id, seq, json }) =>
  `{"name":"${name}","timestamp":"${timestamp}","id":"${id}","seq":${seq},"data":${json}}`;

/* Shared by the events of one millisecond: time and randomness cost more than all else here. */
let last = 0;
let timestamp = '';
let head = '';
let tail = '';
/** Counts this millisecond's events, in three hexadecimal digits. */
let count = 0;

/**
 * Returns the time and id for a new event. The id is a UUID of version 7 (RFC 9562 §5.7 and, for the
 * count, §6.2): 48 bits of time, 12 that count, and 60 random ones.
 */
export function stamp() {
  const now = Date.now();
  if (now !== last || ++count > 0xfff) {
    last = now;
    count = 0x100;
    timestamp = new Date(now).toISOString();
    head = `${hexOf(now / 2 ** 32)}${hexOf(now >>> 16)}-${hexOf(now)}-7`;
    tail = `-8${randomHex(1).slice(1)}-${randomHex(3)}`;
  }
  return { timestamp, id: head + count.toString(16) + tail };
}
