// @ts-check
/** The parts of a frame's reports: texts, numbers, URLs, stacks. */

import { DIAGNOSTIC_LIMITS } from '../shared/limits.js';

/** The largest number accepted as a line, column or count. */
const NUMBER_MAX = 2 ** 31;

/**
 * A stack line that names a location: `    at f (URL:1:2)` or `    at URL:1:2` in Chromium, `f@URL:1:2`
 * in Firefox and WebKit.
 */
const STACK_LINE = /^(?: +at (?:async )?(?:.*\()?|[^@\n]*@)((?:https?|blob):[^\s()]+):(\d{1,9}):(\d{1,9})\)?$/gm;

/**
 * Returns the locations that a stack names, the innermost first. The frame may have forged the stack.
 * @typedef {{source: string | null, line: number | null, column: number | null}} Place
 * @param {string} stack
 * @returns {Place[]}
 */
export function placesIn(stack) {
  return [...stack.matchAll(STACK_LINE)].map(([, source, line, column]) => ({
    source: bareUrl(source),
    line: Number(line) || null,
    column: Number(column) || null,
  }));
}

/**
 * Removes the parts of a URL that may identify the visitor: query, fragment, user. If it holds data or
 * names an object, only the scheme remains.
 * @param {string} text
 */
export function bareUrl(text) {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, pathname } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? origin + pathname : protocol;
}

/** @param {unknown} value @returns {value is string} */
export function isText(value) {
  return typeof value === 'string' && value.length <= DIAGNOSTIC_LIMITS.diagnostic_units_max;
}

/** @param {unknown} value @returns {value is number} */
export function isNumber(value) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) <= NUMBER_MAX;
}
