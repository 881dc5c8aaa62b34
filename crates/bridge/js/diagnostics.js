// @ts-check
/**
 * Diagnostics: what happened in the frame, for the person who wrote its code. They carry what
 * strangers wrote and what visitors brought, so they go to one callback and never to parent pages.
 */

import { tokenBucket } from './host/bucket.js';
import { own } from './host/own.js';

/** Bounds on what a frame may report (crates/bridge/src/limits.rs). */
export const DIAGNOSTIC_LIMITS = {
  diagnostic_units_max: 1024,
  diagnostic_burst: 20,
  diagnostics_per_second: 5,
  dropped_delay_ms: 1000,
  handlers_max: 1000000,
  unreported_max: 1024,
};

/**
 * All text in a diagnostic is that of a stranger.
 *
 * @typedef {{type: 'delivered', seq: number, name: string, handlers: number}} Delivered the frame
 *   has handed a widget event to so many handlers, and they have run
 * @typedef {{
 *   type: 'error',
 *   kind: 'script' | 'handler' | 'rejection' | 'resource' | 'csp' | 'jar',
 *   message: string,
 *   source: string | null,
 *   line: number | null,
 *   column: number | null,
 * }} CodeError an uncaught error, one that a handler of `on` threw, a rejection that nobody handles,
 *   something that did not load, that a policy forbids, or that the jar did not take;
 *   `source` is a URL without query and fragment, line and column count from 1 in it
 * @typedef {{type: 'refused', name: string, reason: string}} RefusedEmit an emit that was not taken
 * @typedef {{type: 'dropped', count: number}} Dropped so many were left out: there were too many
 * @typedef {{type: 'cut_off', source: string | null}} CutOff events waited for the document to be
 *   parsed, and do not wait any longer; `source` is the URL of the script that had not come by then,
 *   without query and fragment. A handler that comes later hears those by `{replay: true}` only
 * @typedef {Delivered | CodeError | RefusedEmit | Dropped | CutOff} Diagnostic
 */

const ERROR_FIELDS = ['kind', 'message', 'source', 'line', 'column', 'stack'];

const KINDS = ['script', 'handler', 'rejection', 'resource', 'csp', 'jar'];

/** What is said of each reason for which the host refuses an emit, to the person who wrote the code.
 * @type {Record<string, string>} */
const REFUSALS = {
  too_many: 'too many events: at most 20 a second',
  form: 'a name begins with a letter, goes on with letters, digits, "_", "-" and ".", and has 64 characters at most',
  reserved: 'names that begin with "c2c" are reserved',
  looks_built_in: 'the name looks like that of an event of the widget',
  not_json: 'the data is not JSON text',
  too_large: 'the data is too large',
  not_an_object: 'the data is not an object',
  context: 'the key "context" is reserved',
  too_deep: 'the data is too deep',
  prototype: 'the key "__proto__" is reserved',
};

/** What browsers call an error that they say no more about. */
const MUTED = 'Script error.';
const MUTED_EXPLAINED =
  'an error whose details the browser hides, as it does for scripts from other sites unless they are ' +
  'loaded with CORS (the attribute crossorigin)';

/** Greater numbers than this are no line, no column and no count. */
const NUMBER_MAX = 2 ** 31;

/**
 * A line of a stack with a place: `    at f (URL:1:2)` or `    at URL:1:2` in Chromium, `f@URL:1:2`
 * in Firefox and WebKit.
 */
const STACK_LINE = /^(?: +at (?:async )?(?:.*\()?|[^@\n]*@)((?:https?|blob):[^\s()]+):(\d{1,9}):(\d{1,9})\)?$/m;

/**
 * Reads what has a form of its own. (A report of a delivery has not: it must match an event.)
 *
 * @param {any} data
 * @returns {CodeError | RefusedEmit | Dropped | CutOff | null} null if it has not the form of a diagnostic
 */
function readDiagnostic(data) {
  const [name, reason, count, source] = ['name', 'reason', 'count', 'source'].map((key) => own(data, key));
  switch (own(data, 'type')) {
    case 'error':
      return readError(data);
    case 'refused':
      if (!isText(name) || !isText(reason)) return null;
      return { type: 'refused', name, reason };
    case 'dropped':
      if (!isNumber(count) || count === 0) return null;
      return { type: 'dropped', count };
    case 'cut_off':
      return isText(source) ? { type: 'cut_off', source: bareUrl(source) } : null;
    default:
      return null;
  }
}

