// @ts-check
/**
 * Diagnostics: reports about the frame, for the author of its code. They contain untrusted text and
 * data of visitors, so they go to one callback and never to parent pages.
 */

import { tokenBucket } from './host/bucket.js';
import { own } from './host/own.js';
import { bareUrl, isNumber, isText, placesIn } from './host/report.js';
import { readTrace } from './host/trace.js';
import { DIAGNOSTIC_LIMITS, TRACE_LIMITS } from './shared/limits.js';

export { DIAGNOSTIC_LIMITS, TRACE_LIMITS };

/**
 * All text in a diagnostic is untrusted.
 *
 * @typedef {import('./host/report.js').Place} Place
 * @typedef {{type: 'delivered', seq: number, name: string, handlers: number, loading?: string}} Delivered
 *   the frame has run this many handlers for a widget event; if none, and in a traced document only,
 *   `loading` is the URL of a script that had not loaded by then
 * @typedef {{
 *   type: 'error',
 *   kind: 'script' | 'handler' | 'rejection' | 'resource' | 'csp' | 'jar',
 *   message: string,
 *   source: string | null,
 *   line: number | null,
 *   column: number | null,
 *   callers: Place[],
 * }} CodeError an uncaught error, an error thrown by a handler of `on`, an unhandled rejection, a
 *   resource that did not load, a policy violation, or an entry that the jar refused;
 *   `source` is a URL without query and fragment, line and column count from 1; `callers` are the next
 *   places of the stack, the innermost first
 * @typedef {{type: 'refused', name: string, reason: string}} RefusedEmit a refused emit
 * @typedef {{type: 'dropped', count: number}} Dropped the number of diagnostics that exceeded the limit
 * @typedef {{type: 'cut_off', source: string | null}} CutOff events waited for the document to be
 *   parsed, until the deadline; `source` is the URL of the script that had not loaded by then,
 *   without query and fragment. A handler added later gets these events only with `{replay: true}`
 * @typedef {import('./host/trace.js').Traced} Traced
 * @typedef {Delivered | CodeError | RefusedEmit | Dropped | CutOff | Traced} Diagnostic
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
  const nowhere = { source: null, line: null, column: null, callers: [] };
  if (message === MUTED && line === 0) return { type: 'error', kind, message: MUTED_EXPLAINED, ...nowhere };
  const stacked = placesIn(stack);
  const named = { source: bareUrl(source), line: line || null, column: column || null };
  const place = source === '' ? stacked[0] : named;
  const callers = stacked.filter((other) => other.source !== place.source || other.line !== place.line || other.column !== place.column);
  return { type: 'error', kind, message: textOf(kind, message), ...(place ? { ...place, callers } : nowhere) };
}

/** Returns the sentence for an error. @param {string} kind @param {string} message */
function textOf(kind, message) {
  if (kind === 'resource') return message.replace(/^[\w-]*/, 'the <$&> did not load');
  // The query of a blocked URL may identify the visitor.
  if (kind === 'csp') return message.replace(/[?#].*/s, '').replace(' ', ' forbids ');
  // Only Chromium puts a word in front.
  return message.replace(/^Uncaught /, '');
}

/**
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
 *
 * @typedef {ReturnType<typeof diagnosticsTo>} Diagnostics
 * @param {(diagnostic: Diagnostic) => void} onDiagnostic
 * @param {object} [options]
 * @param {boolean} [options.trace] whether to take the reports of a traced document, too: what its code
 *   requests, and which of its calls the sandbox ignores. They hold all that tags send
 */
export function diagnosticsTo(onDiagnostic, { trace = false } = {}) {
  const takes = tokenBucket(DIAGNOSTIC_LIMITS.diagnostic_burst, DIAGNOSTIC_LIMITS.diagnostics_per_second);
  const takesTrace = tokenBucket(TRACE_LIMITS.trace_burst, TRACE_LIMITS.traces_per_second);
  let dropped = 0;
  let timer = 0;
  /** The names of the events that were sent and not yet reported as delivered, by `seq`.
   * @type {Map<unknown, string>} */
  const unreported = new Map();

  /** Returns whether it was passed on. @param {Diagnostic} diagnostic @param {number} now @param {typeof takes} [bucket] */
  function pass(diagnostic, now, bucket = takes) {
    if (bucket(now)) {
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
   * @param {any} seq @param {unknown} handlers @param {unknown} loading
   */
  function takeReport(seq, handlers, loading) {
    const name = unreported.get(seq);
    if (name === undefined || !isNumber(handlers) || handlers > DIAGNOSTIC_LIMITS.handlers_max) return 'garbage';
    unreported.delete(seq);
    const awaited = isText(loading) && bareUrl(loading);
    onDiagnostic({ type: 'delivered', seq, name, handlers, ...(awaited && { loading: awaited }) });
    return 'passed';
  }

  return {
    /** The boot name's `diagnostics`. */
    level: trace ? 'trace' : true,

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
      if (own(data, 'type') === 'delivered') return takeReport(own(data, 'seq'), own(data, 'handlers'), own(data, 'loading'));
      const traced = trace && readTrace(data);
      if (traced) return pass(traced, now, takesTrace) ? 'passed' : 'refused';
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
