// @ts-check
/** The words of the server about events and deliveries (crates/delivery), in sentences for people. A word that is not known stays as it is. */

/** Why a delivery ended as it did, or an attempt failed. @type {Record<string, string>} */
const REASONS = {
  success: 'answered with 2xx',
  gone: 'answered with 410: it wants no more',
  status: 'a status other than 2xx',
  timeout: 'no answer in time',
  dns: 'its name has no address',
  'address-refused': 'its address must not be called',
  connect: 'no connection',
  tls: 'no TLS: the certificate, its name or the protocol',
  protocol: 'no valid HTTP answer',
  settings: 'its settings cannot be read',
  vendor: 'the vendor refused it',
  credentials: 'the vendor refused the credentials',
  'endpoint-removed': 'the endpoint was removed',
  paused: 'paused for too long',
  disabled: 'disabled for too long',
  'too-old': 'too old for the receiver',
  retention: 'its content is not kept any more',
  forgotten: 'deleted on request',
  filter: 'not in the filter',
  'not-agreed': 'the endpoint has not agreed',
  consent: 'the visitor did not agree',
  'no-client-id': 'no client id',
  'no-user-data': 'nothing about a person',
  mapping: 'nothing to send by the mapping',
};

/** Why an event was not kept. @type {Record<string, string>} */
const REFUSALS = {
  form: 'not an event’s form',
  size: 'too large',
  catalogue: 'not as in the catalogue',
  off: 'custom code was off',
  'rate-limited': 'too fast',
};

/** The reason of an end or a failure, in words. @param {string} word */
export const reasonInWords = (word) => REASONS[word] ?? word;

/** The reason why an event was not kept, in words. @param {string} word */
export const refusalInWords = (word) => REFUSALS[word] ?? word;

/** A number with its digits in groups. @param {number} number */
export const digits = (number) => number.toLocaleString();

/** Capitalises a sentence and ends it. @param {string} text */
export const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…)]$/.test(text) ? '' : '.'}`;

/** How long ago a time was, roughly. @param {string} timestamp @param {number} now */
export function ago(timestamp, now) {
  const seconds = Math.max(0, (now - new Date(timestamp).getTime()) / 1000);
  const steps = /** @type {const} */ ([[86_400, 'day'], [3600, 'hour'], [60, 'minute']]);
  for (const [length, name] of steps) {
    const number = Math.floor(seconds / length);
    if (number > 0) return number === 1 ? `1 ${name}` : `${number} ${name}s`;
  }
  return 'less than a minute';
}
