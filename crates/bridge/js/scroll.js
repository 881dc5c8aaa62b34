// @ts-check
/**
 * Detects a frame that scrolls this page to itself. `scrollIntoView()` in any document scrolls all
 * pages above it, and no attribute, policy or style of theirs prevents it, with one exception: a frame
 * with `position: fixed` scrolls nothing in the page that holds it.
 *
 * Visitors and scripts of the page also scroll to the frame, but not repeatedly. So one jump is
 * allowed; several in a row are attributed to the frame, and the last one is undone. Long jumps that
 * follow no input count most.
 */

import { tokenBucket } from './host/bucket.js';

/** How long after an input, in milliseconds, a jump may be its result: browsers scroll smoothly. */
const INPUT_MS = 1000;
/** Too many: the third long jump without an input, or the twelfth other one, within a few seconds. */
const JUMPS_BURST = 11;
const JUMPS_PER_SECOND = 1;
const LONG_JUMP_COST = 4;

/**
 * @param {() => HTMLIFrameElement} frame in the page
 * @param {AbortSignal} signal stops the guard
 * @param {() => void} blame called when the frame has scrolled the page too often
 */
export function guardScroll(frame, signal, blame) {
  let takesJump = tokenBucket(JUMPS_BURST, JUMPS_PER_SECOND);
  let input = -Infinity;
  let last = place();

  /** Returns the page's scroll position, and whether the frame is in sight. */
  function place() {
    const { top, bottom } = frame().getBoundingClientRect();
    return { x: scrollX, y: scrollY, inSight: bottom > 0 && top < innerHeight };
  }

  /** @param {any} event */
  function noteInput({ type, timeStamp, key = '' }) {
    // A letter scrolls nothing, so it explains no jump.
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
