/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 */
/**
 * Envelopes go to the parent page if its origin is one that the rules allow, to exactly that origin
 * and to nobody else. Some browsers name the parent's origin; where they do not, and more than one
 * is possible, the parent says hello first (`listen()`), and envelopes wait for it, up to `queue_max`.
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {number} queue_max
 * @param {(request: {type: any, consent: any}) => void} asked gets what the parent page asks for: that a
 *   decision of the visitor counts, that somebody looks who has the focus, or that the frame goes, which
 *   floods or scrolls it
 */
export function parentPage(rules: readonly string[], queue_max: number, asked: (request: {
    type: any;
    consent: any;
}) => void): {
    /** Of the page that decides what the visitor keeps; the widget's own if it is on top. */
    origin: () => string | null;
    relay: (envelope: () => Envelope) => void;
    listen: () => false | void;
    /** The focus that the frame took was the parent page's. */
    focusStolen: () => false | void;
    stop: () => void;
};
export type Envelope = import("./envelope.js").Envelope;
