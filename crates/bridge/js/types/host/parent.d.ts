/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 */
/**
 * Envelopes go to the parent page if its origin is one that the rules allow, to exactly that origin
 * and to nobody else. Some browsers name the parent's origin; where they do not, and more than one
 * is possible, the parent says hello first (`listen()`), and envelopes wait for it, up to `queue_max`.
 *
 * @param {readonly string[]} rules see `originRule`
 * @param {(consent: Consent) => void} onConsent the parent page says what the visitor decided
 * @param {number} queue_max
 */
export function parentPage(rules: readonly string[], onConsent: (consent: Consent) => void, queue_max: number): {
    /** Of the page that decides what the visitor keeps; the widget's own if it is on top. */
    origin: () => string | null;
    relay: (envelope: Envelope) => void;
    /** Takes a window message if it is the parent page's. @param {MessageEvent} event */
    receive(event: MessageEvent): void;
};
export type Envelope = import("./envelope.js").Envelope;
export type Consent = import("./machine.js").Consent;
