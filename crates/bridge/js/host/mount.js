// @ts-check
/**
 * The widget's end of the bridge (docs/protocol.md): mounts the sandboxed frame, takes its hello,
 * sends it the widget's events and takes its custom events.
 *
 * Who is the frame? A frame without `allow-same-origin` always reports the origin "null", and so
 * does any document that it is navigated to. So a hello counts only if *all* of this holds: it was
 * dispatched by the browser, it comes from the window of this very element, its origin is "null",
 * it carries the nonce made for this element, it brings one port, and it is the first. From then on
 * the port is the identity: it dies with its document.
 */

import { tokenBucket } from './bucket.js';
import { contextFromEntries } from './context.js';
import { diagnosticsTo } from './diagnostic.js';
import { envelopes } from './envelope.js';
import { BRIDGE_LIMITS } from './limits.js';
import { CUSTOM_PREFIX, NAME_FAULTS, customNameFault } from './name.js';
import { readPayload } from './payload.js';

/** The version of the protocol, in the boot name and in the hello. */
const PROTOCOL = 1;

/**
 * What holds the frame, together with the headers of its document. c2c-policy has the same list; a
 * test compares the two.
 */
const FRAME_ATTRIBUTES = [
  ['sandbox', 'allow-scripts'],
  ['referrerpolicy', 'no-referrer'],
  ['credentialless', ''],
];

/**
 * @typedef {import('./diagnostic.js').Diagnostic} Diagnostic
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'no_hello' | 'flooded'} Failure
 *
 * @typedef {object} Bridge
 * @property {(name: string, fields: Record<string, unknown>) => Envelope} emit reports an event of
 *   the widget to the frame and to the parent page
 * @property {() => void} destroy removes the frame and everything that belongs to it
 * @property {Status} status
 */

/**
 * Mounts an app's custom code.
 *
 * Events that the widget emits before the frame is ready are kept, up to 256, and delivered in
 * order. The widget never waits for the frame.
 *
 * @param {object} options
 * @param {string} options.src the sandbox document's URL, on a site of its own
 * @param {Element} [options.container] where the (invisible) frame goes; the body by default
 * @param {Record<string, string>} [options.context] see `contextFromQuery`
 * @param {readonly string[]} [options.parentOrigins] the origins of the pages that may embed the
 *   widget; the envelopes go to the parent page if it has one of them, and to nobody else
 * @param {(status: Status, failure?: Failure) => void} [options.onStatus] `failed` with `no_hello`
 *   says that the document did not answer within 10 s; a late answer still makes it `ready`
 * @param {(envelope: Envelope) => void} [options.onCustomEvent] what custom code emitted: its data
 *   is text from a stranger
 * @param {(diagnostic: Diagnostic) => void} [options.onDiagnostic] what happened in the frame, for
 *   the person who wrote its code: errors, refused emits, deliveries. All its text is that of a
 *   stranger. Without it the frame does not look
 * @returns {Bridge}
 */
