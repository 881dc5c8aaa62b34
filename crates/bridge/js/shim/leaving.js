// @ts-check
/**
 * Custom code's `beforeunload` listeners run when the page is gone, and not before: a browser that
 * asks a frame waits for its answer, however long that takes, and so does the visitor.
 *
 * The browser's own event ends here, before any other listener. At `pagehide`, for which Chromium
 * leaves no page waiting, an event of the same name follows: what tags send at `beforeunload` still
 * leaves. No sandboxed frame may ask the visitor to stay, so nothing else is lost.
 */

import { Event, addListener, dispatch, frame, later, uncurry } from './frame.js';

const stop = uncurry(Event.prototype.stopImmediatePropagation);

function follow() {
  dispatch(frame, new Event('beforeunload'));
}

const listen = () => addListener(frame, 'pagehide', follow, true);

/** @param {Event} event */
function hold(event) {
  if (!event.isTrusted) return;
  stop(event);
  // Not sooner: a frame that listens to it and is removed while it hangs, perhaps in a frame inside
  // that is asked next, has half a second more.
  later(listen, 0);
}

/** Also when `document.open()` has erased the listener; one that is there is not added again. */
export const deferLeaving = () => addListener(frame, 'beforeunload', hold, true);
