// @ts-check
/**
 * Diagnostics: what happened here, for the person who wrote the code. Only where the host asked; it
 * believes none of it. The limits are the host's as well: they are here so that a flood costs the
 * widget nothing.
 */

import { boot } from './boot.js';
import { tokenBucket } from './bucket.js';
import { Event, addListener, exec, frame, getterOf, postTo, reportError, setTimeout, targetOf, uncurry } from './frame.js';
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
  watcher.jarRefused = (message) => diagnoseError('jar', message, '', 0, 0, '');
  watcher.caught = diagnoseCaught;
  watchErrors();
  watchRejections();
  watchPolicy();
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
 * @param {string} kind @param {string} message @param {string} source @param {number} line
 * @param {number} column @param {string} stack names the place if there is no `source`
 */
function diagnoseError(kind, message, source, line, column, stack) {
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

// What custom code dispatches is not what the browser saw.
const isTrusted = getterOf(new Event('error'), 'isTrusted');

function watchErrors() {
  const messageOf = getterOf(ErrorEvent.prototype, 'message');
  const sourceOf = getterOf(ErrorEvent.prototype, 'filename');
  const lineOf = getterOf(ErrorEvent.prototype, 'lineno');
  const columnOf = getterOf(ErrorEvent.prototype, 'colno');
  const resources = [
    { what: 'script', urlOf: getterOf(HTMLScriptElement.prototype, 'src') },
    { what: 'stylesheet', urlOf: getterOf(HTMLLinkElement.prototype, 'href') },
    { what: 'image', urlOf: getterOf(HTMLImageElement.prototype, 'src') },
    { what: 'frame', urlOf: getterOf(HTMLIFrameElement.prototype, 'src') },
  ];

  /** @param {unknown} element */
  function diagnoseResource(element) {
    for (let i = 0; i < resources.length; i++) {
      const { what, urlOf } = resources[i];
      let url;
      try {
        url = urlOf(element);
      } catch {
        continue; // It is an element of another kind.
      }
      return diagnoseError('resource', `the ${what} could not be loaded`, url, 0, 0, '');
    }
  }

  addListener(frame, 'error', (/** @type {Event} */ event) => {
    if (!isTrusted(event)) return;
    if (targetOf(event) !== frame) diagnoseResource(targetOf(event));
    else if (!reporting) diagnoseError('script', messageOf(event), sourceOf(event), lineOf(event), columnOf(event), '');
  }, true);
}

function watchRejections() {
  const reasonOf = getterOf(PromiseRejectionEvent.prototype, 'reason');
  addListener(frame, 'unhandledrejection', (/** @type {Event} */ event) => {
    // WebKit's own are not trusted either, so what libraries dispatch counts, if it has a reason.
    let reason;
    try {
      reason = reasonOf(event);
    } catch {
      return;
    }
    diagnoseThrown('rejection', reason);
  }, true);
}

/** What a content security policy forbade: the server's, or one that custom code added. */
function watchPolicy() {
  const violation = SecurityPolicyViolationEvent.prototype;
  const directiveOf = getterOf(violation, 'effectiveDirective');
  const blockedOf = getterOf(violation, 'blockedURI');
  const sourceOf = getterOf(violation, 'sourceFile');
  const lineOf = getterOf(violation, 'lineNumber');
  const columnOf = getterOf(violation, 'columnNumber');
  addListener(frame, 'securitypolicyviolation', (/** @type {Event} */ event) => {
    if (!isTrusted(event)) return;
    // The query may say who the visitor is.
    const blocked = exec(/^[^?#]*/, blockedOf(event))[0];
    const message = `the policy "${directiveOf(event)}" forbids ${blocked}`;
    diagnoseError('csp', message, sourceOf(event) || '', lineOf(event), columnOf(event), '');
  }, true);
}
