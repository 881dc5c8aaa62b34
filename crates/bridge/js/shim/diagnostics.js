// @ts-check
/**
 * Diagnostics: what happened here, for the person who wrote the code. Only where the host asked; it
 * believes none of it. The limits are the host's as well: they are here so that a flood costs the
 * widget nothing.
 */

import { boot } from './boot.js';
import { tokenBucket } from './bucket.js';
import { addListener, frame, getterOf, later, page, postTo, reportError, uncurry } from './frame.js';
import { port } from './port.js';
import { watcher } from './watcher.js';

const DIAGNOSTIC_UNITS_MAX = 1024;
const DIAGNOSTIC_BURST = 20;
const DIAGNOSTICS_PER_SECOND = 5;
const DROPPED_DELAY_MS = 1000;

const { String: toText } = frame;
const slice = uncurry(toText.prototype.slice);
const reasonOf = getterOf(PromiseRejectionEvent.prototype, 'reason');
const entriesOf = uncurry(performance.getEntriesByName);
/** A list that grows with the document. */
const { scripts } = page;
const takesDiagnostic = tokenBucket(DIAGNOSTIC_BURST, DIAGNOSTICS_PER_SECOND);
let dropped = 0;
/** Whether the browser is showing an error that was told already. */
let reporting = false;

/** Tells from now on, if the host asked. It listens before anybody else can, and stops no event. */
export function startDiagnostics() {
  if (!port || boot.diagnostics !== true) return;
  watcher.delivered = (seq, handlers) => postTo(port, { type: 'delivered', seq, handlers });
  watcher.refused = (name, reason) => diagnose({ type: 'refused', name: cut(describe(name)), reason });
  watcher.jarRefused = (message) => diagnoseError('jar', message);
  watcher.caught = diagnoseCaught;
  watcher.cutOff = () => diagnose({ type: 'cut_off', source: cut(awaitedScript()) });
  addListener(port, 'message', tellDropped);
  watchEvents();
}

/** Sends a diagnostic, or counts it if there are too many: the last token is for their number.
 * @param {object} diagnostic */
function diagnose(diagnostic) {
  if (takesDiagnostic(1)) {
    postTo(port, diagnostic);
  } else if (dropped++ === 0) {
    later(tellDropped, DROPPED_DELAY_MS);
  }
}

function tellDropped() {
  if (!dropped || !takesDiagnostic(0)) return;
  postTo(port, { type: 'dropped', count: dropped });
  dropped = 0;
}

/**
 * @param {string} kind @param {string} message @param {string} [source]
 * @param {any} [line] @param {any} [column] @param {string} [stack] names the place if there is no `source`
 */
function diagnoseError(kind, message, source = '', line, column, stack = '') {
  diagnose({ type: 'error', kind, message: cut(message), source: cut(source), line: line | 0, column: column | 0, stack: cut(stack) });
}

/**
 * The diagnostic of a caught error is not left to the browser's event: for what is no `Error`, that
 * names the place of the call below, and WebKit's names none. (`document.open()` erases the
 * listener, too.)
 * @param {unknown} error
 */
function diagnoseCaught(error) {
  diagnoseThrown('handler', error);
  reporting = true;
  reportError(error);
  reporting = false;
}

/**
 * What was thrown is custom code's own, and to read it may run custom code: that finds nothing of
 * ours here, and whatever it does is caught.
 * @param {string} kind @param {any} value
 */
function diagnoseThrown(kind, value) {
  let stack;
  try {
    stack = value.stack;
  } catch {
    // Nor can anybody else read it.
  }
  if (typeof stack !== 'string') stack = '';
  const text = describe(value);
  diagnoseError(kind, text, '', 0, 0, stack);
}

/**
 * The URL of the last script that has not come: the parser waits for it. The empty text if all have
 * come, or none has a URL; then something else was slow.
 */
function awaitedScript() {
  for (let i = scripts.length; i-- > 0; ) {
    const { src } = scripts[i];
    if (src && !entriesOf(performance, src).length) return src;
  }
  return '';
}

/** @param {string} text */
const cut = (text) => slice(text, 0, DIAGNOSTIC_UNITS_MAX);

/** @param {unknown} value */
function describe(value) {
  try {
    return toText(value);
  } catch {
    return typeof value;
  }
}

/**
 * Listens to what the browser tells. `isTrusted` is an event's own, and nobody can change it; who
 * patches what is read of it misleads himself.
 * @param {string} type
 * @param {(event: any) => void} tell may throw, if it is another event of that name
 * @param {boolean} [untrusted] whether those count, too, that scripts dispatch
 */
function watch(type, tell, untrusted) {
  addListener(frame, type, (/** @type {Event} */ event) => {
    try {
      if (!reporting && (untrusted || event.isTrusted)) tell(event);
    } catch {
      // There is nothing to tell.
    }
  }, true);
}

function watchEvents() {
  // Each has other properties, and what it has not may be read on a prototype.
  watch('error', (event) => {
    const { target } = event;
    if (target === frame) diagnoseError('script', event.message, event.filename, event.lineno, event.colno);
    else diagnoseError('resource', `the <${target.localName}> did not load`, target.localName === 'link' ? target.href : target.src);
  });
  watch('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber, columnNumber }) =>
    diagnoseError('csp', effectiveDirective + ' forbids ' + blockedURI, sourceFile, lineNumber, columnNumber),
  );
  // WebKit's own are not trusted, so what libraries dispatch counts as well.
  watch('unhandledrejection', (event) => diagnoseThrown('rejection', reasonOf(event)), true);
}
