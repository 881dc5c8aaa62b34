// @ts-check
/**
 * The kept jar: the cookies and the `localStorage` of custom code, kept for the visitor in the
 * widget's own storage, so that an analytics id is the same at the next visit.
 *
 * It is keyed by app *and* by the exact origin of the parent page, so no visitor is tracked from one
 * integrator to another. The frame's messages are untrusted: their form, sizes and rates are checked,
 * and the widget uses none of the data. Every entry is a separate item, so that with two tabs the
 * last write of each key wins.
 */

import { tokenBucket } from './host/bucket.js';
import { JAR_LIMITS } from './shared/limits.js';

export { JAR_LIMITS };

const PREFIX = 'c2c-jar ';
const AREAS = ['cookie', 'local'];

/**
 * @typedef {[name: string, value: string, expires: number | null]} KeptCookie
 * @typedef {{cookie: KeptCookie[], local: [key: string, value: string][]}} JarContent
 *
 * @typedef {object} KeptJar
 * @property {() => JarContent | undefined} read returns the content that the frame starts with
 * @property {(changes: unknown, now: number) => 'passed' | 'refused' | 'garbage'} take
 * @property {() => void} clear
 *
 * @typedef {(app: string, parentOrigin: () => string | null) => KeptJar} JarKeeper
 */

/**
 * Creates the jar for `mount({ app, jar: keptJar })`. If the parent's origin is unknown or the widget
 * has no storage, nothing is kept: the frame then has a jar for this visit only.
 *
 * @type {JarKeeper}
 */
export function keptJar(app, parentOrigin) {
  const takes = tokenBucket(JAR_LIMITS.changes_burst, JAR_LIMITS.changes_per_second);
  if (!/^[a-z0-9-]+$/.test(app)) throw new TypeError('mount: a jar that is kept needs the id of its app');

  const storage = widgetStorage();
  /** Returns null if the parent is unknown. */
  const prefix = () => {
    const origin = parentOrigin();
    return origin === null ? null : `${PREFIX}${app} ${origin} `;
  };

  return {
    read() {
      const own = prefix();
      if (storage === null || own === null) return undefined;
      /** @type {JarContent} */
      const content = { cookie: [], local: [] };
      for (const item of items(storage, own)) {
        const [area, name] = splitKey(item.key.slice(own.length));
        if (item.expires !== null && item.expires <= Date.now()) storage.removeItem(item.key);
        else if (area === 'cookie') content.cookie.push([name, item.value, item.expires]);
        else content.local.push([name, item.value]);
      }
      return content;
    },

    take(changes, now) {
      const list = readChanges(changes);
      if (list === null) return 'garbage';
      if (!takes(now)) return 'refused';
      const own = prefix();
      if (storage !== null && own !== null && list.length > 0) apply(storage, own, list);
      return 'passed';
    },

    clear() {
      // As long as the parent is unknown, clears the jars of all parents.
      const own = prefix() ?? `${PREFIX}${app} `;
      if (storage !== null) for (const { key } of items(storage, own)) storage.removeItem(key);
    },
  };
}

function widgetStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/**
 * @typedef {[area: string, name: string, value: string | null, expires: number | null]} Change
 * @param {unknown} changes a record of changes; its keys are ignored
 * @returns {Change[] | null} null if its form is wrong
 */
function readChanges(changes) {
  if (typeof changes !== 'object' || changes === null) return null;
  const list = Object.values(changes);
  return list.length <= JAR_LIMITS.changes_max && list.every(isChange) ? list : null;
}

/** @param {unknown} change */
function isChange(change) {
  return (
    Array.isArray(change) &&
    change.length === 4 &&
    // Reading a hole would read from a prototype.
    [0, 1, 2, 3].every((index) => Object.hasOwn(change, index)) &&
    AREAS.includes(change[0]) &&
    typeof change[1] === 'string' &&
    (change[2] === null || typeof change[2] === 'string') &&
    (change[3] === null || Number.isFinite(change[3]))
  );
}

/** @param {string} text `area name` @returns {[string, string]} */
function splitKey(text) {
  const at = text.indexOf(' ');
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Returns the entries whose keys begin with `prefix`. Removes malformed entries, which are not ours.
 * @param {Storage} storage @param {string} prefix
 */
function items(storage, prefix) {
  const found = [];
  for (const key of Object.keys(storage)) {
    if (!key.startsWith(prefix)) continue;
    try {
      const text = storage.getItem(key) ?? '';
      const [value, expires, written] = JSON.parse(text);
      if (typeof value !== 'string' || typeof written !== 'number') throw new TypeError('not an entry');
      const units = key.length + text.length;
      found.push({ key, value, expires: typeof expires === 'number' ? expires : null, written, units });
    } catch {
      storage.removeItem(key);
    }
  }
  return found;
}

/**
 * Writes changes, one by one, as far as they fit into this jar. If all jars together would be too
 * large, removes the oldest entries of other jars.
 * @param {Storage} storage @param {string} own @param {Change[]} changes
 */
function apply(storage, own, changes) {
  const all = items(storage, PREFIX);
  const kept = new Map(all.map((item) => [item.key, item]));
  const others = all.filter(({ key }) => !key.startsWith(own)).sort((a, b) => b.written - a.written);
  const mine = new Set(all.map(({ key }) => key).filter((key) => key.startsWith(own)));
  let total = all.reduce((sum, item) => sum + item.units, 0);
  let jar = total - others.reduce((sum, item) => sum + item.units, 0);

  /** @param {string} key */
  function remove(key) {
    const units = kept.get(key)?.units ?? 0;
    kept.delete(key);
    storage.removeItem(key);
    total -= units;
    if (mine.delete(key)) jar -= units;
  }

  for (const [area, name, value, expires] of changes) {
    const key = `${own}${area} ${name}`;
    // The stored text counts, not the input: JSON may need six characters for one.
    const written = Date.now();
    const text = JSON.stringify([value, expires, written]);
    const units = key.length + text.length;
    const known = kept.get(key)?.units ?? 0;
    if (value === null) {
      remove(key);
    } else if (jar - known + units <= JAR_LIMITS.jar_units_max) {
      while (total - known + units > JAR_LIMITS.jars_units_max && others.length > 0) {
        remove(/** @type {{key: string}} */ (others.pop()).key);
      }
      remove(key);
      try {
        storage.setItem(key, text);
      } catch {
        return; // The widget's storage is full: its own data has priority over ours.
      }
      kept.set(key, { key, value, expires, written, units });
      mine.add(key);
      total += units;
      jar += units;
    }
  }
}
