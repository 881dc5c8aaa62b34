// @ts-check
/**
 * Diagnostics: what happened here, for the person who wrote the code. Only where the host asked; it
 * believes none of it. The limits are the host's as well: they are here so that a flood costs the
 * widget nothing.
 */

import { boot } from './boot.js';
import { tokenBucket } from './bucket.js';
import { addListener, create, exec, frame, getterOf, page, postTo, reportError, setTimeout, targetOf, uncurry } from './frame.js';
import { port } from './port.js';
import { watcher } from './watcher.js';

const DIAGNOSTIC_UNITS_MAX = 1024;
const DIAGNOSTIC_BURST = 20;
const DIAGNOSTICS_PER_SECOND = 5;
const DROPPED_DELAY_MS = 1000;

const { String: toText } = frame;
const slice = uncurry(toText.prototype.slice);
const takesDiagnostic = tokenBucket(DIAGNOSTIC_BURST, DIAGNOSTICS_PER_SECOND);
let dropped = 0;
/** Whether the browser is showing an error that was told already. */
let reporting = false;

/** Tells from now on, if the host asked. It listens before anybody else can, and stops no event. */
export function startDiagnostics() {
  if (!port || boot.diagnostics !== true) return;
  watcher.delivered = (seq, handlers) => postTo(port, { type: 'delivered', seq, handlers });
  watcher.refused = (name, reason) => diagnose({ type: 'refused', name: cut(describe(name)), reason });
  const told = create(null);
  watcher.jarRefused = (message) => {
    if (!told[message]) diagnoseError('jar', message);
    told[message] = true;
  };
  watcher.caught = diagnoseCaught;
  watchEvents();
}

/** Sends a diagnostic, or counts it if there are too many: the last token is for their number.
 * @param {object} diagnostic */
function diagnose(diagnostic) {
  if (takesDiagnostic(1)) {
    postTo(port, diagnostic);
  } else if (dropped++ === 0) {
    setTimeout(tellDropped, DROPPED_DELAY_MS);
  }
}

function tellDropped() {
  takesDiagnostic(0);
  postTo(port, { type: 'dropped', count: dropped });
  dropped = 0;
}

/**
 * @param {string} kind @param {string} message @param {string} [source] @param {number} [line]
 * @param {number} [column] @param {string} [stack] names the place if there is no `source`
 */
function diagnoseError(kind, message, source = '', line = 0, column = 0, stack = '') {
  diagnose({ type: 'error', kind, message: cut(message), source: cut(source), line, column, stack: cut(stack) });
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
  // Chromium repeats the text in front of the stack: a long one would leave no room for the place.
  if (slice(stack, 0, text.length) === text) stack = slice(stack, text.length);
  diagnoseError(kind, text, '', 0, 0, stack);
}

/** @param {string} text */
const cut = (text) => slice(text, 0, DIAGNOSTIC_UNITS_MAX);

/** @param {unknown} value */
function describe(value) {
  try {
    return toText(value);
  } catch {
    return 'a value that has no text';
  }
}

/**
 * Listens to what the browser tells. `isTrusted` is an event's own, and nobody can change it.
 * @param {string} type
 * @param {(event: Event) => void} tell may throw, if it is another event of that name
 */
function watch(type, tell) {
  addListener(frame, type, (/** @type {Event} */ event) => {
    try {
      // WebKit's own rejections are not trusted, so what libraries dispatch counts as well.
      if (!reporting && (event.isTrusted || type === 'unhandledrejection')) tell(event);
    } catch {
      // There is nothing to tell.
    }
  }, true);
}

/**
 * Watches for events that have a message and a place.
 * @param {string} kind @param {string} type @param {{prototype: object}} of the events' class
 * @param {string[]} names the accessors of message, source, line, column, and what was blocked
 */
function watchPlaced(kind, type, { prototype }, names) {
  const [messageOf, sourceOf, lineOf, columnOf, blockedOf] = names.map((name) => getterOf(prototype, name));
  watch(type, (event) => {
    let message = messageOf(event);
    // The query may say who the visitor is.
    if (blockedOf) message += ' forbids ' + exec(/^[^?#]*/, blockedOf(event))[0];
    diagnoseError(kind, message, sourceOf(event) || '', lineOf(event), columnOf(event));
  });
}

function watchEvents() {
  watchPlaced('script', 'error', ErrorEvent, ['message', 'filename', 'lineno', 'colno']);
  watchPlaced('csp', 'securitypolicyviolation', SecurityPolicyViolationEvent, [
    'effectiveDirective', 'sourceFile', 'lineNumber', 'columnNumber', 'blockedURI',
  ]);
  const reasonOf = getterOf(PromiseRejectionEvent.prototype, 'reason');
  watch('unhandledrejection', (event) => diagnoseThrown('rejection', reasonOf(event)));
  for (const tag of ['script', 'link', 'img', 'iframe']) {
    const { prototype } = page.createElement(tag).constructor;
    const urlOf = getterOf(prototype, tag === 'link' ? 'href' : 'src');
    watch('error', (event) => diagnoseError('resource', `the <${tag}> could not be loaded`, urlOf(targetOf(event))));
  }
}
