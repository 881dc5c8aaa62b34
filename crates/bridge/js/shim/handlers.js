// @ts-check
/** Who hears what: `on`, `once`, `off`, and the delivery of an event. */

import { boot } from './boot.js';
import { TypeError, create, freeze, ownKeys, reportError, setOwn } from './frame.js';
import { watcher } from './watcher.js';

/** How many events `{replay: true}` can bring back. */
const REPLAYED_MAX = 64;
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

/** @param {string} name @param {Handler} handler @param {{replay?: boolean}} [options] */
export const on = (name, handler, options) => subscribe(name, handler, options, false);

/** @param {string} name @param {Handler} handler @param {{replay?: boolean}} [options] */
export const once = (name, handler, options) => subscribe(name, handler, options, true);

/** @param {string} name @param {Handler} handler */
export function off(name, handler) {
  const keys = ownKeys(handlers);
  for (let i = 0; i < keys.length; i++) {
    const entry = handlers[keys[i]];
    if (entry.name === name && entry.handler === handler) delete handlers[keys[i]];
  }
}

/**
 * @param {string} name @param {Handler} handler @param {{replay?: boolean} | undefined} options
 * @param {boolean} once whether it is to hear one event only
 * @returns {() => void} ends the subscription
 */
function subscribe(name, handler, options, once) {
  if (typeof name !== 'string' || typeof handler !== 'function') {
    throw new TypeError('c2c: the name must be a string, the handler a function');
  }
  const key = registrations++;
  let done = false;
  if (options && options.replay) {
    for (let i = deliveries > REPLAYED_MAX ? deliveries - REPLAYED_MAX : 0; i < deliveries && !done; i++) {
      const delivery = past[i % REPLAYED_MAX];
      if (name === EVERY || name === delivery.meta.name) {
        call(handler, delivery);
        done = once;
      }
    }
  }
  if (!done) handlers[key] = { name, handler, once };
  return () => {
    delete handlers[key];
  };
}

/**
 * Delivers an event. What the widget sent counts event by event: one that cannot be delivered takes
 * no other along.
 * @param {{data: any, name: string, timestamp: string, id: string, seq: number}} event
 */
export function deliver({ data, ...meta }) {
  let called = 0;

  /** Calls those that are still there. @param {PropertyKey[]} keys @param {string} name */
  function callAll(keys, name) {
    for (let i = 0; i < keys.length; i++) {
      const entry = handlers[keys[i]];
      if (entry && entry.name === name) {
        if (entry.once) delete handlers[keys[i]];
        called++;
        call(entry.handler, { data, meta });
      }
    }
  }

  try {
    setOwn(data, 'context', boot.context);
    deepFreeze(data);
    freeze(meta);
    // Before the handlers run: one that subscribes with `replay` gets this event in that way, and
    // any other that subscribes meanwhile does not get it.
    past[deliveries++ % REPLAYED_MAX] = { data, meta };
    const keys = ownKeys(handlers);
    callAll(keys, meta.name);
    callAll(keys, EVERY);
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
    const keys = ownKeys(freeze(value));
    for (let i = 0; i < keys.length; i++) deepFreeze(value[keys[i]]);
  }
}
