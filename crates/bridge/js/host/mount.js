// @ts-check
/** Connects the machine (`machine.js`) to a page: the element, its port, timers, focus. */

import { contextFromEntries } from './context.js';
import { stamp } from './envelope.js';
import { guardFocus } from './focus.js';
import { createFrame } from './frame.js';
import { guardLeaving } from './leaving.js';
import { hostMachine } from './machine.js';
import { isEventName } from './name.js';
import { parentPage } from './parent.js';
import { CONSENTS } from './protocol.js';
import { randomHex } from './random.js';
import { watchStarvation } from './starvation.js';
import { isWithin } from './within.js';
import { BRIDGE_LIMITS } from '../shared/limits.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 * @typedef {import('./machine.js').State} State
 *
 * @typedef {object} Bridge
 * @property {(name: string, fields: Record<string, unknown>) => import('./machine.js').WidgetEvent} emit
 *   reports an event of the widget to the frame and to the parent page; returns it as it is sent there
 * @property {State} state
 * @property {() => boolean} restart replaces the frame with a new one; returns false after five
 *   restarts, or if consent forbids it
 * @property {(consent: Consent) => void} setConsent
 * @property {() => void} clearJar deletes the content of the visitor's jar; a running frame
 *   keeps its copy until `restart`
 * @property {() => void} destroy removes the frame and everything that belongs to it
 */

/**
 * Mounts an app's custom code.
 *
 * Events that the widget emits before the frame is ready are kept, up to 256, and delivered in
 * order. The widget never waits for the frame.
 *
 * @param {object} options
 * @param {string} options.src the sandbox document's absolute URL, on a separate site
 * @param {readonly string[]} options.events the names of the widget's events, as its catalogue lists
 *   them: a custom event that reads like one of them is rejected
 * @param {string} [options.app] the app's id: names the jar, and only this app's document gets the context
 * @param {Element} [options.container] where the (invisible) frame goes; the body by default
 * @param {Record<string, string>} [options.context] see `contextFromQuery`
 * @param {readonly string[]} [options.parentOrigins] the origins of the pages that may embed the
 *   widget, such as `https://shop.example` or `https://*.shop.example`; envelopes go to the
 *   parent page only if it has one of them
 * @param {Consent} [options.consent] `pending`: nothing is loaded and events wait; `denied`: nothing
 *   is loaded, and the content of the jar is deleted
 * @param {boolean} [options.parentConsent] whether the parent page decides about consent (`listen`)
 * @param {boolean} [options.visible] shows the frame, in the size that the page's style gives it.
 *   **It can then take the focus**, and with it the visitor's keystrokes, at any time; otherwise a
 *   frame that takes the focus is removed
 * @param {boolean} [options.removeHung] whether a frame that does not answer is removed, not only
 *   reported; false for previews, where custom code may be paused at a breakpoint
 * @param {Partial<import('../shared/limits.js').BridgeLimits>} [options.limits] in place of `BRIDGE_LIMITS`
 * @param {(state: State) => void} [options.onState] called when the state changes after `mount` returned
 * @param {(envelope: Envelope) => void} [options.onCustomEvent] called with each custom event, whose
 *   data is untrusted
 * @param {import('../diagnostics.js').Diagnostics} [options.diagnostics] `diagnosticsTo(callback)`
 *   of diagnostics.js; without it the frame does not report errors
 * @param {import('../jar.js').JarKeeper} [options.jar] `keptJar` of jar.js, if the visitor's cookies
 *   of this app are to be kept between visits
 * @param {import('../page.js').PageSource} [options.page] `pageFromParent(…)` or `pageOf(…)` of page.js,
 *   if custom code is to know the page around the widget
 * @param {import('../collect.js').Collector} [options.collect] `collectTo(…)` of collect.js, if a server is
 *   to get the events
 * @returns {Bridge}
 */
