/** Which of the windows below is it? */
/**
 * Whether a window is `frame` or inside it: frames inside the sandbox can flood the widget, and
 * the page above it, as well.
 * A window that was removed meanwhile has no parent, and cannot be told.
 *
 * @param {Window} source @param {Window | null} frame null: somebody took the element away
 */
export function isWithin(source: Window, frame: Window | null): boolean;
