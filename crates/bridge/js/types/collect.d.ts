/**
 * @typedef {object} Collector for `mount`
 * @property {(make: () => import('./host/envelope.js').Envelope) => void} take
 * @property {(consent: import('./host/machine.js').Consent) => void} consent
 * @property {() => void} stop
 */
/**
 * Sends events in batches, at most one request a second, in order, and again until the server has
 * answered for them (docs/protocol.md, *Collecting events*). When the visitor leaves the page, the rest is
 * sent at once; when the page is hidden, too, unless the server asked to wait.
 *
 * @param {object} options
 * @param {string} options.url of the widget's own origin; the page's policy must allow the connection
 *   (`connect-src 'self'`)
 * @param {import('./page.js').PageSource} [options.page] as for `mount`: the address of the page around
 *   the widget goes with the events
 * @returns {Collector}
 */
export function collectTo({ url, page }: {
    url: string;
    page?: import("./page.js").PageSource | undefined;
}): Collector;
/**
 * for `mount`
 */
export type Collector = {
    take: (make: () => import("./host/envelope.js").Envelope) => void;
    consent: (consent: import("./host/machine.js").Consent) => void;
    stop: () => void;
};
