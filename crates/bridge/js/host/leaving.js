// @ts-check
/**
 * Ends a frame that keeps the visitor from leaving the page.
 *
 * Chromium asks every frame that listens to `beforeunload` before it leaves, and waits for each answer:
 * half a second at the most, and without a bound while a debugger is attached. So while the page is
 * being left, the frame is asked again and again whether it runs: the first answer may come before its
 * own `beforeunload`.
 *
 * Firefox does not ask sandboxed frames, and keeps no page for going back that listens to
 * `beforeunload`. In WebKit the page shares the frame's thread and could do nothing. So this listens in
 * Chromium only, which is the one engine with `credentialless`.
 */

import { own } from './own.js';

/** An answer may take three of these: 150 ms. */
const ASK_MS = 50;
const UNANSWERED_MAX = 3;
/** A leaving that has not gone on by then was cancelled, or waits for the network. */
const ASKS = 20;

/**
 * @param {MessagePort} port of the frame
 * @param {AbortSignal} signal when to stop
 * @param {() => void} blame takes the frame away
 * @returns {(data: unknown) => unknown} takes a message of the frame: whether it is such an answer
 */
export function guardLeaving(port, signal, blame) {
  let unanswered = 0;
  let timer = 0;

  /** @param {number} left how often to ask yet */
  function leave(left) {
    if (signal.aborted || left === 0) return;
    if (unanswered >= UNANSWERED_MAX) return blame();
    unanswered += 1;
    port.postMessage('{"type":"ping","n":0}');
    clearTimeout(timer);
    timer = setTimeout(leave, ASK_MS, left - 1);
  }

  if ('credentialless' in HTMLIFrameElement.prototype) addEventListener('beforeunload', () => leave(ASKS), { signal });
  return (data) => unanswered > 0 && own(data, 'n') === 0 && unanswered--;
}