export function mount({
  src,
  events,
  app = '',
  container = document.body,
  context = {},
  parentOrigins = [],
  consent = 'granted',
  parentConsent = false,
  visible = false,
  removeHung = true,
  limits: changed = {},
  onState = () => {},
  onCustomEvent = () => {},
  diagnostics,
  jar: keeper,
  page = (use) => use(),
  collect,
}) {
  // Unusable options throw now, not when consent is granted.
  const url = new URL(src);
  if (!Array.isArray(events) || !events.every(isEventName)) throw new TypeError('mount: events: the names of the widget’s events');
  container.append();
  const limits = { ...BRIDGE_LIMITS, ...changed };
  const checked = Object.freeze(contextFromEntries(Object.entries(context)).context);
  const parent = parentPage(parentOrigins, limits.queue_max, ({ type, consent }) => {
    if (type === 'consent' && parentConsent) setConsent(consent);
    if (type === 'look') look();
    if (type === 'flooded' || type === 'scrolled') machine.blame(type);
  });
  const jar = keeper?.(app, parent.origin);
  /** The first decision sets it. @type {State} */
  let state;
  /** Undefined before the first one begins. @type {HTMLIFrameElement} */
  let frame;
  /** Undefined before the first one is accepted; closed if its frame is gone. @type {MessagePort | undefined} */
  let port;
  let timer = 0;
  /** Ends this element's listeners. @type {AbortController} */
  let watch;
  /** Checks whether the frame has the focus. */
  let look = () => {};
  // The callback may use the object that `mount` returns.
  let returned = false;

  const machine = hostMachine(
    { context: checked, events, removeHung, limits, nonce: () => randomHex(8), now: () => performance.now(), stamp, diagnostics, jar },
    {
      open(nonce) {
        const { signal } = (watch = new AbortController());
        const begin = () => page((known) => start(nonce, signal, known));
        // Custom code that never finishes loading must not delay the `load` of the pages above it, so
        // it begins when this page's is over.
        if (document.readyState === 'complete') begin();
        else addEventListener('load', () => setTimeout(begin), { signal });
        timer = setInterval(tick, limits.tick_ms);
      },
      close() {
        // The rest of a flood need not come here any more.
        watch.abort();
        clearInterval(timer);
        diagnostics?.stop();
        port?.close();
        frame?.remove();
      },
      accept(offered) {
        port = offered;
        const answers = guardLeaving(offered, watch.signal, () => removeHung && machine.blame('stalled'));
        offered.onmessage = (/** @type {MessageEvent} */ { data }) => answers(data) || machine.port(data);
        frame.removeAttribute('name');
      },
      post: (message) => port?.postMessage(message),
      retryLater: () => setTimeout(machine.retry, limits.calm_ms),
      // `queueMicrotask` costs more than all of `emit` in Chromium.
      flushSoon: () => Promise.resolve().then(machine.flush),
      relay(make) {
        parent.relay(make);
        collect?.take(make);
      },
      custom: onCustomEvent,
      state(next) {
        state = next;
        if (returned) onState(next);
      },
    },
  );

  /** @param {string} nonce @param {AbortSignal} signal @param {import('../page.js').Page} [known] */
  function start(nonce, signal, known) {
    if (signal.aborted) return;
    // The copy of the jar, too, is read as late as possible.
    const boot = { app, context: checked, page: known, diagnostics: diagnostics?.level, jar: jar?.read() };
    frame = createFrame(url, nonce, boot, visible);
    frame.addEventListener('load', machine.load, { signal });
    container.append(frame);
    addEventListener('message', onFrameMessage, { signal });
    watchStarvation(limits.watch_ms, signal, (answered) => machine.watch(answered, !document.hidden));
    if (!visible) look = guardFocus(frame, signal, () => machine.blame('focus_theft'), parent.focusStolen);
  }

  function tick() {
    look();
    machine.tick(!document.hidden);
  }

  /** @param {MessageEvent} event */
  function onFrameMessage(event) {
    // `source` first: reading the `data` of a flood is expensive.
    const source = /** @type {Window | null} */ (event.source);
    const target = frame.contentWindow;
    if (source === null || !isWithin(source, target)) return;
    machine.message(source === target ? 'frame' : 'inside', event);
  }

  /** @param {Consent} decision */
  function setConsent(decision) {
    if (!CONSENTS.includes(decision)) {
      throw new TypeError(`consent: one of ${CONSENTS}`);
    }
    collect?.consent(decision);
    machine.consent(decision);
  }

  setConsent(consent);
  parent.listen();
  returned = true;

  return {
    /** @param {string} name @param {Record<string, unknown>} fields */
    emit(name, fields) {
      if (!isEventName(name)) throw new TypeError(`not an event: ${name}`);
      // Text now: a value that JSON cannot express is the caller's error here, and later changes are
      // not sent. The frame could not freeze more than that.
      const json = JSON.stringify(fields);
      if (json?.[0] !== '{') throw new TypeError('not an object: fields');
      return machine.emit(name, json);
    },
    setConsent,
    clearJar: () => jar?.clear(),
    restart: machine.restart,
    destroy() {
      parent.stop();
      collect?.stop();
      machine.destroy();
    },
    get state() {
      return state;
    },
  };
}
