// @ts-check
/** The context: values that the widget's URL passes to custom code. */

import { CONTEXT_LIMITS } from '../shared/limits.js';

/**
 * @typedef {Record<string, string>} Context
 * @typedef {'empty_key' | 'reserved_key' | 'duplicate' | 'key_too_long' | 'value_too_long'
 *   | 'too_many_entries' | 'too_large'} RejectReason
 */

const encoder = new TextEncoder();

/** @param {string} text */
const bytes = (text) => encoder.encode(text).length;

/**
 * Reads the query of the widget's URL. Keys that begin with `c2c` belong to the product and never
 * enter the context; if a key has several values, the first counts. Reading never fails: entries that
 * break a rule or a limit are left out and reported in `rejected`.
 *
 * @param {string} query `location.search`
 * @returns {{context: Context, rejected: {key: string, reason: RejectReason}[]}}
 */
export function contextFromQuery(query) {
  return contextFromEntries(new URLSearchParams(query));
}

/**
 * Applies the same rules to entries from elsewhere.
 *
 * @param {Iterable<[string, string]>} entries
 * @returns {{context: Context, rejected: {key: string, reason: RejectReason}[]}}
 */
export function contextFromEntries(entries) {
  /** @type {Context} */
  const context = Object.create(null);
  /** @type {{key: string, reason: RejectReason}[]} */
  const rejected = [];
  const seen = new Set();
  let entriesLeft = CONTEXT_LIMITS.entries_max;
  let bytesLeft = CONTEXT_LIMITS.total_bytes_max;
  for (const [key, value] of entries) {
    const size = bytes(key) + bytes(value);
    const reason =
      key === '' ? 'empty_key'
      : key === '__proto__' || /^c2c/i.test(key) ? 'reserved_key'
      : seen.has(key) ? 'duplicate'
      : bytes(key) > CONTEXT_LIMITS.key_bytes_max ? 'key_too_long'
      : bytes(value) > CONTEXT_LIMITS.value_bytes_max ? 'value_too_long'
      : entriesLeft <= 0 ? 'too_many_entries'
      : bytesLeft < size ? 'too_large'
      : null;
    seen.add(key);
    if (reason) {
      rejected.push({ key, reason });
    } else {
      entriesLeft -= 1;
      bytesLeft -= size;
      context[key] = value;
    }
  }
  return { context, rejected };
}
