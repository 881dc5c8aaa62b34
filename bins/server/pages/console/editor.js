// @ts-check
/** An editor for code: its surface, the size, and findings that link to their places and offer fixes. */

import { announce, button, byId, element, find, withCode } from './dom.js';
import { changeOf, fixable } from './fixes.js';
import { plain } from './plain.js';

/**
 * @typedef {import('./api.js').Finding} Finding
 * @typedef {import('./plain.js').Surface} Surface
 * @typedef {object} Editor
 * @property {string} text
 * @property {string} title the area's name on screen
 * @property {(code: string, select?: RegExp) => void} append adds code at the end, as if it were
 *   typed, and selects the part that a person has to replace
 * @property {(line: number, column: number) => void} jump
 * @property {(findings: Finding[], checked: string) => void} show shows what a check of this text found
 * @property {(make: typeof import('./rich.js').rich, events: import('./reference.js').Event[]) => void} enrich
 *   replaces the text area by the surface of a library
 */

const encoder = new TextEncoder();

/**
 * @param {string} id of the text area
 * @param {number} bytesMax the most bytes that the server accepts
 * @param {() => void} onInput
 * @returns {Editor}
 */
export function editor(id, bytesMax, onInput) {
  const area = /** @type {HTMLTextAreaElement} */ (byId(id));
  const section = /** @type {HTMLElement} */ (area.closest('.area'));
  const title = find(section, 'label').textContent ?? '';
  /** @type {Surface} */
  let surface = plain(area, section, typed);
  /** The last shown findings, and the text that they are for. */
  let shown = { findings: /** @type {Finding[]} */ ([]), checked: '' };

  const showLength = () => showSize(byId(`${id}-size`), encoder.encode(surface.text).length, bytesMax);

  function typed() {
    showLength();
    onInput();
  }

  /** @param {number} line @param {number} column from 1, in characters */
  function jump(line, column) {
    const lines = surface.text.split('\n');
    const at = Math.min(line, lines.length) - 1;
    const before = lines.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
    // Columns count characters; positions count UTF-16 units.
    const start = before + [...lines[at]].slice(0, column - 1).join('').length;
    surface.select(start, before + lines[at].length);
  }

  /** Applies fixes, as if they were typed. @param {Finding[]} chosen @param {string} checked the text that they are for */
  function apply(chosen, checked) {
    const change = changeOf(checked, chosen);
    if (change === null) return;
    if (surface.text !== checked) return announce('The code has changed since; it is being checked again.');
    surface.replace(change.start, change.end, change.text);
    announce(chosen.length === 1 ? 'The fix was applied.' : `${chosen.length} fixes were applied.`);
  }

  return {
    title,
    get text() {
      return surface.text;
    },
    set text(text) {
      surface.text = text;
      showLength();
    },
    append(code, select) {
      const { text } = surface;
      const separator = text === '' || text.endsWith('\n') ? '' : '\n';
      surface.replace(text.length, text.length, separator + code);
      const found = select?.exec(code);
      const start = text.length + separator.length + (found?.index ?? 0);
      surface.select(start, start + (found?.[0].length ?? 0));
    },
    jump,
    show(findings, checked) {
      shown = { findings, checked };
      surface.mark(findings);
      showFindings(section, findings, jump, (chosen) => apply(chosen, checked));
    },
    enrich(make, events) {
      const hadFocus = document.activeElement === area;
      const { start, end } = surface.selection();
      surface = make({ area, section, events, onInput: typed, apply: (finding) => apply([finding], shown.checked) });
      if (hadFocus) surface.select(start, end);
      surface.mark(shown.findings);
    },
  };
}

/** @param {HTMLElement} counter @param {number} bytes @param {number} bytesMax */
function showSize(counter, bytes, bytesMax) {
  const kilobytes = (/** @type {number} */ count) => (count / 1024).toLocaleString([], { maximumFractionDigits: 1 });
  counter.textContent = `${kilobytes(bytes)} of ${kilobytes(bytesMax)} KB`;
  counter.classList.toggle('over', bytes > bytesMax);
}

/**
 * @param {HTMLElement} section @param {Finding[]} findings @param {Editor['jump']} jump
 * @param {(chosen: Finding[]) => void} apply
 */
function showFindings(section, findings, jump, apply) {
  const verdict = find(section, '.verdict');
  verdict.textContent = summary(findings);
  verdict.dataset.severity = findings.some(({ severity }) => severity === 'error') ? 'error' : findings.length > 0 ? 'warning' : '';
  const all = fixable(findings);
  const fixAll = all.length > 1 ? [button(`Fix all ${all.length}`, () => apply(all), 'small')] : [];
  find(section, '.fix-all').replaceChildren(...fixAll);
  find(section, '.findings ol').replaceChildren(
    ...findings.map((finding) => {
      const { severity, line, column, message, help, fix } = finding;
      const place = button(`Line ${line}, column ${column}`, () => jump(line, column), 'place');
      const item = element('li', '', place, ': ', ...withCode(message), '. ', element('span', 'hint', ...withCode(help)));
      if (fix) item.append(' ', button('Apply fix', () => apply([finding]), 'place'));
      item.dataset.severity = severity;
      return item;
    }),
  );
}

/** @param {Finding[]} findings */
function summary(findings) {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const count = (/** @type {number} */ n, /** @type {string} */ word) => (n === 1 ? `1 ${word}` : `${n} ${word}s`);
  if (errors > 0) return `${count(errors, 'problem')} to fix before publishing`;
  if (warnings > 0) return `${count(warnings, 'warning')}: the code runs, but part of it may not work`;
  return 'No problems found';
}
