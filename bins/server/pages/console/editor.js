// @ts-check
/** A text area for code: line numbers, Tab, the size, and findings that link to their places. */

import { announce, button, byId, element, find, withCode } from './dom.js';
import { changeOf, fixable } from './fixes.js';

/**
 * @typedef {import('./api.js').Finding} Finding
 * @typedef {object} Editor
 * @property {string} text
 * @property {string} title the area's name on screen
 * @property {(code: string, select?: RegExp) => void} append adds code at the end, as if it were
 *   typed, and selects the part that a person has to replace
 * @property {(line: number, column: number) => void} jump
 * @property {(findings: Finding[], checked: string) => void} show shows what a check of this text found
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
  const gutter = gutterOf(section, area);

  function changed() {
    gutter.number();
    showSize(byId(`${id}-size`), encoder.encode(area.value).length, bytesMax);
  }

  area.addEventListener('input', () => {
    changed();
    onInput();
  });
  area.addEventListener('keydown', tabIndents(area));

  /** @param {number} line @param {number} column from 1, in characters */
  function jump(line, column) {
    const lines = area.value.split('\n');
    const at = Math.min(line, lines.length) - 1;
    const before = lines.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
    // Columns count characters; a text area counts UTF-16 units.
    const start = before + [...lines[at]].slice(0, column - 1).join('').length;
    area.focus();
    area.setSelectionRange(start, before + lines[at].length);
    gutter.reveal(at);
  }

  /** Applies fixes, as if they were typed. @param {Finding[]} chosen @param {string} checked the text that they are for */
  function apply(chosen, checked) {
    const change = changeOf(checked, chosen);
    if (change === null) return;
    if (area.value !== checked) return announce('The code has changed since; it is being checked again.');
    area.focus();
    area.setSelectionRange(change.start, change.end);
    insert(area, change.text);
    gutter.reveal(area.value.slice(0, change.start).split('\n').length - 1);
    announce(chosen.length === 1 ? 'The fix was applied.' : `${chosen.length} fixes were applied.`);
  }

  return {
    title,
    get text() {
      return area.value;
    },
    set text(text) {
      area.value = text;
      changed();
    },
    append(code, select) {
      const end = area.value.length;
      const separator = area.value === '' || area.value.endsWith('\n') ? '' : '\n';
      area.focus();
      area.setSelectionRange(end, end);
      insert(area, separator + code);
      const found = select?.exec(code);
      const start = end + separator.length + (found?.index ?? 0);
      area.setSelectionRange(start, start + (found?.[0].length ?? 0));
      gutter.reveal(area.value.slice(0, start).split('\n').length - 1);
    },
    jump,
    show(findings, checked) {
      gutter.mark(findings);
      showFindings(section, findings, jump, (chosen) => apply(chosen, checked));
    },
  };
}

/** Replaces the selection as if by typing, so that it can be undone.
 * @param {HTMLTextAreaElement} area @param {string} text */
function insert(area, text) {
  // Deprecated, but the only way that keeps the text area's own undo history.
  if (!document.execCommand('insertText', false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new Event('input'));
  }
}

/**
 * Tab indents and Shift+Tab outdents. A Tab after Esc moves the focus on, so that keyboard users are not
 * trapped here.
 * @param {HTMLTextAreaElement} area
 */
function tabIndents(area) {
  let leaving = false;
  /** @param {KeyboardEvent} event */
  return (event) => {
    if (event.key !== 'Tab' || event.ctrlKey || event.altKey || event.metaKey || leaving) {
      leaving = event.key === 'Escape' || (leaving && event.key === 'Shift');
      return;
    }
    event.preventDefault();
    if (!event.shiftKey && area.selectionStart === area.selectionEnd) insert(area, '  ');
    else shiftLines(area, event.shiftKey);
  };
}

/** Indents or outdents the selected lines.
 * @param {HTMLTextAreaElement} area @param {boolean} back */
function shiftLines(area, back) {
  const { value, selectionStart, selectionEnd } = area;
  const isCaret = selectionStart === selectionEnd;
  const start = value.slice(0, selectionStart).lastIndexOf('\n') + 1;
  // A selection that ends at the start of a line includes nothing of that line.
  const last = !isCaret && value[selectionEnd - 1] === '\n' ? selectionEnd - 1 : selectionEnd;
  const newline = value.indexOf('\n', last);
  const end = newline < 0 ? value.length : newline;
  const lines = value.slice(start, end);
  const shifted = back ? lines.replace(/^ {1,2}/gm, '') : lines.replace(/^/gm, '  ');
  if (shifted === lines) return;
  area.setSelectionRange(start, end);
  insert(area, shifted);
  const to = Math.max(start, selectionEnd + shifted.length - lines.length);
  area.setSelectionRange(isCaret ? to : start, to);
}

/** @param {HTMLElement} counter @param {number} bytes @param {number} bytesMax */
function showSize(counter, bytes, bytesMax) {
  const kilobytes = (/** @type {number} */ count) => (count / 1024).toLocaleString([], { maximumFractionDigits: 1 });
  counter.textContent = `${kilobytes(bytes)} of ${kilobytes(bytesMax)} KB`;
  counter.classList.toggle('over', bytes > bytesMax);
}

/** Adds line numbers, which scroll with the text. Lines do not wrap, so each has the same height.
 * @param {HTMLElement} section @param {HTMLTextAreaElement} area */
function gutterOf(section, area) {
  const gutter = find(section, '.gutter');
  const numbers = find(section, '.numbers');
  const lineHeight = () => parseFloat(getComputedStyle(area).lineHeight);
  let count = 0;
  area.addEventListener('scroll', () => (gutter.scrollTop = area.scrollTop));

  return {
    number() {
      const lines = area.value.split('\n').length;
      if (lines === count) return;
      count = lines;
      numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join('\n');
    },

    /** @param {number} at the line, from 0 */
    reveal(at) {
      const height = lineHeight();
      const top = at * height;
      const visible = top >= area.scrollTop && top + height <= area.scrollTop + area.clientHeight;
      if (!visible) area.scrollTop = Math.max(0, top - area.clientHeight / 3);
    },

    /** @param {Finding[]} findings */
    mark(findings) {
      for (const old of gutter.querySelectorAll('.mark')) old.remove();
      const height = lineHeight();
      for (const { line, severity } of findings) {
        const mark = element('span', 'mark');
        mark.dataset.severity = severity;
        mark.style.top = `${(line - 1) * height}px`;
        gutter.append(mark);
      }
    },
  };
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
  if (errors > 0) return `${count(errors, 'problem')} to fix before saving`;
  if (warnings > 0) return `${count(warnings, 'warning')}: the code runs, but part of it may not work`;
  return 'No problems found';
}
