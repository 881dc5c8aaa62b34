// @ts-check
/** The page above the widget: who it is, what it is told, and what it may say. */

import { isOpaque, originRule } from './origin.js';
import { own } from './own.js';
import { PROTOCOL } from './protocol.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 */

/**
 * Envelopes go to the parent page if its origin is one that the rules allow, to exactly that origin
 * and to nobody else. Some browsers name the parent's origin; where they do not, and more than one
 * is possible, the parent says hello first (`listen()`), and envelopes wait for it, up to `queue_max`.
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {number} queue_max
 * @param {(request: {type: any, consent: any}) => void} asked gets what the parent page asks for: that a
 *   decision of the visitor counts, that somebody looks who has the focus, or that the frame goes, which
 *   floods or scrolls it
 */
export function parentPage(rules, queue_max, asked) {
  const allowed = rules.map(originRule);
  const parent = window.parent;
  const framed = parent !== window && allowed.length > 0;
  /** Null: not known, or not allowed. */
  let origin = framed ? knownOrigin() : null;
  /** @type {(() => Envelope)[]} */
  let queue = [];

  function knownOrigin() {
    // Firefox says "null" if the widget's frame has a `referrerpolicy` that hides the parent.
    const named = location.ancestorOrigins?.[0] ?? 'null';
    const [only, another] = isOpaque(named) ? allowed.map(({ exact }) => exact ?? '') : [named];
    return another === undefined && isAllowed(only) ? only : null;
  }

  /** @param {string} candidate */
  function isAllowed(candidate) {
    return allowed.some(({ matches }) => matches(candidate));
  }

  /** @param {() => Envelope} envelope is made only if somebody is to get it */
  function relay(envelope) {
    if (origin !== null) parent.postMessage(envelope(), origin);
    else if (framed && queue.length < queue_max) queue.push(envelope);
  }

  /** @param {MessageEvent} event */
  function receive(event) {
    if (event.source !== parent || !event.isTrusted || !isAllowed(event.origin)) return;
    const { data } = event;
    if (own(data, 'c2c') !== PROTOCOL) return;
    const type = own(data, 'type');
    if (type === 'listening') {
      origin = event.origin;
      const envelopes = queue;
      queue = [];
      envelopes.forEach(relay);
    }
    asked({ type, consent: own(data, 'consent') });
  }

  return {
    /** Of the page that decides what the visitor keeps; the widget's own if it is on top. */
    origin: () => (parent === window ? location.origin : origin),

    relay,
    listen: () => framed && addEventListener('message', receive),
    /** The focus that the frame took was the parent page's. */
    focusStolen: () => origin !== null && parent.postMessage({ c2c: PROTOCOL, type: 'focus_stolen' }, origin),

    stop: () => removeEventListener('message', receive),
  };
}
