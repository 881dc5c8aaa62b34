// @ts-check
/**
 * The built-ins that the shim uses, captured before any customer byte runs.
 *
 * Custom code may patch every built-in later. So every function that the shim calls after its first
 * run is a constant of this closure, captured here or at the top of a module, and nothing is looked up
 * on a prototype: no array methods, no iteration, no spread, no assignment to a new element of an
 * array; descriptors and records have no prototype, and methods are called through `uncurry`. Nor does
 * the shim read a property that may be missing: object literals and values from JSON inherit from
 * `Object.prototype`, to which custom code may add any name.
 */

export const frame = window;
export const page = document;

export const { create, freeze } = Object;
export const { defineProperty, ownKeys } = Reflect;
export const { Event, TypeError, reportError } = frame;

/** @type {(method: Function) => any} `uncurry(f)(self, ...args)` is `f.call(self, ...args)`. */
export const uncurry = Function.prototype.bind.bind(Function.prototype.call);

/** @param {object} holder @param {string} name the name of one of its accessors */
export const getterOf = (holder, name) => uncurry(/** @type {any} */ (Object.getOwnPropertyDescriptor(holder, name)).get);

export const addListener = uncurry(frame.addEventListener);
export const postTo = uncurry(MessagePort.prototype.postMessage);
export const targetOf = getterOf(Event.prototype, 'target');
export const exec = uncurry(RegExp.prototype.exec);

/** Returns milliseconds, by a monotonic clock. @type {() => number} */
export const now = performance.now.bind(performance);

const { timeout } = AbortSignal;

/**
 * Calls a function after a time, unless custom code prevents it. A timer of the window has a number,
 * and custom code that clears all numbers would clear it; this one exposes none, but in WebKit takes
 * one from the same list. So callers must also act on the port's messages, which come every few
 * seconds: custom code cannot stop the host's clock.
 * @param {(event: Event) => void} action @param {number} ms
 */
export const later = (action, ms) => addListener(timeout(ms), 'abort', action);

/** @param {object} object @param {(key: any) => void} visit gets the keys present at the call */
export function eachKey(object, visit) {
  const keys = ownKeys(object);
  for (let i = 0; i < keys.length; i++) visit(keys[i]);
}

/**
 * Sets a property as assignment does, but without calling a setter on a prototype.
 * @param {object} object @param {PropertyKey} name @param {unknown} value
 * @returns {boolean} whether it succeeded
 */
export function setOwn(object, name, value) {
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  return defineProperty(object, name, /** @type {any} */ (descriptor));
}

/**
 * Replaces one of the window's `[Replaceable]` attributes with a getter: a value that is assigned to
 * it replaces the accessor (<https://webidl.spec.whatwg.org/#Replaceable>).
 * @param {string} name @param {() => unknown} get
 */
export function defineReplaceable(name, get) {
  defineAccessor(frame, name, get, (value) => setOwn(frame, name, value));
}

/**
 * Replaces the functions of an accessor, which stays as enumerable and configurable as it was. For use
 * only before customer code runs: the descriptor has a prototype.
 * @param {object} holder @param {string} name @param {() => unknown} get @param {(value: any) => void} [set]
 */
export function defineAccessor(holder, name, get, set) {
  defineProperty(holder, name, { get, set });
}
