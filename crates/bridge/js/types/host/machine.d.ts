/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('../shared/limits.js').BridgeLimits} BridgeLimits
 *
 * @typedef {'granted' | 'pending' | 'denied'} Consent
 * @typedef {'waiting' | 'denied' | 'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'refused' | 'hung' | 'navigated' | 'flooded' | 'focus_theft' | 'closed' | 'stalled' | 'scrolled'} Reason
 * @typedef {{readonly status: Status, readonly reason: Reason | null}} State
 *
 * @typedef {{name: string, timestamp: string, id: string, seq: number, json: string}} WidgetEvent `json`
 *   is the only copy of its fields, as text
 *
 * @typedef {object} Effects actions for the page, called synchronously and in order
 * @property {(nonce: string) => void} open put a new element into the page
 * @property {() => void} close remove the element from the page, and close its port
 * @property {(port: any) => void} accept listen to this port
 * @property {(message: string) => void} post send on the port: JSON text, which for small objects costs
 *   half as much as the browser's own clone
 * @property {() => void} retryLater call `retry` once the page has been calm for a while (`calm_ms`)
 * @property {() => void} flushSoon call `flush` at the end of this task
 * @property {(envelope: () => Envelope) => void} relay send to the parent page, if there is one
 * @property {(envelope: Envelope) => void} custom pass a custom event to the widget
 * @property {(state: State) => void} state report the new state to the widget
 *
 * @typedef {'passed' | 'refused' | 'garbage'} Outcome of a message on the port
 *
 * @typedef {object} Options
 * @property {Readonly<Record<string, string>>} context
 * @property {readonly string[]} events the names of the widget's events
 * @property {boolean} removeHung whether a frame that does not answer is removed, not only reported
 * @property {BridgeLimits} limits
 * @property {() => string} nonce a new secret
 * @property {() => number} now in milliseconds, by a monotonic clock
 * @property {() => {timestamp: string, id: string}} stamp
 * @property {import('../diagnostics.js').Diagnostics} [diagnostics]
 * @property {import('../jar.js').KeptJar} [jar]
 */
/** @param {Options} options @param {Effects} effects */
export function hostMachine({ context, events, removeHung, limits, nonce: newNonce, now, stamp, diagnostics, jar }: Options, effects: Effects): {
    /**
     * Takes the visitor's decision. Until consent is granted, nothing is loaded and events are kept.
     * Once it is denied, everything is removed and events are dropped.
     * @param {Consent} next
     */
    consent(next: Consent): void;
    /**
     * Takes a window message. The frame's window, and frames inside it, may send a few that are not the
     * hello. A frame that sends a flood is removed soon, because all that it has sent still arrives.
     * @param {'frame' | 'inside' | 'other'} source
     * @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message
     *   not read unless it may be the hello: reading the data of a flood is expensive
     */
    message(source: "frame" | "inside" | "other", message: {
        isTrusted: boolean;
        origin: string;
        data: any;
        ports: ArrayLike<unknown>;
    }): void;
    /** Takes a message on the port. @param {unknown} data */
    port(data: unknown): void;
    /** The element has loaded: perhaps another document, perhaps not (`document.open()`). */
    load(): void;
    /** @param {boolean} visible */
    tick(visible: boolean): void;
    /**
     * Checks on the page's own tasks, every `watch_ms`, by a clock that goes on while a flood keeps
     * them waiting. A page that is busy by itself has long tasks, for which that clock also waits: so
     * a late check counts less.
     * @param {boolean} answered whether the task posted at an earlier check has run
     * @param {boolean} visible
     */
    watch(answered: boolean, visible: boolean): void;
    /** The page has been calm since its frame was removed as `stalled`. */
    retry(): void;
    /**
     * Ends the frame for misbehavior detected outside the machine.
     * @param {'focus_theft' | 'flooded' | 'scrolled' | 'stalled'} reason it has the focus although it is
     *   invisible; or it floods the parent page, or scrolls it to itself; or it delays leaving the
     *   page, which may be cancelled, so another try may follow
     */
    blame(reason: "focus_theft" | "flooded" | "scrolled" | "stalled"): void;
    /** An event of the widget. @param {string} name @param {string} json its fields @returns {WidgetEvent} */
    emit(name: string, json: string): WidgetEvent;
    flush: () => void;
    /** Makes a new element; returns false if there have been too many, or if none is allowed. */
    restart(): boolean;
    destroy(): void;
};
export type Envelope = import("./envelope.js").Envelope;
export type BridgeLimits = import("../shared/limits.js").BridgeLimits;
export type Consent = "granted" | "pending" | "denied";
export type Status = "waiting" | "denied" | "connecting" | "ready" | "failed" | "destroyed";
export type Reason = "refused" | "hung" | "navigated" | "flooded" | "focus_theft" | "closed" | "stalled" | "scrolled";
export type State = {
    readonly status: Status;
    readonly reason: Reason | null;
};
/**
 * `json`
 * is the only copy of its fields, as text
 */
export type WidgetEvent = {
    name: string;
    timestamp: string;
    id: string;
    seq: number;
    json: string;
};
/**
 * actions for the page, called synchronously and in order
 */
export type Effects = {
    /**
     * put a new element into the page
     */
    open: (nonce: string) => void;
    /**
     * remove the element from the page, and close its port
     */
    close: () => void;
    /**
     * listen to this port
     */
    accept: (port: any) => void;
    /**
     * send on the port: JSON text, which for small objects costs
     * half as much as the browser's own clone
     */
    post: (message: string) => void;
    /**
     * call `retry` once the page has been calm for a while (`calm_ms`)
     */
    retryLater: () => void;
    /**
     * call `flush` at the end of this task
     */
    flushSoon: () => void;
    /**
     * send to the parent page, if there is one
     */
    relay: (envelope: () => Envelope) => void;
    /**
     * pass a custom event to the widget
     */
    custom: (envelope: Envelope) => void;
    /**
     * report the new state to the widget
     */
    state: (state: State) => void;
};
/**
 * of a message on the port
 */
export type Outcome = "passed" | "refused" | "garbage";
export type Options = {
    context: Readonly<Record<string, string>>;
    /**
     * the names of the widget's events
     */
    events: readonly string[];
    /**
     * whether a frame that does not answer is removed, not only reported
     */
    removeHung: boolean;
    limits: BridgeLimits;
    /**
     * a new secret
     */
    nonce: () => string;
    /**
     * in milliseconds, by a monotonic clock
     */
    now: () => number;
    stamp: () => {
        timestamp: string;
        id: string;
    };
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
    jar?: import("../jar.js").KeptJar | undefined;
};
