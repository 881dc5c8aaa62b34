// @ts-check
/**
 * The focus guard. No attribute and no policy keeps an invisible frame from taking the focus, and
 * with it what the visitor types: so it is noticed and undone, which costs the keys pressed in
 * between, mostly none. (Blurring the frame instead does not hold: it takes the focus back at once.)
 */

/**
 * Takes the frame away as soon as it holds the focus, and gives the focus back to what had it.
 *
 * @param {HTMLIFrameElement} iframe in the page already
 * @param {AbortSignal} signal when to stop
 * @param {() => void} remove takes the frame away
 * @param {() => void} tellParent the focus was the parent page's
 * @returns {() => void} looks, and is to be called every 50 ms: who takes the focus from the parent page
 *   is seen by nobody here in Chromium and Firefox
 */
export function guardFocus(iframe, signal, remove, tellParent) {
  /** The tree in which the frame stands: of a shadow tree the document knows the host only. */
  const root = /** @type {Document | ShadowRoot} */ (iframe.getRootNode());
  /** Whether this page had the focus itself at one of the last two calls: in Firefox neither it nor
   * the frame has it for a moment, while the frame takes it. */
  let own = document.hasFocus();
  let before = own;
  /** @type {any} */
  let last = document.activeElement;

  function look() {
    if (signal.aborted || root.activeElement !== iframe) return;
    // First, or Chromium has the focus nowhere once the frame is gone.
    window.focus();
    // The widget may have heard that, and made another element.
    if (!signal.aborted) remove();
    if (!own) tellParent();
    else last?.focus?.({ preventScroll: true });
  }

  // Captured: the tree, which knows more, has the last word.
  for (const tree of [document, root]) {
    tree.addEventListener('focusin', (event) => {
      const [target] = event.composedPath();
      if (target !== iframe) last = target;
    }, { signal, capture: true });
  }
  // Never in the listener itself: WebKit goes on to focus the frame, there or not, once that returns.
  const soon = () => {
    queueMicrotask(look);
    setTimeout(look);
  };
  addEventListener('blur', soon, { signal });
  addEventListener('focus', soon, { signal });
  return () => {
    look();
    own = before || document.hasFocus();
    before = document.hasFocus();
  };
}
