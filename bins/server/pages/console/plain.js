// @ts-check
/** The surface of an editor without a library: a text area with line numbers, in which Tab indents. */

import { element, find } from './dom.js';

/** @typedef {import('./api.js').Finding} Finding */

/**
 * The surface that an editor types on. Positions are in UTF-16 units.
 *
 * @typedef {object} Surface
 * @property {string} text
 * @property {(start: number, end: number, text: string) => void} replace as if by typing, so that it can be
 *   undone; it has the focus then
 * @property {(start: number, end: number) => void} select gives it the focus, and shows the place
 * @property {(findings: Finding[]) => void} mark marks the lines of findings
 * @property {() => {start: number, end: number}} selection
 */

/**
 * @param {HTMLTextAreaElement} area @param {HTMLElement} section @param {() => void} onInput
 * @returns {Surface}
 */
export function plain(area, section, onInput) {
  const gutter = gutterOf(section, area);
  area.addEventListener('input', () => {
    gutter.number();
    onInput();
  });
  area.addEventListener('keydown', tabIndents(area));
  return {
    get text() {
      return area.value;
    },
    set text(text) {
      area.value = text;
      gutter.number();
    },
    replace(start, end, text) {
      area.focus();
      area.setSelectionRange(start, end);
      insert(area, text);
    },
    select(start, end) {
      area.focus();
      area.setSelectionRange(start, end);
      gutter.reveal(area.value.slice(0, start).split('\n').length - 1);
    },
    mark: gutter.mark,
    selection: () => ({ start: area.selectionStart, end: area.selectionEnd }),
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
