// @ts-check
/**
 * What the shim uses of the frame, captured before any customer byte runs.
 *
 * Custom code may patch every built-in later. So whatever the shim calls after its first run is a
 * constant of this closure, taken here or at the top of a module, and nothing is looked up on a
 * prototype: no array methods, no iteration, no spread, no assignment to a new element of an array;
 * descriptors and records have no prototype, and methods are called through `uncurry`. Nor is a
 * property read that may be missing: an object literal and all that JSON makes inherit from
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

/** In milliseconds, by a clock that never goes back. @type {() => number} */
export const now = performance.now.bind(performance);

const { timeout } = AbortSignal;

/**
 * Calls a function after a time, unless custom code prevents it. A timer of the window has a number,
 * and custom code that clears all numbers would clear it; this one has none, but in WebKit takes its
 * number from the same list. So it must hear the port's messages as well, of which there is one every
 * few seconds: custom code can stop no clock of the host.
 * @param {(event: Event) => void} action @param {number} ms
 */
export const later = (action, ms) => addListener(timeout(ms), 'abort', action);

/** @param {object} object @param {(key: any) => void} visit gets the keys that are there now */
export function eachKey(object, visit) {
  const keys = ownKeys(object);
  for (let i = 0; i < keys.length; i++) visit(keys[i]);
}

/**
 * Gives an object a property as assignment does, but asks nobody: no setter on a prototype.
 * @param {object} object @param {PropertyKey} name @param {unknown} value
 * @returns {boolean} whether it could
 */
export function setOwn(object, name, value) {
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  return defineProperty(object, name, /** @type {any} */ (descriptor));
}

/**
 * Puts a getter in the place of one of the window's `[Replaceable]` attributes: a value that is
 * assigned to it takes the accessor's place (<https://webidl.spec.whatwg.org/#Replaceable>).
 * @param {string} name @param {() => unknown} get
 */
export function defineReplaceable(name, get) {
  defineAccessor(frame, name, get, (value) => setOwn(frame, name, value));
}

/**
 * Puts functions in the place of those of an accessor, which stays as enumerable and configurable as
 * it was. Only before customer code runs: the descriptor has a prototype.
 * @param {object} holder @param {string} name @param {() => unknown} get @param {(value: any) => void} [set]
 */
export function defineAccessor(holder, name, get, set) {
  defineProperty(holder, name, { get, set });
}
