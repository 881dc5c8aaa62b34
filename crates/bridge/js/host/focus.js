// @ts-check
/**
 * The focus guard. No attribute and no policy keeps an invisible frame from taking the focus, and
 * with it what the visitor types: so it is noticed and undone, which costs the keys pressed in
 * between, mostly none. (Blurring the frame instead does not hold: it takes the focus back at once.)
 */

/**
 * Takes the frame away as soon as it holds the focus, and gives the focus back to what had it.
 *
 * @param {HTMLIFrameElement} iframe
 * @param {() => void} remove takes the frame away
 * @param {() => void} tellParent the focus was the parent page's
 */
export function guardFocus(iframe, remove, tellParent) {
  const watch = new AbortController();
  const { signal } = watch;
  /** Whether this page had the focus itself, when it was last looked. */
  let own = document.hasFocus();
  /** @type {any} */
  let last = document.activeElement;

  function look() {
    if (signal.aborted) return;
    // Of the tree in which the frame stands: a document knows of a shadow tree its host only.
    const { activeElement } = /** @type {Document | ShadowRoot} */ (iframe.getRootNode());
    if (activeElement !== iframe) {
      own = document.hasFocus();
      return;
    }
    // First, or Chromium has the focus nowhere once the frame is gone.
    window.focus();
    // The widget may have heard that, and made another element.
    if (!signal.aborted) remove();
    if (!own) tellParent();
    else last?.focus?.({ preventScroll: true });
  }

  document.addEventListener('focusin', (event) => {
    const [target] = event.composedPath();
    if (target !== iframe) last = target;
  }, { signal });
  // Never in the listener itself: WebKit goes on to focus the frame, there or not, once that returns.
  const soon = () => {
    queueMicrotask(look);
    setTimeout(look);
  };
  window.addEventListener('blur', soon, { signal });
  window.addEventListener('focus', () => setTimeout(look), { signal });
  // Who takes the focus from the parent page is seen by nobody here in Chromium and Firefox.
  const timer = setInterval(look, 50);
  return {
    look,
    stop() {
      clearInterval(timer);
      watch.abort();
    },
  };
}
