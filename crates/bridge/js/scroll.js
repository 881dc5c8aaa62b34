// @ts-check
/**
 * Notices that a frame scrolls this page to itself. `scrollIntoView()` of any document scrolls all
 * pages above it, and no attribute, policy or style of theirs prevents it, but for one: a frame with
 * `position: fixed` scrolls nothing in the page that holds it.
 *
 * A visitor scrolls to the frame as well, and so does a script of the page, but neither does it again
 * and again. So a jump is let pass; several in a row are taken for the frame's, and the last one is
 * undone. Long jumps that follow no input count most.
 */

import { tokenBucket } from './host/bucket.js';

/** An input this long before a jump may be what made it, in milliseconds: browsers scroll smoothly. */
const INPUT_MS = 1000;
/** The third long jump without an input, or the twelfth of others, within a few seconds. */
const JUMPS_BURST = 11;
const JUMPS_PER_SECOND = 1;
const LONG_JUMP_COST = 4;

/**
 * @param {() => HTMLIFrameElement} frame in the page
 * @param {AbortSignal} signal when to stop
 * @param {() => void} blame is called when the frame has scrolled the page too often
 */
export function guardScroll(frame, signal, blame) {
  let takesJump = tokenBucket(JUMPS_BURST, JUMPS_PER_SECOND);
  let input = -Infinity;
  let last = place();

  /** Where the page is scrolled to, and whether the frame is in sight. */
  function place() {
    const { top, bottom } = frame().getBoundingClientRect();
    return { x: scrollX, y: scrollY, inSight: bottom > 0 && top < innerHeight };
  }

  /** @param {any} event */
  function noteInput({ type, timeStamp, key = '' }) {
    // A letter scrolls nothing: who types is not to lose the place.
    if (type !== 'keydown' || key.length > 1 || key === ' ') input = timeStamp;
  }

  /** @param {Event} event */
  function look({ timeStamp }) {
    const before = last;
    last = place();
    if (before.inSight || !last.inSight) return;
    const long = timeStamp - input > INPUT_MS && Math.abs(last.y - before.y) > innerHeight / 2;
    if (takesJump(timeStamp, long ? LONG_JUMP_COST : 1)) return;
    takesJump = tokenBucket(JUMPS_BURST, JUMPS_PER_SECOND);
    scrollTo({ left: before.x, top: before.y, behavior: 'instant' });
    blame();
  }

  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    addEventListener(type, noteInput, { capture: true, passive: true, signal });
  }
  addEventListener('scroll', look, { passive: true, signal });
}
