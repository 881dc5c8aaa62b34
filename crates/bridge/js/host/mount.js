// @ts-check
/** Connects the machine (`machine.js`) to a page: the element, its port, timers, focus. */

import { contextFromEntries } from './context.js';
import { stamp } from './envelope.js';
import { guardFocus } from './focus.js';
import { createFrame } from './frame.js';
import { guardLeaving } from './leaving.js';
import { BRIDGE_LIMITS } from './limits.js';
import { hostMachine } from './machine.js';
import { parentPage } from './parent.js';
import { CONSENTS } from './protocol.js';
import { randomHex } from './random.js';
import { watchStarvation } from './starvation.js';
import { isWithin } from './within.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 * @typedef {import('./machine.js').State} State
 *
 * @typedef {object} Bridge
 * @property {(name: string, fields: Record<string, unknown>) => import('./machine.js').WidgetEvent} emit
 *   reports an event of the widget to the frame and to the parent page; gives what it is known by there
 * @property {State} state
 * @property {() => boolean} restart takes the frame away and makes a new one; false if there have
 *   been five, or if consent forbids it
 * @property {(consent: Consent) => void} setConsent
 * @property {() => void} clearJar forgets what the visitor's jar keeps; a frame that is running
 *   still has its copy, until `restart`
 * @property {() => void} destroy removes the frame and everything that belongs to it
 */

/**
 * Mounts an app's custom code.
 *
 * Events that the widget emits before the frame is ready are kept, up to 256, and delivered in
 * order. The widget never waits for the frame.
 *
 * @param {object} options
 * @param {string} options.src the sandbox document's URL, absolute: it is on a site of its own
 * @param {string} [options.app] the app's id: names the jar, and no other app's document gets the context
 * @param {Element} [options.container] where the (invisible) frame goes; the body by default
 * @param {Record<string, string>} [options.context] see `contextFromQuery`
 * @param {readonly string[]} [options.parentOrigins] the origins of the pages that may embed the
 *   widget, such as `https://shop.example` or `https://*.shop.example`; the envelopes go to the
 *   parent page if it has one of them, and to nobody else
 * @param {Consent} [options.consent] `pending`: nothing is loaded and events wait; `denied`: nothing
 *   is loaded, and what the jar kept is deleted
 * @param {boolean} [options.parentConsent] whether the parent page decides about consent (`listen`)
 * @param {boolean} [options.visible] shows the frame, in the size that the page's style gives it.
 *   **It can then take the focus**, and so what the visitor types, whenever it likes; without this a
 *   frame that takes the focus is removed
 * @param {boolean} [options.removeHung] whether a frame that does not answer is removed, not only
 *   reported; false for previews, where somebody may sit at a breakpoint
 * @param {Partial<import('./limits.js').BridgeLimits>} [options.limits] in place of `BRIDGE_LIMITS`
 * @param {(state: State) => void} [options.onState] when it changes after `mount` has returned
 * @param {(envelope: Envelope) => void} [options.onCustomEvent] what custom code emitted: its data
 *   is text from a stranger
 * @param {import('../diagnostics.js').Diagnostics} [options.diagnostics] `diagnosticsTo(callback)`
 *   of diagnostics.js; without it the frame does not look at errors
 * @param {import('../jar.js').JarKeeper} [options.jar] `keptJar` of jar.js, if the visitor's cookies
 *   of this app are to be kept between visits
 * @param {import('../page.js').PageSource} [options.page] `pageFromParent(…)` or `pageOf(…)` of page.js,
 *   if custom code is to know the page around the widget
 * @returns {Bridge}
 */
export function mount({
  src,
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
}) {
  // What cannot be used throws now, not when consent is granted.
  const url = new URL(src);
  container.append();
  const limits = { ...BRIDGE_LIMITS, ...changed };
  const checked = Object.freeze(contextFromEntries(Object.entries(context)).context);
  const parent = parentPage(parentOrigins, limits.queue_max, ({ type, consent }) => {
    if (type === 'consent' && parentConsent) setConsent(consent);
    if (type === 'look') look();
    if (type === 'flooded' || type === 'scrolled') machine.blame(type);
  });
  const jar = keeper?.(app, parent.origin);
  /** @type {State} */
  let state = { status: 'waiting', reason: null };
  /** Before the first one begins, there is none. @type {HTMLIFrameElement} */
  let frame;
  /** @type {MessagePort | null} */
  let port = null;
  let timer = 0;
  /** What this element's listeners end with. @type {AbortController} */
  let watch;
  /** Looks who has the focus. */
  let look = () => {};
  // The callback may use what `mount` returns.
  let returned = false;

  const machine = hostMachine(
    { context: checked, removeHung, limits, nonce: () => randomHex(8), now: () => performance.now(), stamp, diagnostics, jar },
    {
      open(nonce) {
        const { signal } = (watch = new AbortController());
        const begin = () => page((known) => start(nonce, signal, known));
        // Custom code that never finishes loading must not hold back the `load` of the pages above
        // it: so it begins when this page's is over.
        if (document.readyState === 'complete') begin();
        else addEventListener('load', () => setTimeout(begin), { signal });
        timer = setInterval(tick, limits.tick_ms);
      },
      close() {
        // What is left of a flood need not come here any more.
        watch.abort();
        clearInterval(timer);
        diagnostics?.stop();
        port?.close();
        port = null;
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
      relay: parent.relay,
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
    // The copy of the jar, too, is as new as can be.
    const boot = { app, context: checked, page: known, diagnostics: diagnostics && true, jar: jar?.read() };
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
    // `source` first: reading `data` of a flood is what costs.
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
    machine.consent(decision);
  }

  setConsent(consent);
  parent.listen();
  returned = true;

  return {
    /** @param {string} name @param {Record<string, unknown>} fields */
    emit(name, fields) {
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
        throw new TypeError(`not an event: ${name}`);
      }
      // Text now: what JSON cannot express is the caller's error here, and later changes are not
      // sent. The frame could not freeze more than that.
      const json = JSON.stringify(fields);
      if (json?.[0] !== '{') throw new TypeError('not an object: fields');
      return machine.emit(name, json);
    },
    setConsent,
    clearJar: () => jar?.clear(),
    restart: machine.restart,
    destroy() {
      parent.stop();
      machine.destroy();
    },
    get state() {
      return state;
    },
  };
}
