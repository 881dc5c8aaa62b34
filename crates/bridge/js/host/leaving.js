// @ts-check
/**
 * Ends a frame that keeps the visitor from leaving the page.
 *
 * Before it leaves, Chromium asks every frame that listens to `beforeunload`, and waits for each answer:
 * at most half a second, and without a limit while a debugger is attached. So while the page is being
 * left, the frame is pinged repeatedly: the first answer may come before its own `beforeunload`.
 *
 * Firefox does not ask sandboxed frames, and does not keep a page that listens to `beforeunload` for
 * going back. In WebKit the page shares the frame's thread and could do nothing. So this listens in
 * Chromium only, which is the one engine with `credentialless`.
 */

import { own } from './own.js';

/** The interval between pings. An answer may take three of these: 150 ms. */
const ASK_MS = 50;
const UNANSWERED_MAX = 3;
/** The number of pings. A page that is still here afterwards was not left, or waits for the network. */
const ASKS = 20;

/**
 * @param {MessagePort} port of the frame
 * @param {AbortSignal} signal stops the guard
 * @param {() => void} blame removes the frame
 * @returns {(data: unknown) => unknown} takes the frame's message, and returns whether it is such an answer
 */
export function guardLeaving(port, signal, blame) {
  let unanswered = 0;
  let timer = 0;

  /** @param {number} left the number of pings left */
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
