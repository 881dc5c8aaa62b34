/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 */
/**
 * Sends envelopes to the parent page if the rules allow its origin, and only to exactly that origin.
 * Some browsers name the parent's origin; if the browser does not, and more than one is possible,
 * envelopes wait, up to `queue_max`, until the parent introduces itself (`listen()`).
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {number} queue_max
 * @param {(request: {type: any, consent: any}) => void} asked called with each request of the parent
 *   page: to apply the visitor's decision, to check the focus, or to remove a frame that floods or
 *   scrolls that page
 */
export function parentPage(rules: readonly string[], queue_max: number, asked: (request: {
    type: any;
    consent: any;
}) => void): {
    /** The origin for the visitor's jar: the parent page's, or the widget's own if it is on top. */
    origin: () => string | null;
    relay: (envelope: () => Envelope) => void;
    listen: () => false | void;
    /** Reports that the frame took the focus from the parent page. */
    focusStolen: () => false | void;
    stop: () => void;
};
export type Envelope = import("./envelope.js").Envelope;
