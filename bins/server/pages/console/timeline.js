// @ts-check
/**
 * A log in order: the handshake, each event in and its listeners, each custom event out, and each error
 * with the line that a person typed. All of it is hostile text.
 */

import { button, byId, element, find } from './dom.js';

/** The most rows on screen; older ones go. */
const ROWS_MAX = 500;

/** Text alternatives for a row's kind, for people who see no colours or arrows. */
const KINDS = {
  run: ['', ''],
  state: ['●', 'State: '],
  in: ['→', 'Event in: '],
  out: ['←', 'Custom event out: '],
  error: ['✕', 'Error: '],
  refused: ['⊘', 'Refused: '],
};

/** The text for a first stall. */
const STALLED = 'the code stalled the page; it runs once more in 5 s';

/** Reasons for a missing connection. */
const FAILURES = {
  no_widget: 'the preview did not answer within 10 s; run it again',
  refused: 'the document did not answer within 10 s; it may be busy or blocked',
  hung: 'the code does not answer: it may be in a loop, or at a breakpoint',
  navigated: 'the code navigated away and was stopped',
  flooded: 'the code sent too many messages and was stopped',
  stalled: 'the code stalled the page again and was stopped',
  scrolled: 'the code repeatedly scrolled the page to itself and was stopped',
  focus_theft: 'the code took the focus and was stopped',
  closed: 'the code sent a message outside the protocol and was stopped',
};

/** @typedef {keyof typeof KINDS} Kind @typedef {{note: (text: string, level?: 'good' | 'warn' | 'bad') => void}} Row */

/** @param {Record<import('./api.js').AreaName, import('./editor.js').Editor>} areas */
export function timeline(areas) {
  const view = byId('timeline');
  const list = find(view, 'ol');
  let began = performance.now();
  /** @type {import('./places.js').Locate} */
  let locate = () => null;
  /** Rows of events that the frame has not confirmed. @type {Map<number, Row>} */
  const unconfirmed = new Map();
  /** The run's row about the tab's history. @type {ReturnType<typeof row> | null} */
  let history = null;

  /**
   * @param {Kind} kind @param {string} title @param {unknown} [detail] shown as JSON when opened
   * @returns {Row & {item: HTMLElement}}
   */
  function row(kind, title, detail) {
    const [sign, words] = KINDS[kind];
    const noted = element('span', 'noted');
    const summary = element(
      detail === undefined ? 'div' : 'summary',
      'line',
      element('span', 'time', kind === 'run' ? '' : elapsed()),
      element('span', 'sign', sign),
      element('span', 'what', element('span', 'visually-hidden', words), element('b', '', title), ' ', noted),
    );
    find(summary, '.sign').setAttribute('aria-hidden', 'true');
    const item = element('li', kind, detail === undefined ? summary : opensTo(summary, detail));
    append(item);
    return {
      item,
      note(text, level) {
        noted.textContent = text;
        if (level) noted.dataset.level = level;
      },
    };
  }

  /** Adds a detail, written out only when opened: 16 KiB of JSON can be ten times as much indented.
   * @param {HTMLElement} summary @param {unknown} detail */
  function opensTo(summary, detail) {
    const text = element('pre');
    const details = element('details', '', summary, text);
    details.addEventListener('toggle', () => {
      if (!details.open) return;
      text.textContent = JSON.stringify(detail, null, 2);
      details.scrollIntoView({ block: 'nearest' });
    });
    return details;
  }

  const elapsed = () => `${((performance.now() - began) / 1000).toFixed(2)} s`;

  /** @param {HTMLElement} item */
  function append(item) {
    list.append(item);
    while (list.childElementCount > ROWS_MAX) list.firstElementChild?.remove();
  }

  // The end stays in view until the user scrolls up or opens a row to read it.
  let follows = true;
  view.addEventListener('scroll', () => {
    follows = view.scrollTop + view.clientHeight >= view.scrollHeight - 24;
  });
  list.addEventListener('click', () => (follows = false));
  new ResizeObserver(() => {
    if (follows) view.scrollTop = view.scrollHeight;
  }).observe(list);

  /* --- Reports of the preview (pages/preview.js) ------------------------------------------- */

  /** @type {Record<string, (report: any) => void>} */
  const reports = {
    state({ status, reason }) {
      if (status === 'ready') row('state', 'Connected').note('the code is running', 'good');
      if (status === 'waiting' && reason === 'stalled') row('error', 'Stopped').note(STALLED, 'bad');
      if (status !== 'failed') return;
      row('error', 'Not connected').note(FAILURES[/** @type {keyof typeof FAILURES} */ (reason)], 'bad');
    },

    sent({ envelope }) {
      const sent = row('in', envelope.name, envelope);
      sent.item.dataset.name = envelope.name;
      sent.note('waiting for the code');
      unconfirmed.set(envelope.seq, sent);
    },

    unfit({ message, problems }) {
      // One line for each problem.
      const [title, ...lines] = message.split('\n');
      lines.push('a mistake in the widget: the event was not sent');
      row('refused', title, problems).note(lines.join('\n'), 'bad');
    },

    custom({ envelope }) {
      const custom = row('out', envelope.name, envelope);
      custom.item.dataset.name = envelope.name;
      custom.note('reached the parent page', 'good');
    },

    history({ added }) {
      // The row may have been cleared.
      if (!history?.item.isConnected) history = row('error', 'Adds to the tab’s history');
      const entries = added === 1 ? '1 entry' : `${added} entries`;
      history.note(`${entries} so far; the Back button goes through them first. history.replaceState() adds none`, 'warn');
    },

    diagnostic({ diagnostic }) {
      diagnostics[diagnostic.type]?.(diagnostic);
    },
  };

  /** @type {Record<string, (diagnostic: any) => void>} */
  const diagnostics = {
    delivered({ seq, handlers }) {
      const sent = unconfirmed.get(seq);
      unconfirmed.delete(seq);
      if (handlers === 0) sent?.note('No handler is subscribed to this event', 'warn');
      else sent?.note(handlers === 1 ? 'heard by 1 handler' : `heard by ${handlers} handlers`, 'good');
    },

    error(diagnostic) {
      const { message, source, line, column } = diagnostic;
      const found = locate(source, line, column);
      if (!found) {
        row('error', message, diagnostic).note(source && line ? `${source}, line ${line}` : source ?? '');
        return;
      }
      // Only lines of the snippet are shown: lines of the document cannot be looked up.
      const area = areas[found.area];
      const detail = { ...diagnostic, source: area.title, line: found.line, column: found.column };
      const go = button(`${area.title}, line ${found.line}`, () => area.jump(found.line, found.column), 'place');
      row('error', message, detail).item.append(go);
    },

    refused(diagnostic) {
      row('refused', `emit('${diagnostic.name}')`, diagnostic).note(diagnostic.reason, 'bad');
    },

    cut_off(diagnostic) {
      const advice = 'it is still loading; handlers added after this hear earlier events only with { replay: true }';
      row('error', `Events no longer wait for ${diagnostic.source ?? 'the document'}`, diagnostic).note(advice, 'warn');
    },

    dropped({ count }) {
      row('refused', 'Too many reports').note(`${count} more reports were left out`, 'bad');
    },
  };

  return {
    /** Begins a new run. @param {string} sentence @param {import('./places.js').Locate} places */
    begin(sentence, places) {
      began = performance.now();
      follows = true;
      locate = places;
      unconfirmed.clear();
      history = null;
      row('run', sentence);
    },

    /** @param {any} report */
    add(report) {
      reports[report.type]?.(report);
    },

    clear: () => list.replaceChildren(),
  };
}
