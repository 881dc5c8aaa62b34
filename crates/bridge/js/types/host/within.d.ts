/** Identifying the windows below this page. */
/**
 * Returns whether a window is `frame` or inside it: frames inside the sandbox can also flood the
 * widget, and the page above it.
 * A window that was removed meanwhile has no parent, and cannot be identified.
 *
 * @param {Window} source @param {Window | null} frame null if the element was removed
 */
export function isWithin(source: Window, frame: Window | null): boolean;
