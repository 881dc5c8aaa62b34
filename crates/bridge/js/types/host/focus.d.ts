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
export function guardFocus(iframe: HTMLIFrameElement, signal: AbortSignal, remove: () => void, tellParent: () => void): () => void;
