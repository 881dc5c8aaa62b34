// @ts-check
/** The page above the widget: its origin, the messages to it, and those accepted from it. */

import { isOpaque, originRule } from './origin.js';
import { own } from './own.js';
import { PROTOCOL } from './protocol.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 */

/**
 * Sends envelopes to the parent page if the rules allow its origin, and only to exactly that origin.
 * Some browsers name the parent's origin; if the browser does not, and more than one is possible,
 * envelopes wait, up to `queue_max`, until the parent introduces itself (`listen()`).
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {number} queue_max
 * @param {(request: {type: any, consent: any}) => void} asked called with each request of the parent
 *   page: to apply the visitor's decision, to check the focus, or to remove a frame that floods or
 *   scrolls that page
 */
export function parentPage(rules, queue_max, asked) {
  const allowed = rules.map(originRule);
  const parent = window.parent;
  const framed = parent !== window && allowed.length > 0;
  /** Null if unknown or not allowed. */
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

  /** @param {() => Envelope} envelope called only if it is sent */
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
    /** The origin for the visitor's jar: the parent page's, or the widget's own if it is on top. */
    origin: () => (parent === window ? location.origin : origin),

    relay,
    listen: () => framed && addEventListener('message', receive),
    /** Reports that the frame took the focus from the parent page. */
    focusStolen: () => origin !== null && parent.postMessage({ c2c: PROTOCOL, type: 'focus_stolen' }, origin),

    stop: () => removeEventListener('message', receive),
  };
}
