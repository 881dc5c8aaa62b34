// @ts-check
/**
 * The focus guard. No attribute and no policy keeps an invisible frame from taking the focus, and
 * with it the visitor's keystrokes. So the guard detects and undoes it, which loses the keys pressed
 * in between, usually none. (Blurring the frame does not last: it takes the focus back at once.)
 */

/**
 * Removes the frame as soon as it has the focus, and returns the focus to the element that had it.
 *
 * @param {HTMLIFrameElement} iframe already in the page
 * @param {AbortSignal} signal stops the guard
 * @param {() => void} remove removes the frame
 * @param {() => void} tellParent called if the parent page had the focus
 * @returns {() => void} checks the focus; must be called every 50 ms, because in Chromium and Firefox
 *   nothing here shows that the frame took the focus from the parent page
 */
export function guardFocus(iframe, signal, remove, tellParent) {
  /** The tree that contains the frame: of a shadow tree the document knows only the host. */
  const root = /** @type {Document | ShadowRoot} */ (iframe.getRootNode());
  /** Whether this page had the focus itself at one of the last two calls: in Firefox neither this
   * page nor the frame has it for a moment while the frame takes it. */
  let own = document.hasFocus();
  let before = own;
  /** @type {any} */
  let last = document.activeElement;

  function look() {
    if (signal.aborted || root.activeElement !== iframe) return;
    // First, because otherwise nothing in Chromium has the focus once the frame is gone.
    window.focus();
    // The widget may have reacted to that and made another element.
    if (!signal.aborted) remove();
    if (!own) tellParent();
    else last?.focus?.({ preventScroll: true });
  }

  // In the capture phase the tree, which knows more, comes last and decides.
  for (const tree of [document, root]) {
    tree.addEventListener('focusin', (event) => {
      const [target] = event.composedPath();
      if (target !== iframe) last = target;
    }, { signal, capture: true });
  }
  // Never in the listener itself: once it returns, WebKit focuses the frame, even a removed one.
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
