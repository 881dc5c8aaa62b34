// @ts-check
/** The page above the widget: who it is, what it is told, and what it may say. */

import { originRule } from './origin.js';
import { CONSENTS, PROTOCOL } from './protocol.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 */

/**
 * Envelopes go to the parent page if its origin is one that the rules allow, to exactly that origin
 * and to nobody else. Some browsers name the parent's origin; where they do not, and more than one
 * is possible, the parent says hello first (`listen()`), and envelopes wait for it, up to `queue_max`.
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {(consent: Consent) => void} onConsent the parent page says what the visitor decided
 * @param {number} queue_max
 */
export function parentPage(rules, onConsent, queue_max) {
  const allowed = rules.map(originRule);
  const parent = window.parent;
  /** Null: not known, or not allowed. */
  let origin = parent === window ? null : knownOrigin();
  /** @type {Envelope[]} */
  let queue = [];

  function knownOrigin() {
    const named = location.ancestorOrigins?.[0];
    const candidates = named === undefined ? allowed.map(({ exact }) => exact) : [named];
    return candidates.length === 1 && candidates[0] !== null && isAllowed(candidates[0]) ? candidates[0] : null;
  }

  /** @param {string} candidate */
  function isAllowed(candidate) {
    return allowed.some(({ matches }) => matches(candidate));
  }

  /** @param {Envelope} envelope */
  function relay(envelope) {
    if (origin !== null) parent.postMessage(envelope, origin);
    else if (parent !== window && allowed.length > 0 && queue.length < queue_max) queue.push(envelope);
  }

  return {
    /** Of the page that decides what the visitor keeps; the widget's own if it is on top. */
    origin: () => (parent === window ? location.origin : origin),

    relay,

    /** Takes a window message if it is the parent page's. @param {MessageEvent} event */
    receive(event) {
      if (parent === window || event.source !== parent || !event.isTrusted || !isAllowed(event.origin)) return;
      const { data } = event;
      if (typeof data !== 'object' || data === null || data.c2c !== PROTOCOL) return;
      if (data.type === 'listening') {
        origin = event.origin;
        const envelopes = queue;
        queue = [];
        envelopes.forEach(relay);
      }
      if (data.type === 'consent' && CONSENTS.includes(data.consent)) onConsent(data.consent);
    },
  };
}
