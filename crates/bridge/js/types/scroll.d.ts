/**
 * @param {() => HTMLIFrameElement} frame in the page
 * @param {AbortSignal} signal stops the guard
 * @param {() => void} blame called when the frame has scrolled the page too often
 */
export function guardScroll(frame: () => HTMLIFrameElement, signal: AbortSignal, blame: () => void): void;
