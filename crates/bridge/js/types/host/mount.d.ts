/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 * @typedef {import('./machine.js').State} State
 *
 * @typedef {object} Bridge
 * @property {(name: string, fields: Record<string, unknown>) => import('./machine.js').WidgetEvent} emit
 *   reports an event of the widget to the frame and to the parent page; returns it as it is sent there
 * @property {State} state
 * @property {() => boolean} restart replaces the frame with a new one; returns false after five
 *   restarts, or if consent forbids it
 * @property {(consent: Consent) => void} setConsent
 * @property {() => void} clearJar deletes the content of the visitor's jar; a running frame
 *   keeps its copy until `restart`
 * @property {() => void} destroy removes the frame and everything that belongs to it
 */
/**
 * Mounts an app's custom code.
 *
 * Events that the widget emits before the frame is ready are kept, up to 256, and delivered in
 * order. The widget never waits for the frame.
 *
 * @param {object} options
 * @param {string} options.src the sandbox document's absolute URL, on a separate site
 * @param {readonly string[]} options.events the names of the widget's events, as its catalogue lists
 *   them: a custom event that reads like one of them is rejected
 * @param {string} [options.app] the app's id: names the jar, and only this app's document gets the context
 * @param {Element} [options.container] where the (invisible) frame goes; the body by default
 * @param {Record<string, string>} [options.context] see `contextFromQuery`
 * @param {readonly string[]} [options.parentOrigins] the origins of the pages that may embed the
 *   widget, such as `https://shop.example` or `https://*.shop.example`; envelopes go to the
 *   parent page only if it has one of them
 * @param {Consent} [options.consent] `pending`: nothing is loaded and events wait; `denied`: nothing
 *   is loaded, and the content of the jar is deleted
 * @param {boolean} [options.parentConsent] whether the parent page decides about consent (`listen`)
 * @param {boolean} [options.visible] shows the frame, in the size that the page's style gives it.
 *   **It can then take the focus**, and with it the visitor's keystrokes, at any time; otherwise a
 *   frame that takes the focus is removed
 * @param {boolean} [options.removeHung] whether a frame that does not answer is removed, not only
 *   reported; false for previews, where custom code may be paused at a breakpoint
 * @param {Partial<import('../shared/limits.js').BridgeLimits>} [options.limits] in place of `BRIDGE_LIMITS`
 * @param {(state: State) => void} [options.onState] called when the state changes after `mount` returned
 * @param {(envelope: Envelope) => void} [options.onCustomEvent] called with each custom event, whose
 *   data is untrusted
 * @param {import('../diagnostics.js').Diagnostics} [options.diagnostics] `diagnosticsTo(callback)`
 *   of diagnostics.js; without it the frame does not report errors
 * @param {import('../jar.js').JarKeeper} [options.jar] `keptJar` of jar.js, if the visitor's cookies
 *   of this app are to be kept between visits
 * @param {import('../page.js').PageSource} [options.page] `pageFromParent(…)` or `pageOf(…)` of page.js,
 *   if custom code is to know the page around the widget
 * @param {import('../collect.js').Collector} [options.collect] `collectTo(…)` of collect.js, if a server is
 *   to get the events
 * @returns {Bridge}
 */
export function mount({ src, events, app, container, context, parentOrigins, consent, parentConsent, visible, removeHung, limits: changed, onState, onCustomEvent, diagnostics, jar: keeper, page, collect, }: {
    src: string;
    events: readonly string[];
    app?: string | undefined;
    container?: Element | undefined;
    context?: Record<string, string> | undefined;
    parentOrigins?: readonly string[] | undefined;
    consent?: import("./machine.js").Consent | undefined;
    parentConsent?: boolean | undefined;
    visible?: boolean | undefined;
    removeHung?: boolean | undefined;
    limits?: Partial<import("../shared/limits.js").BridgeLimits> | undefined;
    onState?: ((state: State) => void) | undefined;
    onCustomEvent?: ((envelope: Envelope) => void) | undefined;
    diagnostics?: {
        level: string | boolean;
        sent(events: readonly {
            seq: number;
            name: string;
        }[]): void;
        take(data: any, now: number): "passed" | "refused" | "garbage";
        refused(name: unknown, reason: string, now: number): void;
        stop(): void;
    } | undefined;
    jar?: import("../jar.js").JarKeeper | undefined;
    page?: import("../page.js").PageSource | undefined;
    collect?: import("../collect.js").Collector | undefined;
}): Bridge;
export type Envelope = import("./envelope.js").Envelope;
export type Consent = import("./machine.js").Consent;
export type State = import("./machine.js").State;
export type Bridge = {
    /**
     * reports an event of the widget to the frame and to the parent page; returns it as it is sent there
     */
    emit: (name: string, fields: Record<string, unknown>) => import("./machine.js").WidgetEvent;
    state: State;
    /**
     * replaces the frame with a new one; returns false after five
     * restarts, or if consent forbids it
     */
    restart: () => boolean;
    setConsent: (consent: Consent) => void;
    /**
     * deletes the content of the visitor's jar; a running frame
     * keeps its copy until `restart`
     */
    clearJar: () => void;
    /**
     * removes the frame and everything that belongs to it
     */
    destroy: () => void;
};
