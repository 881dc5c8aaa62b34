// @ts-check
/** The focus guard: an invisible frame that takes the focus would hear what the visitor types. */

/**
 * Calls `onTheft` as soon as the frame holds the focus, and gives the focus back to what had it.
 *
 * @param {HTMLIFrameElement} iframe
 * @param {() => void} onTheft takes the frame away
 * @returns {() => void} ends the watch
 */
export function guardFocus(iframe, onTheft) {
  /** @type {Element | null} */
  let held = document.activeElement;
  const watch = new AbortController();
  const options = { capture: true, signal: watch.signal };

  function check() {
    if (document.activeElement === iframe) {
      onTheft();
      if (held instanceof HTMLElement) held.focus({ preventScroll: true });
    } else {
      held = document.activeElement;
    }
  }

  const timer = setInterval(check, 50);
  window.addEventListener('blur', check, options);
  document.addEventListener('focusin', check, options);
  return () => {
    clearInterval(timer);
    watch.abort();
  };
}
