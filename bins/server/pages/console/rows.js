// @ts-check
/** The rows of the timeline: a list that keeps its end in view. */

import { byId, element, find } from './dom.js';

/** The most rows on screen; older ones go. */
const ROWS_MAX = 500;

/** Text alternatives for a row's kind, for people who see no colours or arrows. */
const KINDS = {
  run: ['', ''],
  state: ['●', 'State: '],
  in: ['→', 'Event in: '],
  out: ['←', 'Custom event out: '],
  request: ['↗', 'Request: '],
  error: ['✕', 'Error: '],
  refused: ['⊘', 'Refused: '],
  ignored: ['⊘', 'Ignored: '],
};

/**
 * @typedef {keyof typeof KINDS} Kind
 * @typedef {'good' | 'warn' | 'bad' | ''} Level
 * @typedef {{item: HTMLElement, rename: (title: string) => void, note: (text: string, level?: Level) => void}} Row
 * @typedef {ReturnType<typeof rowsOf>} Rows
 */

export function rowsOf() {
  const view = byId('timeline');
  const list = find(view, 'ol');
  let began = performance.now();

  // The end stays in view until the user scrolls up or opens a row to read it.
  let follows = true;
  let top = 0;
  view.addEventListener('scroll', () => {
    const isAtEnd = view.scrollTop + view.clientHeight >= view.scrollHeight - 24;
    // A row may have been added since the scrolling to the last one, so the direction counts.
    follows = isAtEnd || (follows && view.scrollTop >= top);
    top = view.scrollTop;
  });
  list.addEventListener('click', () => (follows = false));
  new ResizeObserver(() => {
    if (follows) view.scrollTop = view.scrollHeight;
  }).observe(list);

  const elapsed = () => `${((performance.now() - began) / 1000).toFixed(2)} s`;

  return {
    /** Begins a new run, whose times count from now. */
    begin() {
      began = performance.now();
      follows = true;
    },

    /**
     * Adds a row.
     * @param {Kind} kind @param {string} title
     * @param {unknown} [detail] shown as JSON when opened; a function is called then, and at
     *   each note
     * @returns {Row}
     */
    add(kind, title, detail) {
      const [sign, words] = KINDS[kind];
      const name = element('b', '', title);
      const noted = element('span', 'noted');
      const summary = element(
        detail === undefined ? 'div' : 'summary',
        'line',
        element('span', 'time', kind === 'run' ? '' : elapsed()),
        element('span', 'sign', sign),
        element('span', 'what', element('span', 'visually-hidden', words), name, ' ', noted),
      );
      find(summary, '.sign').setAttribute('aria-hidden', 'true');
      const [content, write] = detail === undefined ? [summary] : opensTo(summary, detail);
      const item = element('li', kind, content);
      list.append(item);
      while (list.childElementCount > ROWS_MAX) list.firstElementChild?.remove();
      return {
        item,
        rename: (text) => void (name.textContent = text),
        note(text, level) {
          noted.textContent = text;
          if (level !== undefined) noted.dataset.level = level;
          write?.();
        },
      };
    },

    /** Shows a row and gives it the focus. @param {HTMLElement} item */
    show(item) {
      follows = false;
      item.tabIndex = -1;
      item.focus();
      item.scrollIntoView({ block: 'nearest' });
    },

    clear: () => list.replaceChildren(),
  };
}

/** Adds a detail, written out only when opened: 16 KiB of JSON can be ten times as much indented.
 * @param {HTMLElement} summary @param {unknown} detail
 * @returns {[HTMLElement, () => void]} also a function that writes it again, if it is open */
function opensTo(summary, detail) {
  const text = element('pre');
  const details = element('details', '', summary, text);
  const write = () => {
    if (details.open) text.textContent = JSON.stringify(typeof detail === 'function' ? detail() : detail, null, 2);
  };
  details.addEventListener('toggle', () => {
    write();
    if (details.open) details.scrollIntoView({ block: 'nearest' });
  });
  return [details, write];
}
