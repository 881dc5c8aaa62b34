/**
 * Calls `onEvent` with every envelope that the widget in `frame` sends.
 *
 * Any window can post a message to this page, including the custom code inside the widget. So a
 * message counts only if it comes from the very window of the widget's frame *and* from the widget's
 * exact origin. Call this before the frame gets its `src`: few earlier events are kept, or none.
 *
 * Events from custom code arrive as `custom:<name>`; treat their data as untrusted.
 *
 * @param {object} options
 * @param {HTMLIFrameElement} options.frame the iframe that holds the widget
 * @param {string} options.widgetOrigin the widget's origin, such as `https://widget.example`
 * @param {(envelope: import('./host/envelope.js').Envelope) => void} options.onEvent
 * @param {boolean} [options.page] whether the widget gets this page's title, URL and referrer, for
 *   `pageFromParent`; of the queries only campaign parameters are sent
 * @param {string} [options.above] the origin of the page that frames this one, if custom code can take
 *   the focus from that page, too: it then gets `{c2c: 1, type: 'focus_stolen'}`, and can make the
 *   widget check the focus by sending `{c2c: 1, type: 'look'}`
 */
export function listen({ frame, widgetOrigin, onEvent, page, above }: {
    frame: HTMLIFrameElement;
    widgetOrigin: string;
    onEvent: (envelope: import("./host/envelope.js").Envelope) => void;
    page?: boolean | undefined;
    above?: string | undefined;
}): {
    /**
     * Sends the visitor's decision to the widget, which must be mounted with `parentConsent`; sends it
     * again whenever the widget has reloaded.
     * @param {import('./host/machine.js').Consent} decision
     */
    setConsent(decision: import("./host/machine.js").Consent): void;
    stop: () => void;
};
