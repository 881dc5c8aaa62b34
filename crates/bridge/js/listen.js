// @ts-check
/** The parent page's end of the bridge: receives events from the widget's frame only. */

import { tokenBucket } from './host/bucket.js';
import { BRIDGE_LIMITS } from './shared/limits.js';
import { isOpaque } from './host/origin.js';
import { own } from './host/own.js';
import { reducedPage } from './host/page.js';
import { PROTOCOL } from './host/protocol.js';
import { isWithin } from './host/within.js';
import { guardScroll } from './scroll.js';

/**
 * Calls `onEvent` with every envelope that the widget in `frame` sends.
 *
 * Any window can post a message to this page, including the custom code inside the widget. So a
 * message counts only if it comes from the very window of the widget's frame *and* from the widget's
 * exact origin. Call this before the frame gets its `src`: few earlier events are kept, or none.
 *
 * Events from custom code arrive as `custom:<name>`; treat their data as untrusted.
 *
 * @param {object} options
 * @param {HTMLIFrameElement} options.frame the iframe that holds the widget
 * @param {string} options.widgetOrigin the widget's origin, such as `https://widget.example`
 * @param {(envelope: import('./host/envelope.js').Envelope) => void} options.onEvent
 * @param {boolean} [options.page] whether the widget gets this page's title, URL and referrer, for
 *   `pageFromParent`; of the queries only campaign parameters are sent
 * @param {string} [options.above] the origin of the page that frames this one, if custom code can take
 *   the focus from that page, too: it then gets `{c2c: 1, type: 'focus_stolen'}`, and can make the
 *   widget check the focus by sending `{c2c: 1, type: 'look'}`
 */
export function listen({ frame, widgetOrigin, onEvent, page = false, above }) {
  checkOrigin('widgetOrigin', widgetOrigin);
  if (above !== undefined) checkOrigin('above', above);
  /** @type {import('./host/machine.js').Consent | undefined} */
  let consent;

  /** @param {object} message */
  const post = (message) => frame.contentWindow?.postMessage({ c2c: PROTOCOL, ...message }, widgetOrigin);

  /** Introduces this page to the widget, which waits for that if it allows this page by a pattern. */
  function introduce() {
    post({ type: 'listening', page: page ? thisPage() : undefined });
    if (consent !== undefined) post({ type: 'consent', consent });
  }

  /** @param {MessageEvent} event */
  function receive(event) {
    const widget = frame.contentWindow;
    if (widget === null || !event.isTrusted) return;
    if (isFromAbove(event)) return void (isOf(event.data, 'look') && post({ type: 'look' }));
    if (event.source !== widget) return countStray(event, widget);
    if (event.origin !== widgetOrigin) return;
    const { data } = event;
    if (isEnvelope(data)) onEvent(data);
    else if (isOf(data, 'focus_stolen')) refocus();
  }

  /** @param {MessageEvent} event */
  const isFromAbove = ({ source, origin }) => source === window.parent && origin === above;

  /* Custom code can flood this page directly, but only the widget can remove it. */

  let takesStray = newBucket();

  /** Counts a stray message. Never reads its data, which would be expensive.
   * @param {MessageEvent} event @param {Window} widget */
  function countStray({ source, origin, timeStamp }, widget) {
    if (source === null || !isOpaque(origin) || !isWithin(/** @type {Window} */ (source), widget)) return;
    if (takesStray(timeStamp)) return;
    takesStray = newBucket();
    post({ type: 'flooded' });
  }

  /* Custom code in the widget can take the focus from this page. This page then asks the widget to
   * check, the widget gives the focus up, and the element that had it gets it back. */

  /** @type {EventTarget | null} */
  let last = null;
  const watch = new AbortController();
  const { signal } = watch;

  function refocus() {
    const { activeElement } = document;
    if ((activeElement === frame || activeElement === document.body) && last instanceof HTMLElement) last.focus({ preventScroll: true });
    if (above !== undefined) window.parent.postMessage({ c2c: PROTOCOL, type: 'focus_stolen' }, above);
  }

  guardScroll(() => frame, signal, () => post({ type: 'scrolled' }));
  document.addEventListener('focusin', ({ target }) => target !== frame && (last = target), { signal });
  window.addEventListener('blur', () => post({ type: 'look' }), { signal });
  window.addEventListener('message', receive, { signal });
  frame.addEventListener('load', introduce, { signal });
  return {
    /**
     * Sends the visitor's decision to the widget, which must be mounted with `parentConsent`; sends it
     * again whenever the widget has reloaded.
     * @param {import('./host/machine.js').Consent} decision
     */
    setConsent(decision) {
      consent = decision;
      post({ type: 'consent', consent });
    },
    stop: () => watch.abort(),
  };
}

/** @param {string} name @param {string} origin */
function checkOrigin(name, origin) {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new TypeError(`listen: ${name} must be an origin such as https://widget.example, not ${origin}`);
}

const thisPage = () => reducedPage({ url: location.href, title: document.title, referrer: document.referrer });

const newBucket = () => tokenBucket(BRIDGE_LIMITS.stray_burst, BRIDGE_LIMITS.strays_per_second);

/** @param {unknown} data @param {string} type */
const isOf = (data, type) => own(data, 'c2c') === PROTOCOL && own(data, 'type') === type;

/** @param {any} value */
function isEnvelope(value) {
  const data = own(value, 'data');
  return (
    typeof own(value, 'name') === 'string' &&
    typeof data === 'object' &&
    data !== null &&
    typeof own(value, 'timestamp') === 'string' &&
    typeof own(value, 'id') === 'string' &&
    typeof own(value, 'seq') === 'number'
  );
}
