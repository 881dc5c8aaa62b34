// @ts-check
/** The context: what the widget's URL tells custom code. */

import { CONTEXT_LIMITS } from './limits.js';

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
 * enter the context; of several values for one key the first counts. Reading never fails: what
 * breaks a rule or a limit is left out and reported in `rejected`.
 *
 * @param {string} query `location.search`, with or without the question mark
 * @returns {{context: Context, rejected: {key: string, reason: RejectReason}[]}}
 */
export function contextFromQuery(query) {
  // URLSearchParams takes one question mark off, so a query that begins with one keeps its own.
  return contextFromEntries(new URLSearchParams(query.startsWith('?') ? query : `?${query}`));
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
  const room = { entries: CONTEXT_LIMITS.entries_max, bytes: CONTEXT_LIMITS.total_bytes_max };
  for (const [key, value] of entries) {
    const reason = fault(key, value, seen, room);
    seen.add(key);
    if (reason) {
      rejected.push({ key, reason });
    } else {
      room.entries -= 1;
      room.bytes -= bytes(key) + bytes(value);
      context[key] = value;
    }
  }
  return { context, rejected };
}

/**
 * @param {string} key
 * @param {string} value
 * @param {Set<string>} seen
 * @param {{entries: number, bytes: number}} room
 * @returns {RejectReason | null}
 */
function fault(key, value, seen, room) {
  if (key === '') return 'empty_key';
  if (key === '__proto__' || key.slice(0, 3).toLowerCase() === 'c2c') return 'reserved_key';
  if (seen.has(key)) return 'duplicate';
  if (bytes(key) > CONTEXT_LIMITS.key_bytes_max) return 'key_too_long';
  if (bytes(value) > CONTEXT_LIMITS.value_bytes_max) return 'value_too_long';
  if (room.entries <= 0) return 'too_many_entries';
  if (room.bytes < bytes(key) + bytes(value)) return 'too_large';
  return null;
}
