/**
 * @param {() => HTMLIFrameElement} frame in the page
 * @param {AbortSignal} signal when to stop
 * @param {() => void} blame is called when the frame has scrolled the page too often
 */
export function guardScroll(frame: () => HTMLIFrameElement, signal: AbortSignal, blame: () => void): void;
