// @ts-check
/**
 * Diagnostics: reports for the author of the code, sent only if the host asked for them. The host
 * trusts none of them and enforces the same limits; they are repeated here so that a flood costs the
 * widget nothing.
 */

import { boot } from './boot.js';
import { tokenBucket } from './bucket.js';
import { addListener, frame, getterOf, later, page, postTo, reportError, uncurry } from './frame.js';
import { port } from './port.js';
import { watcher } from './watcher.js';
import { DIAGNOSTICS_PER_SECOND, DIAGNOSTIC_BURST, DIAGNOSTIC_UNITS_MAX, DROPPED_DELAY_MS } from '../shared/limits.js';

const { String: toText } = frame;
const slice = uncurry(toText.prototype.slice);
const reasonOf = getterOf(PromiseRejectionEvent.prototype, 'reason');
const entriesOf = performance.getEntriesByName.bind(performance);
/** A list that grows with the document. */
const { scripts } = page;
const takesDiagnostic = tokenBucket(DIAGNOSTIC_BURST, DIAGNOSTICS_PER_SECOND);
let dropped = 0;
/** Whether the browser is showing an error that was already reported. */
let reporting = false;

/** Starts reporting, if the host asked. Its listeners run before all others, and stop no event. */
export function startDiagnostics() {
  if (!port || !boot.diagnostics) return;
  watcher.delivered = (seq, handlers) => postTo(port, { type: 'delivered', seq, handlers });
  watcher.refused = (name, reason) => diagnose({ type: 'refused', name: cut(describe(name)), reason });
  watcher.jarRefused = (message) => diagnoseError('jar', message);
  watcher.caught = diagnoseCaught;
  watcher.cutOff = () => diagnose({ type: 'cut_off', source: cut(awaitedScript()) });
  addListener(port, 'message', tellDropped);
  watchEvents();
}

/** Sends a diagnostic, or counts it if there are too many: the last token is reserved for the count.
 * @param {object} diagnostic */
function diagnose(diagnostic) {
  if (takesDiagnostic(1)) postTo(port, diagnostic);
  else drop();
}

/** Counts a report that is left out. */
export function drop() {
  if (dropped++ === 0) later(tellDropped, DROPPED_DELAY_MS);
}

function tellDropped() {
  if (!dropped || !takesDiagnostic(0)) return;
  postTo(port, { type: 'dropped', count: dropped });
  dropped = 0;
}

/**
 * @param {string} kind @param {string} message @param {string} [source]
 * @param {any} [line] @param {any} [column] @param {string} [stack] for the location, if there is no `source`
 */
function diagnoseError(kind, message, source = '', line, column, stack = '') {
  diagnose({ type: 'error', kind, message: cut(message), source: cut(source), line: line | 0, column: column | 0, stack: cut(stack) });
}

/**
 * Reports a caught error without relying on the browser's event. For a value that is not an `Error`,
 * that event names the location of the call below, or none in WebKit. (`document.open()` also erases
 * the listener.)
 * @param {unknown} error
 */
function diagnoseCaught(error) {
  diagnoseThrown('handler', error);
  reporting = true;
  reportError(error);
  reporting = false;
}

/**
 * Reports a thrown value. It belongs to custom code, and reading it may run custom code, which finds
 * nothing of ours here; anything that it throws is caught.
 * @param {string} kind @param {any} value
 */
function diagnoseThrown(kind, value) {
  const stack = stackOf(value);
  diagnoseError(kind, describe(value), '', 0, 0, stack);
}

/** Returns the stack, or another text if there is none. @param {any} value of custom code */
function stackOf(value) {
  try {
    return toText(value.stack);
  } catch {
    // No other code can read it either.
    return '';
  }
}

/**
 * Returns the URL of the last script that has not loaded: the parser waits for it. Returns the empty
 * text if all have loaded, or none has a URL; then something else was slow.
 */
export function awaitedScript() {
  for (let i = scripts.length; i-- > 0; ) {
    const { src } = scripts[i];
    if (src && !entriesOf(src).length) return src;
  }
  return '';
}

/** @param {string} text */
export const cut = (text) => slice(text, 0, DIAGNOSTIC_UNITS_MAX);

/** @param {unknown} value */
export function describe(value) {
  try {
    return toText(value);
  } catch {
    return typeof value;
  }
}

/**
 * Listens to events of the browser. `isTrusted` is an event's own property and cannot be changed;
 * custom code that patches the properties read from the event misleads only itself.
 * @param {string} type
 * @param {(event: any) => void} tell may throw on a different event of that name
 * @param {boolean} [untrusted] whether events that scripts dispatch count, too
 */
function watch(type, tell, untrusted) {
  addListener(frame, type, (/** @type {Event} */ event) => {
    try {
      if (!reporting && (untrusted || event.isTrusted)) tell(event);
    } catch {
      // There is nothing to report.
    }
  }, true);
}

function watchEvents() {
  // Each has different properties; a missing one may be read from a prototype.
  watch('error', (event) => {
    const { target } = event;
    if (target === frame) diagnoseError('script', event.message, event.filename, event.lineno, event.colno, stackOf(event.error));
    else diagnoseError('resource', target.localName + (watcher.lost?.(target) || ''), target.localName === 'link' ? target.href : target.src);
  });
  watch('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber, columnNumber }) =>
    diagnoseError('csp', effectiveDirective + ' ' + blockedURI, sourceFile, lineNumber, columnNumber),
  );
  // WebKit's own are not trusted, so those that libraries dispatch count as well.
  watch('unhandledrejection', (event) => diagnoseThrown('rejection', reasonOf(event)), true);
}
