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
export function guardFocus(iframe: HTMLIFrameElement, signal: AbortSignal, remove: () => void, tellParent: () => void): () => void;
