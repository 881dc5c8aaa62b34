// @ts-check
/**
 * A log in order: the handshake, each event in and its listeners, each request, each custom event out,
 * each ignored call, and each error with the line that a person typed. All of it is hostile text.
 */

import { button } from './dom.js';
import { inWords } from './ignored.js';
import { requestsIn } from './requests.js';
import { rowsOf } from './rows.js';
import { verdict } from './verdict.js';

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

/** Ignored calls, by place, whose rows are counted further. */
const IGNORED_MAX = 500;

/** @typedef {{source: string | null, line: number | null, column: number | null}} Place */

/**
 * @param {Record<import('./api.js').AreaName, import('./editor.js').Editor>} areas
 * @param {boolean} hasJar whether the app's code has cookies and storage
 * @param {(name: string) => string} whereTo the endpoints that would get an event of a visitor, in words; it may be empty
 */
export function timeline(areas, hasJar, whereTo) {
  const rows = rowsOf();
  const requests = requestsIn(rows);
  const judged = verdict(() => ({ sent: requests.all(), ...facts, hasJar }));
  /** @type {import('./places.js').Locate} */
  let locate = () => null;
  /** Rows of events that the frame has not confirmed. @type {Map<number, import('./rows.js').Row>} */
  const unconfirmed = new Map();
  /** Errors that handlers threw since the last confirmation, which names their event.
   * @type {{row: import('./rows.js').Row, text: string}[]} */
  let thrown = [];
  /** The run's row about the tab's history. @type {import('./rows.js').Row | null} */
  let history = null;
  /** The rows of ignored calls, by call and place. @type {Map<string, {row: import('./rows.js').Row, count: number}>} */
  const ignored = new Map();
  /** Where the code read `parent` first, which is how a message to the page above begins. @type {Place[]} */
  let parentRead = [];
  /** The run's row about such messages, and whether it has their place.
   * @type {{row: import('./rows.js').Row, count: number, placed: boolean} | null} */
  let strays = null;
  /** The code of this run. */
  let typed = { head: '', bodyEnd: '' };
  let facts = newFacts(typed, []);

  /** Adds the place of messages to the page above, once it is known: it takes another way than they do. */
  function placeStrays() {
    const found = strays && !strays.placed && placeOf(parentRead);
    if (!strays || !found) return;
    strays.placed = true;
    link(strays.row, found);
  }

  /** The first of some places that is in the snippets. @param {Place[]} places */
  function placeOf(places) {
    for (const { source, line, column } of places) {
      const found = locate(source, line, column);
      if (found) return found;
    }
    return null;
  }

  /** The place at which the snippets mention an address. @param {string | null} source @param {string} message */
  function mention(source, message) {
    for (const address of [source, ...(message.match(/https?:[^\s,]+/g) ?? [])]) {
      for (const area of /** @type {const} */ (['head', 'bodyEnd'])) {
        const at = address ? typed[area].indexOf(address) : -1;
        if (at < 0) continue;
        const before = typed[area].slice(0, at).split('\n');
        return { area, line: before.length, column: [...(before.at(-1) ?? '')].length + 1 };
      }
    }
    return null;
  }

  /** @param {NonNullable<ReturnType<typeof placeOf>>} found */
  const nameOf = ({ area, line }) => `${areas[area].title}, line ${line}`;

  /** @param {NonNullable<ReturnType<typeof placeOf>>} found */
  const goTo = ({ area, line, column }) => areas[area].jump(line, column);

  /** A row for an ignored call; more calls at the same place count in it. @param {string} call @param {string} text @param {Place[]} callers */
  function ignore(call, text, callers) {
    const { title, advice } = inWords(call);
    const found = placeOf(callers);
    const key = JSON.stringify([call, found ?? callers[0]]);
    if (ignored.size > IGNORED_MAX) ignored.clear();
    const known = ignored.get(key);
    if (known?.row.item.isConnected) {
      known.count += 1;
      known.row.note(`${advice} (${known.count} times)`, 'warn');
      return;
    }
    const row = rows.add('ignored', title, { call, text });
    row.note(advice, 'warn');
    if (found) link(row, found);
    ignored.set(key, { row, count: 1 });
  }

  /** @param {import('./rows.js').Row} row @param {NonNullable<ReturnType<typeof placeOf>>} found */
  function link(row, found) {
    row.item.append(button(nameOf(found), () => goTo(found), 'place'));
  }

  /* --- Reports of the preview (pages/preview.js) ------------------------------------------- */

  /** @type {Record<string, (report: any) => void>} */
  const reports = {
    state({ status, reason }) {
      facts.connected = status === 'ready';
      if (status === 'ready') requests.restart();
      if (status === 'ready') rows.add('state', 'Connected').note('the code is running', 'good');
      if (status === 'waiting' && reason === 'stalled') rows.add('error', 'Stopped').note(STALLED, 'bad');
      if (status !== 'failed') return;
      rows.add('error', 'Not connected').note(FAILURES[/** @type {keyof typeof FAILURES} */ (reason)], 'bad');
    },

    sent({ envelope }) {
      const sent = rows.add('in', envelope.name, envelope);
      sent.item.dataset.name = envelope.name;
      sent.note('waiting for the code');
      unconfirmed.set(envelope.seq, sent);
      requests.sent({ name: envelope.name, seq: envelope.seq, item: sent.item });
    },

    unfit({ message, problems }) {
      // One line for each problem.
      const [title, ...lines] = message.split('\n');
      lines.push('a mistake in the widget: the event was not sent');
      rows.add('refused', title, problems).note(lines.join('\n'), 'bad');
    },

    custom({ envelope }) {
      const custom = rows.add('out', envelope.name, envelope);
      custom.item.dataset.name = envelope.name;
      // Each on a line of its own.
      custom.note(['reached the parent page', whereTo(envelope.name)].filter(Boolean).join('\n'), 'good');
    },

    history({ added }) {
      // The row may have been cleared.
      if (!history?.item.isConnected) history = rows.add('error', 'Adds to the tab’s history');
      const entries = added === 1 ? '1 entry' : `${added} entries`;
      history.note(`${entries} so far; the Back button goes through them first. history.replaceState() adds none`, 'warn');
    },

    stray() {
      const { title, advice } = inWords('postMessage');
      // The row may have been cleared.
      if (!strays?.row.item.isConnected) strays = { row: rows.add('ignored', title), count: 0, placed: false };
      strays.count += 1;
      strays.row.note(strays.count === 1 ? advice : `${advice} (${strays.count} times)`, 'warn');
      placeStrays();
    },

    diagnostic({ diagnostic }) {
      diagnostics[diagnostic.type]?.(diagnostic);
    },
  };

  /** @type {Record<string, (diagnostic: any) => void>} */
  const diagnostics = {
    delivered({ seq, name, handlers, loading }) {
      const sent = unconfirmed.get(seq);
      unconfirmed.delete(seq);
      for (const { row, text } of thrown) row.note([`in a handler of ${name}`, text].filter(Boolean).join('; '));
      thrown = [];
      if (handlers > 0 && name !== facts.first) facts.heard += 1;
      if (handlers === 0) {
        const cause = loading ? `; ${loading} was still loading` : '';
        sent?.note(`No handler is subscribed to this event${cause}`, 'warn');
      } else sent?.note(handlers === 1 ? 'heard by 1 handler' : `heard by ${handlers} handlers`, 'good');
    },

    error(diagnostic) {
      const { kind, message, source, line, callers } = diagnostic;
      const found = placeOf([diagnostic, ...callers]) ?? (kind === 'resource' ? mention(source, message) : null);
      // Only lines of the snippet are shown: lines of the document cannot be looked up.
      const place = found ? { source: nameOf(found), line: found.line, column: found.column } : {};
      const { callers: _, ...detail } = { ...diagnostic, ...place };
      const row = rows.add('error', message, detail);
      const text = found || !source ? '' : line ? `${source}, line ${line}` : source;
      row.note(text);
      if (found) link(row, found);
      if (kind === 'handler') thrown.push({ row, text });
      if (kind !== 'resource' && kind !== 'jar') facts.errors.push({ message, place: found ? nameOf(found) : '', go: found && (() => goTo(found)) });
    },

    refused(diagnostic) {
      rows.add('refused', `emit('${diagnostic.name}')`, diagnostic).note(diagnostic.reason, 'bad');
    },

    cut_off(diagnostic) {
      const advice = 'it is still loading; handlers added after this hear earlier events only with { replay: true }';
      rows.add('error', `Events no longer wait for ${diagnostic.source ?? 'the document'}`, diagnostic).note(advice, 'warn');
    },

    dropped({ count }) {
      rows.add('refused', 'Too many reports').note(`${count} more reports were left out`, 'bad');
    },

    request: requests.request,
    answer: requests.answer,

    ignored({ call, text, callers }) {
      if (call !== 'parent') return ignore(call, text, callers);
      if (!placeOf(parentRead)) parentRead = callers;
      placeStrays();
    },
  };

  return {
    /**
     * Begins a new run.
     * @param {string} sentence
     * @param {import('./places.js').Locate} places
     * @param {import('./api.js').Code} code
     * @param {readonly import('./api.js').Finding[]} findings
     */
    begin(sentence, places, code, findings) {
      rows.begin();
      requests.begin();
      judged.begin();
      locate = places;
      unconfirmed.clear();
      ignored.clear();
      thrown = [];
      parentRead = [];
      strays = null;
      history = null;
      typed = code;
      facts = newFacts(code, findings);
      rows.add('run', sentence);
    },

    /** @param {any} report */
    add(report) {
      reports[report.type]?.(report);
      judged.changed();
    },

    /** A whole call begins, or was played. */
    callBegins() {
      requests.callBegins();
      facts.heard = 0;
      judged.begin();
    },
    callPlayed: judged.played,

    clear: rows.clear,
  };
}

/** The facts about a run that has just begun. @param {import('./api.js').Code} code @param {readonly import('./api.js').Finding[]} findings */
function newFacts(code, findings) {
  return {
    /** @type {import('./verdict.js').Failure[]} */
    errors: [],
    connected: false,
    heard: 0,
    /** The event of the widget's load, which is no event of the call. */
    first: 'widget_loaded',
    code: `${code.head}\n${code.bodyEnd}`,
    placeholders: findings.filter((finding) => finding.code === 'placeholder').map((finding) => wordAt(code[finding.area], finding)),
  };
}

/** The word at a place of the code. @param {string} text @param {{line: number, column: number}} place in characters */
function wordAt(text, { line, column }) {
  const rest = [...(text.split('\n')[line - 1] ?? '')].slice(column - 1).join('');
  return /^[^\s"'<>&,;)]+/.exec(rest)?.[0] ?? 'an ID';
}
