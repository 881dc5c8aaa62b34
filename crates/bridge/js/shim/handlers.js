// @ts-check
/** Who hears what: `on`, `once`, `off`, and the delivery of an event. */

import { boot } from './boot.js';
import { TypeError, create, eachKey, freeze, reportError } from './frame.js';
import { watcher } from './watcher.js';

/** How many events `{replay: true}` can bring back: as many as the host keeps for a frame. */
const REPLAYED_MAX = 256;
/** The name under which every widget event is heard. */
const EVERY = '*';

/**
 * @typedef {(data: any, meta: any) => void} Handler
 * @typedef {{data: any, meta: {name: string}}} Delivery
 */

/**
 * By the number of the registration: an object lists such keys in the order of their numbers.
 * @type {Record<PropertyKey, {name: string, handler: Handler, once: boolean}>}
 */
const handlers = create(null);
let registrations = 0;

/** The last deliveries: a ring. @type {Record<number, Delivery>} */
const past = create(null);
let deliveries = 0;

/**
 * @param {boolean} once whether the handler is to hear one event only
 * @returns {(name: string, handler: Handler, options?: {replay?: boolean}) => () => void} gives what
 *   ends the subscription
 */
const subscribe = (once) => (name, handler, options) => {
  if (typeof name !== 'string' || typeof handler !== 'function') {
    throw new TypeError('c2c.on(name, handler): a string and a function');
  }
  const key = registrations++;
  let done = false;
  if (options && options.replay) {
    for (let i = deliveries - REPLAYED_MAX; i < deliveries && !done; i++) {
      // Before the ring is full there is none at the beginning.
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
 * Delivers an event. What the widget sent counts event by event: one that cannot be delivered takes
 * no other along.
 * @param {{data: any, name: string, timestamp: string, id: string, seq: number}} event
 */
export function deliver({ data: fields, ...meta }) {
  let called = 0;
  try {
    // As `setOwn`, a literal asks no setter; it costs a tenth. The context is frozen already.
    const delivery = { data: { ...fields, context: boot.context }, meta };
    deepFreeze(fields);
    freeze(delivery.data);
    freeze(meta);
    // Before the handlers run: one that subscribes with `replay` gets this event in that way.
    past[deliveries++ % REPLAYED_MAX] = delivery;
    // Whoever subscribes during the delivery does not hear this event: these are the keys of now.
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

/** A handler that throws stops no other. @param {Handler} handler @param {Delivery} delivery */
function call(handler, { data, meta }) {
  try {
    handler(data, meta);
  } catch (error) {
    show(error);
  }
}

/** Shows a caught error in the frame's own console, as if nobody had caught it.
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
