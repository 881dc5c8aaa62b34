/** The focus guard: an invisible frame that takes the focus would hear what the visitor types. */
/**
 * Calls `onTheft` as soon as the frame holds the focus, and gives the focus back to what had it.
 *
 * @param {HTMLIFrameElement} iframe
 * @param {() => void} onTheft takes the frame away
 * @returns {() => void} ends the watch
 */
export function guardFocus(iframe: HTMLIFrameElement, onTheft: () => void): () => void;
