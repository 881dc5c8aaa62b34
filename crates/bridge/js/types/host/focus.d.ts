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
export function guardFocus(iframe: HTMLIFrameElement, remove: () => void, tellParent: () => void): {
    look: () => void;
    stop(): void;
};
