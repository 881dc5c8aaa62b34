// @ts-check
/** Two versions of the code side by side, by line. */

import { diffLines } from '../diff.js';
import { element } from './dom.js';

/** @typedef {import('./api.js').Code} Code */

/** Unchanged lines that are shown around each change. */
const AROUND = 3;
/** How long a comparison may take; beyond it, all lines count as changed. */
const PATIENCE_MS = 500;
/** The most rows that are shown of one snippet. */
const ROWS_MAX = 2000;

const AREAS = /** @type {const} */ ([
  ['head', 'Head HTML'],
  ['bodyEnd', 'Body end HTML'],
]);

/**
 * @typedef {{old: string | null, new: string | null}} Row equal: an unchanged line
 */

/** Whether two versions have the same lines. @param {Code} one @param {Code} other */
export const same = (one, other) => lines(one.head) === lines(other.head) && lines(one.bodyEnd) === lines(other.bodyEnd);

/** Text areas and programs end lines differently. @param {string} text */
const lines = (text) => text.replace(/\r\n?/g, '\n');

/**
 * The comparison of two versions, under their names.
 *
 * @param {Code} before @param {Code} after @param {[string, string]} names
 */
export function comparison(before, after, names) {
  const changed = AREAS.filter(([area]) => lines(before[area]) !== lines(after[area]));
  if (changed.length === 0) return element('p', 'hint', `${names[0]} and ${names[1]} are the same.`);
  return element('div', 'comparison', ...changed.map(([area, title]) => table(title, rowsOf(before[area], after[area]), names)));
}

/** @param {string} before @param {string} after @returns {Row[]} */
function rowsOf(before, after) {
  const [one, other] = [ended(before), ended(after)];
  const parts = diffLines(one, other, { timeout: PATIENCE_MS }) ?? [
    { value: one, removed: true, added: false },
    { value: other, removed: false, added: true },
  ];
  /** @type {Row[]} */
  const rows = [];
  /** Removed lines that wait for the lines in their place. @type {string[]} */
  let removed = [];
  const flush = () => removed.splice(0).forEach((line) => rows.push({ old: line, new: null }));
  for (const part of parts) {
    const texts = part.value.split('\n').slice(0, -1);
    if (part.removed) removed = texts;
    else if (part.added) texts.forEach((line) => rows.push({ old: removed.shift() ?? null, new: line }));
    if (!part.removed) flush();
    if (!part.removed && !part.added) texts.forEach((line) => rows.push({ old: line, new: line }));
  }
  flush();
  return rows;
}

/** With an end of the last line, so that adding one is no change. @param {string} text */
const ended = (text) => (text === '' || lines(text).endsWith('\n') ? lines(text) : `${lines(text)}\n`);

/** @param {string} title @param {Row[]} rows @param {[string, string]} names */
function table(title, rows, names) {
  const near = new Set();
  rows.forEach((row, at) => {
    if (row.old !== row.new) for (let other = at - AROUND; other <= at + AROUND; other++) near.add(other);
  });
  const body = element('tbody');
  let [oldLine, newLine, hidden] = [0, 0, 0];
  const showHidden = () => {
    if (hidden > 0) body.append(gap(hidden));
    hidden = 0;
  };
  rows.forEach((row, at) => {
    if (row.old !== null) oldLine += 1;
    if (row.new !== null) newLine += 1;
    if (!near.has(at) || at >= ROWS_MAX) return void (hidden += 1);
    showHidden();
    body.append(tableRow(row, oldLine, newLine));
  });
  showHidden();
  const heads = names.map((name) => {
    const head = element('th', '', name);
    head.scope = 'col';
    head.colSpan = 2;
    return head;
  });
  const columns = ['line-number', '', 'line-number', ''].map((name) => element('col', name));
  const made = element('table', 'diff', element('caption', '', title), element('colgroup', '', ...columns), element('thead', '', element('tr', '', ...heads)), body);
  const scroller = element('div', 'diff-scroller', made);
  scroller.tabIndex = 0;
  scroller.setAttribute('role', 'region');
  scroller.setAttribute('aria-label', `Changes in ${title}`);
  return scroller;
}

/** @param {number} count */
function gap(count) {
  const cell = element('td', 'gap', count === 1 ? '1 more line' : `${count} more lines`);
  cell.colSpan = 4;
  return element('tr', '', cell);
}

/** @param {Row} row @param {number} oldLine @param {number} newLine */
function tableRow({ old, new: current }, oldLine, newLine) {
  const changed = old !== current;
  const side = (/** @type {string | null} */ text, /** @type {number} */ line, /** @type {string} */ kind, /** @type {string} */ word) => {
    const mark = changed && text !== null ? element('span', 'visually-hidden', `${word}: `) : '';
    return [
      element('td', text === null ? 'line-number none' : 'line-number', text === null ? '' : `${line}`),
      element('td', changed ? (text === null ? 'none' : kind) : '', mark, text ?? ''),
    ];
  };
  return element('tr', changed ? '' : 'same', ...side(old, oldLine, 'removed', 'removed'), ...side(current, newLine, 'added', 'added'));
}
