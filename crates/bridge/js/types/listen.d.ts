/**
 * Calls `onEvent` with every envelope that the widget in `frame` sends.
 *
 * Any window can post a message to this page, also the custom code inside the widget. So a message
 * counts only if it comes from the very window of the widget's frame *and* from the widget's exact
 * origin. Call this before the frame gets its `src`: few events are kept for latecomers, or none.
 *
 * What custom code emitted arrives as `custom:<name>`; treat its data as text from a stranger.
 *
 * @param {object} options
 * @param {HTMLIFrameElement} options.frame the iframe that holds the widget
 * @param {string} options.widgetOrigin the widget's origin, such as `https://widget.example`
 * @param {(envelope: import('./host/envelope.js').Envelope) => void} options.onEvent
 * @param {boolean} [options.page] tells the widget where the visitor is: this page's URL and referrer,
 *   both without their queries but for campaign parameters, and its title; for `pageFromParent`
 * @param {string} [options.above] the origin of the page that frames this one, if custom code may take
 *   the focus from it, too: it is then told so, `{c2c: 1, type: 'focus_stolen'}`, and may ask the widget
 *   to look by `{c2c: 1, type: 'look'}`
 */
export function listen({ frame, widgetOrigin, onEvent, page, above }: {
    frame: HTMLIFrameElement;
    widgetOrigin: string;
    onEvent: (envelope: import("./host/envelope.js").Envelope) => void;
    page?: boolean | undefined;
    above?: string | undefined;
}): {
    /**
     * Tells the widget what the visitor decided, if it was mounted with `parentConsent`; also after
     * the widget has loaded anew.
     * @param {import('./host/machine.js').Consent} decision
     */
    setConsent(decision: import("./host/machine.js").Consent): void;
    stop: () => void;
};