export function mount({
  src,
  container = document.body,
  context = {},
  parentOrigins = [],
  onStatus = () => {},
  onCustomEvent = () => {},
  onDiagnostic,
}) {
  const checked = contextFromEntries(Object.entries(context)).context;
  const relay = relayTo(parentOrigins);
  const envelope = envelopes(checked);
  const nonce = randomHex(16);
  const iframe = createFrame(src, nonce, checked, onDiagnostic !== undefined);
  const takesEmit = tokenBucket(BRIDGE_LIMITS.emit_burst, BRIDGE_LIMITS.emits_per_second);
  const diagnostics = onDiagnostic && diagnosticsTo(onDiagnostic);

  /** @type {Status} */
  let status = 'connecting';
  /** @type {MessagePort | null} */
  let port = null;
  /** @type {Envelope[]} what the frame is to get; it adds the context by itself */
  let queue = [];
  let strays = 0;
  let refusals = 0;

  /** @param {Status} next @param {Failure} [failure] */
  function become(next, failure) {
    status = next;
    onStatus(next, failure);
  }

  /* --- The one window message ------------------------------------------------------------ */

  /** @param {MessageEvent} event */
  function onWindowMessage(event) {
    // `source` first: reading `data` of a flood is what costs.
    if (event.source === null || iframe.contentWindow === null) return;
    if (event.source === iframe.contentWindow && port === null && isHello(event)) accept(event.ports[0]);
    else if (isWithin(/** @type {Window} */ (event.source), iframe.contentWindow)) countStray();
  }

  /** @param {MessageEvent} event */
  function isHello({ isTrusted, origin, data, ports }) {
    return (
      isTrusted &&
      origin === 'null' &&
      typeof data === 'object' &&
      data !== null &&
      data.c2c === PROTOCOL &&
      data.type === 'hello' &&
      data.nonce === nonce &&
      ports.length === 1
    );
  }

  /** @param {MessagePort} offered */
  function accept(offered) {
    port = offered;
    port.onmessage = onPortMessage;
    clearTimeout(deadline);
    iframe.removeAttribute('name');
    port.postMessage({ type: 'accepted' });
    // Before the callback, which may throw.
    flush();
    become('ready');
  }

  /** What is not of the protocol is counted; a frame that sends a flood of it is removed. */
  function countStray() {
    strays += 1;
    if (strays > BRIDGE_LIMITS.stray_messages_max) endFlood();
  }

  function endFlood() {
    release();
    become('failed', 'flooded');
  }

  /* --- From the frame -------------------------------------------------------------------- */

  /** @param {MessageEvent} event */
  function onPortMessage({ data }) {
    if (typeof data !== 'object' || data === null) return countStray();
    if (data.type === 'emit') return onEmit(data);
    const outcome = diagnostics?.take(data) ?? 'stray';
    if (outcome === 'stray') countStray();
    // The shim keeps the limits by itself: what goes beyond them is a flood by somebody else.
    else if (outcome === 'refused') countRefusal();
  }

  /** @param {{name: unknown, json: unknown}} data */
  function onEmit({ name, json }) {
    if (!takesEmit()) return refuse(name, 'too many events: at most 20 a second');
    const fault = customNameFault(name);
    if (fault) return refuse(name, NAME_FAULTS[fault]);
    const payload = readPayload(json);
    if ('fault' in payload) return refuse(name, payload.fault);
    const custom = envelope(CUSTOM_PREFIX + name, payload.data);
    relay(custom);
    onCustomEvent(custom);
  }

  /** @param {unknown} name @param {string} reason */
  function refuse(name, reason) {
    countRefusal();
    // Not if that was one too many.
    if (port !== null) diagnostics?.refused(name, reason);
  }

  /** A frame that goes on against the rules is removed. */
  function countRefusal() {
    refusals += 1;
    if (refusals > BRIDGE_LIMITS.refusals_max) endFlood();
  }

  /* --- To the frame ---------------------------------------------------------------------- */

  /** @param {string} name @param {Record<string, unknown>} fields */
  function emit(name, fields) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
      throw new TypeError(`emit: ${JSON.stringify(name)} is not the name of a widget event`);
    }
    // A copy now: what JSON cannot express is the caller's error here, and later changes are not
    // sent. The frame could not freeze more than that.
    const data = JSON.parse(JSON.stringify(fields));
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      throw new TypeError('emit: fields must be an object');
    }
    const event = envelope(name, data);
    if (status === 'destroyed') return event;
    if (queue.length < BRIDGE_LIMITS.queue_max || port !== null) {
      const { timestamp, id, seq } = event;
      queue.push({ name, data, timestamp, id, seq });
      // The events of one task travel together.
      if (port !== null && queue.length === 1) queueMicrotask(flush);
    }
    relay(event);
    return event;
  }

  function flush() {
    const events = queue;
    queue = [];
    diagnostics?.sent(events);
    for (let at = 0; at < events.length && port !== null; at += BRIDGE_LIMITS.batch_max) {
      port.postMessage({ type: 'events', events: events.slice(at, at + BRIDGE_LIMITS.batch_max) });
    }
  }

  /* --- Beginning and end ----------------------------------------------------------------- */

  function release() {
    clearTimeout(deadline);
    diagnostics?.stop();
    window.removeEventListener('message', onWindowMessage);
    if (port !== null) port.close();
    port = null;
    queue = [];
    iframe.remove();
  }

  function destroy() {
    if (status === 'destroyed') return;
    release();
    become('destroyed');
  }

  window.addEventListener('message', onWindowMessage);
  const deadline = setTimeout(() => become('failed', 'no_hello'), BRIDGE_LIMITS.hello_deadline_ms);
  container.append(iframe);

  return {
    emit,
    destroy,
    get status() {
      return status;
    },
  };
}

/**
 * The frame is invisible but rendered: tags wait for visibility, and `display: none` never has it.
 * Context and widget origin travel in the frame's name and the nonce in the fragment, so that none
 * of them reaches a server, a log or a referrer.
 *
 * @param {string} src
 * @param {string} nonce
 * @param {Record<string, string>} context
 * @param {boolean} diagnostics whether the frame is to send diagnostics
 */
function createFrame(src, nonce, context, diagnostics) {
  const url = new URL(src, location.href);
  url.hash = nonce;
  const iframe = document.createElement('iframe');
  for (const [name, value] of FRAME_ATTRIBUTES) iframe.setAttribute(name, value);
  // `undefined` is left out: the name says nothing of what is not wanted.
  const asked = diagnostics || undefined;
  iframe.name = JSON.stringify({ c2c: PROTOCOL, origin: location.origin, context, diagnostics: asked });
  iframe.title = 'Custom code';
  iframe.tabIndex = -1;
  iframe.setAttribute('aria-hidden', 'true');
  Object.assign(iframe.style, {
    position: 'absolute',
    width: '1px',
    height: '1px',
    border: '0',
    opacity: '0',
    pointerEvents: 'none',
  });
  iframe.src = url.href;
  return iframe;
}

/**
 * Posts envelopes to the parent page, if its origin is one of the list. Where the browser does not
 * tell the parent's origin, the message is addressed to each of the list, and the browser delivers
 * it to none but the right one.
 *
 * @param {readonly string[]} origins
 * @returns {(envelope: Envelope) => void}
 */
function relayTo(origins) {
  for (const origin of origins) {
    if (new URL(origin).origin !== origin) throw new TypeError(`mount: ${origin} is not an origin`);
  }
  if (window.parent === window) return () => {};
  const parent = location.ancestorOrigins?.[0];
  const targets = origins.filter((origin) => parent === undefined || parent === origin);
  return (envelope) => {
    for (const target of targets) window.parent.postMessage(envelope, target);
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

/** @param {number} length in bytes */
function randomHex(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
