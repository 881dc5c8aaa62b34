// @ts-check
/**
 * Gives the console back what custom code in the preview took from it: the focus, with the caret where
 * it was, and the place to which the page was scrolled.
 *
 * The host in the widget notices the theft and removes the frame, and `listen()` of the page in the
 * preview passes the word on to here (docs/protocol.md, *Focus*). Neither of them knows who had the
 * focus: a person who works in the preview is to stay there. So what counts is that the console lost it
 * to the preview just before.
 */

/** The word comes within some 100 ms. On a busy machine it may take longer. */
const TOLD_MS_MAX = 1000;

/** In Chromium the jump can come after the word. Until then what scrolls the page is undone. */
const JUMP_MS_MAX = 300;

/**
 * @param {() => HTMLIFrameElement} frame the preview
 * @param {() => void} askToLook asks the widget in it who has the focus
 * @returns {() => void} gives back what was taken
 */
export function keepFocus(frame, askToLook) {
  /** What had the focus last, of the console's own. */
  let last = document.activeElement;
  /** Whether the focus is the console's, also while the whole window has none. */
  let own = true;
  /** When the console lost it to the preview, and where the page was then. */
  let lost = { at: 0, left: 0, top: 0 };
  /** Until when the page is kept there. */
  let keptUntil = 0;

  function note() {
    if (document.activeElement === frame()) return;
    last = document.activeElement;
    own = true;
  }

  function noteLoss() {
    if (!own) return;
    lost = { at: performance.now(), left: scrollX, top: scrollY };
    own = document.activeElement !== frame();
    if (!own) askToLook();
  }

  function scrollBack() {
    if (performance.now() < keptUntil) scrollTo({ ...lost, behavior: 'instant' });
  }

  addEventListener('focusin', note);
  // What cannot have the focus takes it from what had it, and no event says so.
  addEventListener('pointerup', () => setTimeout(note));
  addEventListener('blur', noteLoss);
  addEventListener('scroll', scrollBack, { passive: true });
  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    addEventListener(type, () => (keptUntil = 0), { capture: true, passive: true });
  }

  return () => {
    const { activeElement } = document;
    if (activeElement !== frame() && activeElement !== document.body) return;
    const now = performance.now();
    if (!own && now - lost.at > TOLD_MS_MAX) return;
    window.focus();
    frame().blur();
    if (last instanceof HTMLElement) last.focus({ preventScroll: true });
    keptUntil = now + JUMP_MS_MAX;
    scrollBack();
  };
}
