// @ts-check
/**
 * `localStorage` and `sessionStorage`, by the Web Storage standard. Their methods replace the
 * browser's on `Storage.prototype`: the browser's own areas are out of reach here anyway.
 */

import { TypeError, create, defineAccessor, defineProperty, eachKey, frame, ownKeys, setOwn, uncurry } from './frame.js';
import { noteChange } from './kept.js';
import { watcher } from './watcher.js';

/** The capacity of an area for keys and values, in UTF-16 code units. */
const STORAGE_UNITS_MAX = 1048576;

const { DOMException } = frame;
const prototype = Storage.prototype;

/**
 * A storage area. `items` has all items. `target` has those that are also properties of the storage:
 * not those with the name of a method.
 * @typedef {{items: Record<string, string>, target: any, units: number, kept: 'local' | ''}} Area
 */
const areas = new WeakMap();
const areaIn = uncurry(areas.get);

/**
 * Returns the area behind a method's `this`, checked as the standard requires.
 * @param {unknown} storage @param {IArguments} given @param {number} needed the number of arguments
 * @returns {Area}
 */
function areaOf(storage, given, needed) {
  const area = areaIn(areas, storage);
  if (!area || given.length < needed) throw new TypeError('no storage');
  return area;
}

/** @param {string} key @param {string | undefined} value */
const unitsOf = (key, value) => (value === undefined ? 0 : key.length + value.length);

/** @param {Area} area @param {string} key @param {string} [value] without it, the item is removed */
export function changeItem(area, key, value) {
  const { items, target, kept } = area;
  const units = area.units - unitsOf(key, items[key]) + unitsOf(key, value);
  if (units > STORAGE_UNITS_MAX) {
    const message = 'storage is full';
    watcher.jarRefused?.(message);
    throw new DOMException(message, 'QuotaExceededError');
  }
  area.units = units;
  if (kept && items[key] !== value) noteChange(kept, key, value ?? null, null);
  if (value === undefined) {
    delete items[key];
    delete target[key];
  } else {
    items[key] = value;
    if (!(key in prototype)) setOwn(target, key, value);
  }
  return true;
}

/** Replaces the browser's methods. */
export function replaceStorageMethods() {
  const methods = {
    /** @param {unknown} key */
    getItem(key) {
      return areaOf(this, arguments, 1).items[`${key}`] ?? null;
    },
    /** @param {unknown} key @param {unknown} value */
    setItem(key, value) {
      changeItem(areaOf(this, arguments, 2), `${key}`, `${value}`);
    },
    /** @param {unknown} key */
    removeItem(key) {
      changeItem(areaOf(this, arguments, 1), `${key}`);
    },
    clear() {
      const area = areaOf(this, arguments, 0);
      eachKey(area.items, (key) => changeItem(area, key));
    },
    /** @param {any} index */
    key(index) {
      const keys = ownKeys(areaOf(this, arguments, 1).items);
      index >>>= 0;
      return index < keys.length ? keys[index] : null;
    },
  };
  Object.assign(prototype, methods);
  defineAccessor(prototype, 'length', /** @this {Storage} */ function () {
    return ownKeys(areaOf(this, arguments, 0).items).length;
  });
}

/**
 * Replaces the window's own area.
 * @param {'localStorage' | 'sessionStorage'} name
 * @param {'local' | ''} kept the name under which its changes are reported
 * @returns {Area}
 */
export function replaceStorage(name, kept) {
  const target = create(prototype);
  /** @type {Area} */
  const area = { items: create(null), target, units: 0, kept };
  // Reading, and properties named by a symbol, work as usual.
  const storage = new Proxy(target, /** @type {ProxyHandler<any>} */ ({
    __proto__: null,
    set: (_, key, value, receiver) => setOwn(receiver, key, value),
    defineProperty(_, key, descriptor) {
      descriptor = /** @type {any} */ ({ __proto__: null, ...descriptor });
      return typeof key === 'symbol'
        ? defineProperty(target, key, descriptor)
        : 'value' in descriptor && changeItem(area, key, `${descriptor.value}`);
    },
    deleteProperty(_, key) {
      if (typeof key === 'string' && !(key in prototype)) changeItem(area, key);
      return delete target[key];
    },
    preventExtensions: () => false,
  }));
  areas.set(storage, area);
  defineAccessor(frame, name, () => storage);
  return area;
}
