// @ts-check
/** Reports of the trace, and the event that led to each. */

import { tokenBucket } from './bucket.js';
import { drop } from './diagnostics.js';
import { defineProperty, later, postTo, uncurry } from './frame.js';
import { on } from './handlers.js';
import { port } from './port.js';
import { TRACES_PER_SECOND, TRACE_BURST } from '../shared/limits.js';

const takesTrace = tokenBucket(TRACE_BURST, TRACES_PER_SECOND);
const { getOwnPropertyDescriptor } = Object;
const { apply, construct } = Reflect;
const ProxyOf = Proxy;
const Failure = Error;

/** The event whose handlers run, or have just run. @type {number | null} */
let event = null;
/** The deliveries whose handlers may still have tasks to run. */
let open = 0;

/** Notes each event when its delivery begins: this handler is the first. */
export function followEvents() {
  on('*', (_, { seq }) => {
    event = seq;
  });
}

/** Ends the event after the tasks that its handlers queued: what follows an `await` belongs to it.
 * @param {boolean} handled an event without handlers leads to nothing that runs after it */
export function endEvent(handled) {
  // Continuations of the handlers of several events cannot be told apart.
  if (!handled || open > 0) event = null;
  if (!handled) return;
  open++;
  later(() => {
    if (--open === 0) event = null;
  }, 0);
}

/** Sends a report, or counts it if there are too many.
 * @param {object} message without prototype or own properties of custom code */
export function report(message) {
  if (takesTrace(0)) postTo(port, message);
  else drop();
}

/** The event that leads to a report made now. */
export const currentEvent = () => event;

/** The calls that lead to a report made now. */
export function currentStack() {
  const { stack } = new Failure();
  return typeof stack === 'string' ? stack : '';
}

/**
 * Replaces a function or a constructor by a proxy, which has the same name and properties and does the
 * same; its text is that of a native function without a name. Does nothing if the browser does not have
 * the function.
 *
 * @param {any} holder
 * @param {string} name
 * @param {(call: () => any, self: any, args: any[]) => any} run makes the call, reports it, and returns
 *   its result
 * @param {'value' | 'set'} [kind] 'set': the setter of an accessor
 */
export function intercept(holder, name, run, kind = 'value') {
  const descriptor = holder && getOwnPropertyDescriptor(holder, name);
  if (!descriptor || typeof descriptor[kind] !== 'function') return;
  const handler = {
    __proto__: null,
    /** @param {any} target @param {any} self @param {any[]} args */
    apply: (target, self, args) => run(() => apply(target, self, args), self, args),
    /** @param {any} target @param {any[]} args @param {any} made */
    construct: (target, args, made) => run(() => construct(target, args, made), undefined, args),
  };
  const original = descriptor[kind];
  const value = new ProxyOf(original, /** @type {any} */ (handler));
  descriptor[kind] = value;
  defineProperty(holder, name, descriptor);
  const made = original.prototype;
  if (made) defineProperty(made, 'constructor', /** @type {any} */ ({ __proto__: null, value, writable: true, configurable: true }));
}

/** Runs a part of the trace. It reads values of custom code, which may throw.
 * @template Result @param {() => Result} read @returns {Result | undefined} */
export function attempt(read) {
  try {
    return read();
  } catch {
    // There is nothing to report.
  }
}

export const sliceOf = uncurry(String.prototype.slice);
