// @ts-check
/**
 * Diagnostics: reports about the frame, for the author of its code. They contain untrusted text and
 * data of visitors, so they go to one callback and never to parent pages.
 */

import { tokenBucket } from './host/bucket.js';
import { own } from './host/own.js';
import { DIAGNOSTIC_LIMITS } from './shared/limits.js';

export { DIAGNOSTIC_LIMITS };

/**
 * All text in a diagnostic is untrusted.
 *
 * @typedef {{type: 'delivered', seq: number, name: string, handlers: number}} Delivered the frame
 *   has run this many handlers for a widget event
 * @typedef {{
 *   type: 'error',
 *   kind: 'script' | 'handler' | 'rejection' | 'resource' | 'csp' | 'jar',
 *   message: string,
 *   source: string | null,
 *   line: number | null,
 *   column: number | null,
 * }} CodeError an uncaught error, an error thrown by a handler of `on`, an unhandled rejection, a
 *   resource that did not load, a policy violation, or an entry that the jar refused;
 *   `source` is a URL without query and fragment, line and column count from 1
 * @typedef {{type: 'refused', name: string, reason: string}} RefusedEmit a refused emit
 * @typedef {{type: 'dropped', count: number}} Dropped the number of diagnostics that exceeded the limit
 * @typedef {{type: 'cut_off', source: string | null}} CutOff events waited for the document to be
 *   parsed, until the deadline; `source` is the URL of the script that had not loaded by then,
 *   without query and fragment. A handler added later gets these events only with `{replay: true}`
 * @typedef {Delivered | CodeError | RefusedEmit | Dropped | CutOff} Diagnostic
 */

const ERROR_FIELDS = ['kind', 'message', 'source', 'line', 'column', 'stack'];

const KINDS = ['script', 'handler', 'rejection', 'resource', 'csp', 'jar'];

/** An explanation, for the author of the code, of each reason for which the host refuses an emit.
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

/** The message of an error whose details the browser hides. */
const MUTED = 'Script error.';
const MUTED_EXPLAINED =
  'an error whose details the browser hides, as it does for scripts from other sites unless they are ' +
  'loaded with CORS (the attribute crossorigin)';

/** The largest number accepted as a line, column or count. */
const NUMBER_MAX = 2 ** 31;

/**
 * A stack line that names a location: `    at f (URL:1:2)` or `    at URL:1:2` in Chromium, `f@URL:1:2`
 * in Firefox and WebKit.
 */
const STACK_LINE = /^(?: +at (?:async )?(?:.*\()?|[^@\n]*@)((?:https?|blob):[^\s()]+):(\d{1,9}):(\d{1,9})\)?$/m;

/**
 * Reads a diagnostic other than a delivery report, which must match an event.
 *
 * @param {any} data
 * @returns {CodeError | RefusedEmit | Dropped | CutOff | null} null if it is not a valid diagnostic
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
  // The query of a blocked URL may identify the visitor. Only Chromium puts a word in front.
  const text = kind === 'csp' ? message.replace(/[?#].*/s, '') : message.replace(/^Uncaught /, '');
  return { type: 'error', kind, message: text, ...(place ?? nowhere) };
}

/** Returns the first location that a stack names. The frame may have forged the stack.
 * @param {string} stack */
function placeInStack(stack) {
  const found = STACK_LINE.exec(stack);
  return found && { source: bareUrl(found[1]), line: Number(found[2]) || null, column: Number(found[3]) || null };
}

/**
 * Removes the parts of a URL that may identify the visitor: query, fragment, user. If it holds data or
 * names an object, only the scheme remains.
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
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
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

  /** Returns whether it was passed on. @param {Diagnostic} diagnostic @param {number} now */
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
   * Takes a delivery report. Each event that was sent has only one, so reports need no other limit.
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
        // A frame that never reports must not fill the memory: the oldest event is forgotten.
        if (unreported.size > DIAGNOSTIC_LIMITS.unreported_max) unreported.delete(unreported.keys().next().value);
      }
    },

    /**
     * Takes a message from the frame. (The shim itself keeps the limits: messages beyond them are a
     * flood from other code.)
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

    /**
     * Reports that the host refused an emit.
     * @param {unknown} name as the frame sent it @param {string} reason a key of `REFUSALS` @param {number} now
     */
    refused(name, reason, now) {
      const text = typeof name === 'string' ? name.slice(0, DIAGNOSTIC_LIMITS.diagnostic_units_max) : typeof name;
      pass({ type: 'refused', name: text, reason: REFUSALS[reason] }, now);
    },

    /** Forgets the frame, which was removed or replaced. */
    stop() {
      clearTimeout(timer);
      dropped = 0;
      unreported.clear();
    },
  };
}
