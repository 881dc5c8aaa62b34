// @ts-check
/**
 * Restores what custom code in the preview took from the console: the focus, with the caret where it
 * was, and the scroll position.
 *
 * The host in the widget detects the theft and removes the frame, and `listen()` in the preview's page
 * reports it here (docs/protocol.md, *Focus*). Neither of them knows where the focus was before, and a
 * person who works in the preview must keep it. So the test is whether the console has just lost the
 * focus to the preview.
 */

/** The report arrives within some 100 ms; on a busy machine it may take longer. */
const TOLD_MS_MAX = 1000;

/** In Chromium the jump can come after the report. Until then, scrolling of the page is undone. */
const JUMP_MS_MAX = 300;

/**
 * @param {() => HTMLIFrameElement} frame the preview
 * @param {() => void} askToLook asks the widget in the preview where the focus is
 * @returns {() => void} restores what was taken
 */
export function keepFocus(frame, askToLook) {
  /** The console's element that had the focus last. */
  let last = document.activeElement;
  /** Whether the console has the focus, even while the whole window has none. */
  let own = true;
  /** When the console lost it to the preview, and the scroll position then. */
  let lost = { at: 0, left: 0, top: 0 };
  /** Until when the scroll position is kept. */
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
  // Clicking an unfocusable element takes the focus from another one without an event.
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
