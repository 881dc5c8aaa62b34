// @ts-check
/** Applies the fixes that a check offers to the text that was checked. */

/** @typedef {import('./api.js').Finding} Finding @typedef {{start: number, end: number, text: string}} Change */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The findings that have a fix. @param {readonly Finding[]} findings */
export const fixable = (findings) => findings.filter(({ fix }) => fix !== undefined);

/**
 * Returns the change of a text, in UTF-16 units, that applies some fixes at once. A fix that overlaps an
 * earlier one is left out: the next check offers it again.
 *
 * @param {string} text
 * @param {readonly Finding[]} findings in any order
 * @returns {Change | null} null if there is no fix
 */
export function changeOf(text, findings) {
  const bytes = encoder.encode(text);
  const fixes = findings.flatMap(({ fix }) => fix ?? []).sort((one, other) => one.span.start - other.span.start);
  if (fixes.length === 0) return null;
  const units = (/** @type {number} */ end) => decoder.decode(bytes.subarray(0, end)).length;
  const first = fixes[0].span.start;
  let [end, fixed] = [first, ''];
  for (const { span, replacement } of fixes) {
    if (span.start < end) continue;
    fixed += decoder.decode(bytes.subarray(end, span.start)) + replacement;
    end = span.end;
  }
  return { start: units(first), end: units(end), text: fixed };
}
