// @ts-check
/** Connects the machine (`machine.js`) to a page: the element, its port, timers, focus. */

import { contextFromEntries } from './context.js';
import { stamp } from './envelope.js';
import { guardFocus } from './focus.js';
import { createFrame } from './frame.js';
import { BRIDGE_LIMITS } from './limits.js';
import { hostMachine } from './machine.js';
import { parentPage } from './parent.js';
import { CONSENTS } from './protocol.js';
import { randomHex } from './random.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 * @typedef {import('./machine.js').State} State
 *
 * @typedef {object} Bridge
 * @property {(name: string, fields: Record<string, unknown>) => Envelope} emit reports an event of
 *   the widget to the frame and to the parent page
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
 * @param {string} options.src the sandbox document's URL, on a site of its own
 * @param {string} [options.app] the app's id: names the jar
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
}) {
  const limits = { ...BRIDGE_LIMITS, ...changed };
  const checked = Object.freeze(contextFromEntries(Object.entries(context)).context);
  const parent = parentPage(parentOrigins, limits.queue_max, {
    consent: (decision) => parentConsent && setConsent(decision),
    look: () => guard?.look(),
  });
  const jar = keeper?.(app, parent.origin);
  /** @type {State} */
  let state = { status: 'waiting', reason: null };
  /** @type {HTMLIFrameElement} */
  let frame;
  /** @type {MessagePort | null} */
  let port = null;
  /** @type {MessagePort} of the message that the machine is looking at */
  let offered;
  let timer = 0;
  /** @type {ReturnType<typeof guardFocus> | undefined} */
  let guard;
  // The callback may use what `mount` returns.
  let returned = false;

  const machine = hostMachine(
    { context: checked, removeHung, limits, nonce: () => randomHex(16), stamp, diagnostics, jar },
    {
      open(nonce) {
        const boot = { context: checked, diagnostics: diagnostics && true, jar: jar?.read() };
        const iframe = createFrame(src, nonce, boot, visible);
        frame = iframe;
        iframe.addEventListener('load', () => iframe === frame && machine.load());
        timer = window.setInterval(tick, limits.tick_ms);
        if (!visible) guard = guardFocus(iframe, machine.focused, parent.focusStolen);
        window.addEventListener('message', onFrameMessage);
        container.append(iframe);
      },
      close() {
        clearInterval(timer);
        diagnostics?.stop();
        port?.close();
        port = null;
        // What is left of a flood need not come here any more.
        window.removeEventListener('message', onFrameMessage);
        frame.remove();
        guard?.stop();
      },
      accept() {
        port = offered;
        port.onmessage = ({ data }) => machine.port(data, performance.now());
        frame.removeAttribute('name');
      },
      // As text: for small objects JSON costs half of what the browser's own clone does.
      post: (message) => port?.postMessage(JSON.stringify(message)),
      flushSoon: () => queueMicrotask(machine.flush),
      relay: parent.relay,
      custom: onCustomEvent,
      state(next) {
        state = next;
        if (returned) onState(next);
      },
    },
  );

  const tick = () => machine.tick(document.visibilityState === 'visible', performance.now());

  /** @param {MessageEvent} event */
  function onFrameMessage(event) {
    // `source` first: reading `data` of a flood is what costs.
    const source = /** @type {Window | null} */ (event.source);
    const target = frame.contentWindow;
    if (source === null || target === null || !isWithin(source, target)) return;
    offered = event.ports[0];
    machine.message(source === target ? 'frame' : 'inside', event, performance.now());
  }

  /** @param {string} name @param {Record<string, unknown>} fields */
  function emit(name, fields) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
      throw new TypeError(`emit: no event is named ${name}`);
    }
    // A copy now: what JSON cannot express is the caller's error here, and later changes are not
    // sent. The frame could not freeze more than that.
    const data = JSON.parse(JSON.stringify(fields));
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      throw new TypeError('emit: fields must be an object');
    }
    return machine.emit(name, data);
  }

  /** @param {Consent} decision */
  function setConsent(decision) {
    if (!CONSENTS.includes(decision)) {
      throw new TypeError(`consent: one of ${CONSENTS}`);
    }
    machine.consent(decision, performance.now());
  }

  function destroy() {
    parent.stop();
    machine.destroy();
  }

  setConsent(consent);
  returned = true;

  return {
    emit,
    setConsent,
    clearJar: () => jar?.clear(),
    restart: () => machine.restart(performance.now()),
    destroy,
    get state() {
      return state;
    },
  };
}

/**
 * Whether a window is `frame` or inside it: frames inside the sandbox can flood the widget as well.
 * A window that was removed meanwhile has no parent, and cannot be told.
 *
 * @param {Window} source @param {Window} frame
 */
function isWithin(source, frame) {
  let current = source;
  while (current !== frame && current.parent !== current && current.parent !== null) current = current.parent;
  return current === frame;
}
