// @ts-check
/**
 * The port to the widget. It never leaves this closure: code that has it can speak as the shim.
 *
 * Two things could expose it to custom code. Its events have it as their `target`, so they are read
 * with captured getters only. And while its listener runs, and the microtasks queued from there,
 * `window.event` is its event: `hidePort` prevents that.
 */

import { PROTOCOL, boot, holdMs, listed, nonce } from './boot.js';
import { Event, addListener, create, defineReplaceable, frame, getterOf, later, now, page, postTo, targetOf, uncurry } from './frame.js';
import { deliver } from './handlers.js';
import { watcher } from './watcher.js';

const { parse } = JSON;
const { isArray } = Array;
const dataOf = getterOf(MessageEvent.prototype, 'data');
const dispatch = uncurry(frame.dispatchEvent);
const readyStateOf = getterOf(Document.prototype, 'readyState');

/** @type {(value?: undefined) => void} */
let becomeReady;
export const ready = new Promise((resolve) => (becomeReady = resolve));

/* --- Holding ----------------------------------------------------------------------------- */
// Messages that arrive while the document is still being parsed wait, so that a handler in the last
// script gets the first event. The wait ends with the first of these: DOMContentLoaded, which comes
// after deferred scripts, and here after the document's own listeners; a message that finds the
// document complete (document.open() can erase the listener); a deadline.

/** @type {Record<number, any>} */
const held = create(null);
let heldCount = 0;
let holding = true;
// Custom code can also dispatch it.
addListener(frame, 'DOMContentLoaded', (/** @type {Event} */ { isTrusted }) => release(isTrusted));
later(() => release(), holdMs);

/** Handles the held messages, if they need not wait any longer. */
function release(parsed = readyStateOf(page) === 'complete') {
  // `now` counts from the request for the document, so no timer is too early.
  if (!holding || (!parsed && now() < holdMs)) return;
  holding = false;
  if (!parsed) watcher.cutOff?.();
  for (let i = 0; i < heldCount; i++) {
    handle(held[i]);
    delete held[i];
  }
}

/* --- The port ---------------------------------------------------------------------------- */

/** Null if this page is not connected to a widget. @type {MessagePort | null} */
export const port = connect();

/**
 * Says hello to the widget, if its origin is one that the server listed for this app. This is the
 * only window message that the shim ever sends, and it goes to that exact origin.
 */
function connect() {
  const { origin } = boot;
  if (frame.parent === frame || !origin || !listed.split(' ').includes(origin)) return null;
  const { port1, port2 } = new MessageChannel();
  hidePort(port1);
  addListener(port1, 'message', receive);
  port1.start();
  frame.parent.postMessage({ c2c: PROTOCOL, type: 'hello', nonce }, origin, [port2]);
  return port1;
}

/**
 * Makes `window.event` undefined if it would expose the port. Only this window's getter could expose
 * it, and it is captured here: a frame inside the sandbox always has another origin.
 * @param {MessagePort} hidden
 */
function hidePort(hidden) {
  const current = getterOf(frame, 'event');
  defineReplaceable('event', () => {
    const event = current(frame);
    return event && targetOf(event) === hidden ? undefined : event;
  });
}

/** @param {MessageEvent} event */
function receive(event) {
  if (holding) release();
  const message = parse(dataOf(event));
  if (!isArray(message) && message.type === 'ping') {
    postTo(port, { type: 'pong', n: message.n });
  } else if (holding) {
    held[heldCount++] = message;
  } else {
    handle(message);
  }
}

/** Handles a message. A list of events has no own type, but custom code may have given all objects one.
 * @param {any} message */
function handle(message) {
  if (isArray(message)) {
    for (let i = 0; i < message.length; i++) deliver(message[i]);
  } else {
    becomeReady();
    dispatch(frame, new Event('c2c:ready'));
  }
}
