// @ts-check
/** The envelope in which events leave the widget (crates/catalogue/src/envelope.rs). */

/**
 * @typedef {object} Envelope
 * @property {string} name the widget event's name, or `custom:<name>`
 * @property {Record<string, unknown>} data the event's fields, and `context`
 * @property {string} timestamp ISO 8601, by the visitor's clock
 * @property {string} id a UUID of version 7, so that a receiver can drop what it has seen
 * @property {number} seq the position among the events of this mount, from 0
 */

/**
 * Makes the envelopes of one mount.
 *
 * @param {import('./context.js').Context} context
 * @returns {(name: string, fields: Record<string, unknown>) => Envelope}
 */
export function envelopes(context) {
  let seq = 0;
  return (name, fields) => {
    const now = Date.now();
    return {
      name,
      data: { ...fields, context: { ...context } },
      timestamp: new Date(now).toISOString(),
      id: uuidv7(now),
      seq: seq++,
    };
  };
}

/**
 * A UUID of version 7 (RFC 9562 §5.7): 48 bits of time, the rest random.
 *
 * @param {number} now milliseconds since 1970
 */
function uuidv7(now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
