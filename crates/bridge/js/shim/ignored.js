// @ts-check
/** The calls that the sandbox ignores: most of them do nothing, silently. */

import { Event, addListener, defineReplaceable, frame, getterOf, later, targetOf, uncurry } from './frame.js';
import { cut, describe } from './diagnostics.js';
import { attempt, currentEvent, currentStack, intercept, report } from './report.js';

/** The functions that never do what they are called for, by their holder. */
const IGNORED = /** @type {const} */ ([
  [frame, ['alert', 'confirm', 'prompt', 'print', 'open']],
  [HTMLFormElement.prototype, ['submit', 'requestSubmit']],
  [Element.prototype, ['requestFullscreen']],
  [Navigator.prototype, ['share']],
]);

/** The same, for interfaces that a browser or an insecure page may not have. */
const IGNORED_OF = /** @type {const} */ ([
  ['Geolocation', ['getCurrentPosition', 'watchPosition']],
  ['Clipboard', ['writeText', 'readText', 'write', 'read']],
  ['MediaDevices', ['getUserMedia', 'getDisplayMedia']],
  ['ServiceWorkerContainer', ['register']],
]);

/** Stacks of reads of `parent` that are reported. The console shows one if a message arrives there. */
const PARENT_READS_MAX = 20;

const Anchor = HTMLAnchorElement;
const hrefOf = getterOf(Anchor.prototype, 'href');
const downloadOf = getterOf(Anchor.prototype, 'download');
const targetFrameOf = getterOf(Anchor.prototype, 'target');
const isPrevented = getterOf(Event.prototype, 'defaultPrevented');
const isAnchor = uncurry(Function.prototype[Symbol.hasInstance]);
const { parent: above } = frame;
let parentReads = 0;

export function watchIgnored() {
  for (const [holder, names] of IGNORED) {
    for (const name of names) watchCall(holder, name, name);
  }
  for (const [type, names] of IGNORED_OF) {
    const holder = /** @type {any} */ (frame)[type];
    if (holder) for (const name of names) watchCall(holder.prototype, name, name);
  }
  watchCall(/** @type {any} */ (frame).Notification, 'requestPermission', 'Notification.requestPermission');
  watchLinks();
  watchParent();
}

/** @param {any} holder @param {string} name @param {string} call for the report */
function watchCall(holder, name, call) {
  intercept(holder, name, (run, _, args) => {
    // A window that opens in the frame itself is no other.
    const opensHere = call === 'open' && args[1] === '_self';
    if (!opensHere) attempt(() => ignored(call, args.length > 0 ? describe(args[0]) : ''));
    return run();
  });
}

/** A link that a script clicks, to download a file or to open another page. */
function watchLinks() {
  addListener(frame, 'click', (/** @type {Event} */ event) => attempt(() => watchLink(targetOf(event), event)), true);
}

/** @param {any} link @param {Event} event */
function watchLink(link, event) {
  if (!isAnchor(Anchor, link) || !hrefOf(link)) return;
  const opens = targetFrameOf(link) && targetFrameOf(link) !== '_self';
  if (!opens && !downloadOf(link)) return;
  const stack = currentStack();
  // The code's own listeners may prevent it, and then it does what the code wants.
  later(() => isPrevented(event) || ignored(opens ? 'link' : 'download', hrefOf(link), stack), 0);
}

/** `parent.postMessage()` cannot be replaced, but it begins with this getter. */
function watchParent() {
  defineReplaceable('parent', () => {
    if (parentReads++ < PARENT_READS_MAX) attempt(() => ignored('parent', ''));
    return above;
  });
}

/** @param {string} call @param {string} text its first argument, or an address @param {string} [stack] */
function ignored(call, text, stack = currentStack()) {
  report({ type: 'ignored', call, text: cut(text), stack: cut(stack), seq: currentEvent() });
}