/** @param {any} data @returns {CodeError | null} */
function readError(data) {
  const [kind, message, source, line, column, stack] = ERROR_FIELDS.map((key) => own(data, key));
  if (!KINDS.includes(kind) || ![message, source, stack].every(isText)) return null;
  if (!isNumber(line) || !isNumber(column)) return null;
  const nowhere = { source: null, line: null, column: null };
  if (message === MUTED && line === 0) return { type: 'error', kind, message: MUTED_EXPLAINED, ...nowhere };
  const place =
    source === '' ? placeInStack(stack) : { source: bareUrl(source), line: line || null, column: column || null };
  // Chromium alone puts a word in front.
  // Of a URL that was blocked the query may say who the visitor is.
  const text = kind === 'csp' ? message.replace(/[?#].*/s, '') : message.replace(/^Uncaught /, '');
  return { type: 'error', kind, message: text, ...(place ?? nowhere) };
}

/** The first place that a stack names. Only the frame knows whether the stack is true.
 * @param {string} stack */
function placeInStack(stack) {
  const found = STACK_LINE.exec(stack);
  return found && { source: bareUrl(found[1]), line: Number(found[2]) || null, column: Number(found[3]) || null };
}

/**
 * A URL without what may say who the visitor is: query, fragment, user. Of those that hold data or
 * name an object only the scheme is left.
 * @param {string} text
 */
function bareUrl(text) {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, pathname } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? origin + pathname : protocol;
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string' && value.length <= DIAGNOSTIC_LIMITS.diagnostic_units_max;
}

/** @param {unknown} value @returns {value is number} */
function isNumber(value) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) <= NUMBER_MAX;
}

/**
 * The diagnostics of one mount: what came from the frame, and what the host itself refused.
 *
 * @typedef {ReturnType<typeof diagnosticsTo>} Diagnostics
 * @param {(diagnostic: Diagnostic) => void} onDiagnostic
 */
export function diagnosticsTo(onDiagnostic) {
  const takes = tokenBucket(DIAGNOSTIC_LIMITS.diagnostic_burst, DIAGNOSTIC_LIMITS.diagnostics_per_second);
  let dropped = 0;
  let timer = 0;
  /** The names of the events that were sent and not yet reported as delivered, by `seq`.
   * @type {Map<unknown, string>} */
  const unreported = new Map();

  /** Whether it was passed on. @param {Diagnostic} diagnostic @param {number} now */
  function pass(diagnostic, now) {
    if (takes(now)) {
      onDiagnostic(diagnostic);
      return true;
    }
    if (dropped === 0) timer = window.setTimeout(tellDropped, DIAGNOSTIC_LIMITS.dropped_delay_ms);
    dropped += diagnostic.type === 'dropped' ? diagnostic.count : 1;
    return false;
  }

  function tellDropped() {
    const count = dropped;
    dropped = 0;
    onDiagnostic({ type: 'dropped', count });
  }

  /**
   * One report for each event that was sent: so these need no other limit.
   * @param {any} seq @param {unknown} handlers
   */
  function takeReport(seq, handlers) {
    const name = unreported.get(seq);
    if (name === undefined || !isNumber(handlers) || handlers > DIAGNOSTIC_LIMITS.handlers_max) return 'garbage';
    unreported.delete(seq);
    onDiagnostic({ type: 'delivered', seq, name, handlers });
    return 'passed';
  }

  return {
    /** @param {readonly {seq: number, name: string}[]} events */
    sent(events) {
      for (const { seq, name } of events) {
        unreported.set(seq, name);
        // A frame that never reports must not fill the memory: the oldest is given up.
        if (unreported.size > DIAGNOSTIC_LIMITS.unreported_max) unreported.delete(unreported.keys().next().value);
      }
    },

    /**
     * Takes what the frame says. (The shim keeps the limits by itself: what goes beyond them is a
     * flood by somebody else.)
     * @param {any} data an object
     * @param {number} now in milliseconds
     * @returns {'passed' | 'refused' | 'garbage'}
     */
    take(data, now) {
      if (own(data, 'type') === 'delivered') return takeReport(own(data, 'seq'), own(data, 'handlers'));
      const diagnostic = readDiagnostic(data);
      if (diagnostic === null) return 'garbage';
      return pass(diagnostic, now) ? 'passed' : 'refused';
    },

    /** @param {unknown} name whatever the frame gave for one @param {string} reason a key of `REFUSALS` @param {number} now */
    refused(name, reason, now) {
      const text = typeof name === 'string' ? name.slice(0, DIAGNOSTIC_LIMITS.diagnostic_units_max) : typeof name;
      pass({ type: 'refused', name: text, reason: REFUSALS[reason] }, now);
    },

    /** The frame is gone, perhaps for another. */
    stop() {
      clearTimeout(timer);
      dropped = 0;
      unreported.clear();
    },
  };
}
