// @ts-check
/** Event handlers: `on`, `once`, `off`, and the delivery of an event. */

import { boot } from './boot.js';
import { TypeError, create, eachKey, freeze, reportError } from './frame.js';
import { watcher } from './watcher.js';

/** The number of events that `{replay: true}` can repeat: as many as the host keeps for a frame. */
const REPLAYED_MAX = 256;
/** The name that subscribes to every widget event. */
const EVERY = '*';

/**
 * @typedef {(data: any, meta: any) => void} Handler
 * @typedef {{data: any, meta: {name: string}}} Delivery
 */

/**
 * The handlers by registration number: an object lists such keys in numeric order.
 * @type {Record<PropertyKey, {name: string, handler: Handler, once: boolean}>}
 */
const handlers = create(null);
let registrations = 0;

/** The last deliveries, in a ring buffer. @type {Record<number, Delivery>} */
const past = create(null);
let deliveries = 0;

/**
 * @param {boolean} once whether the handler gets one event only
 * @returns {(name: string, handler: Handler, options?: {replay?: boolean}) => () => void} returns a
 *   function that ends the subscription
 */
const subscribe = (once) => (name, handler, options) => {
  if (typeof name !== 'string' || typeof handler !== 'function') {
    throw new TypeError('c2c.on(name, handler): a string and a function');
  }
  const key = registrations++;
  let done = false;
  if (options && options.replay) {
    for (let i = deliveries - REPLAYED_MAX; i < deliveries && !done; i++) {
      // Until the ring is full, its first positions are empty.
      const delivery = past[i % REPLAYED_MAX];
      if (delivery && (name === EVERY || name === delivery.meta.name)) {
        call(handler, delivery);
        done = once;
      }
    }
  }
  if (!done) handlers[key] = { name, handler, once };
  return () => {
    delete handlers[key];
  };
};

export const on = subscribe(false);
export const once = subscribe(true);

/** @param {string} name @param {Handler} handler */
export function off(name, handler) {
  eachKey(handlers, (key) => {
    const entry = handlers[key];
    if (entry.name === name && entry.handler === handler) delete handlers[key];
  });
}

/**
 * Delivers an event. One that cannot be delivered does not affect the others in its message.
 * @param {{data: any, name: string, timestamp: string, id: string, seq: number}} event
 */
export function deliver({ data: fields, ...meta }) {
  let called = 0;
  try {
    // Like `setOwn`, a literal calls no setter; it costs a tenth. The context is already frozen.
    const delivery = { data: { ...fields, context: boot.context }, meta };
    deepFreeze(fields);
    freeze(delivery.data);
    freeze(meta);
    // Before the handlers run: one that subscribes with `replay` gets this event in that way.
    past[deliveries++ % REPLAYED_MAX] = delivery;
    // A handler added during the delivery does not get this event: the keys are read first.
    eachKey(handlers, (key) => {
      const entry = handlers[key];
      if (entry && (entry.name === meta.name || entry.name === EVERY)) {
        if (entry.once) delete handlers[key];
        called++;
        call(entry.handler, delivery);
      }
    });
  } catch (error) {
    show(error);
  }
  watcher.delivered?.(meta.seq, called);
}

/** Calls a handler. One that throws does not stop the others.
 * @param {Handler} handler @param {Delivery} delivery */
function call(handler, { data, meta }) {
  try {
    handler(data, meta);
  } catch (error) {
    show(error);
  }
}

/** Shows a caught error in the frame's own console, as if it were uncaught.
 * @param {unknown} error */
function show(error) {
  if (watcher.caught) watcher.caught(error);
  else reportError(error);
}

/** @param {any} value */
function deepFreeze(value) {
  if (typeof value === 'object' && value !== null) {
    eachKey(freeze(value), (key) => deepFreeze(value[key]));
  }
}
