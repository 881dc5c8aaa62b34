/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./limits.js').BridgeLimits} BridgeLimits
 *
 * @typedef {'granted' | 'pending' | 'denied'} Consent
 * @typedef {'waiting' | 'denied' | 'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'refused' | 'hung' | 'navigated' | 'flooded' | 'focus_theft' | 'closed' | 'stalled' | 'scrolled'} Reason
 * @typedef {{readonly status: Status, readonly reason: Reason | null}} State
 *
 * @typedef {{name: string, timestamp: string, id: string, seq: number, json: string}} WidgetEvent `json`
 *   is its fields, as text: the one copy of them that is made
 *
 * @typedef {object} Effects what the machine asks of the page; all of it at once, in this order
 * @property {(nonce: string) => void} open put a new element into the page
 * @property {() => void} close take the element out of the page, and close its port
 * @property {(port: any) => void} accept listen to this port
 * @property {(message: string) => void} post send on the port: JSON text, which for small objects costs
 *   half of what the browser's own clone does
 * @property {() => void} retryLater call `retry` once the page has been calm for a while (`calm_ms`)
 * @property {() => void} flushSoon call `flush` at the end of this task
 * @property {(envelope: () => Envelope) => void} relay tell the parent page, if there is one
 * @property {(envelope: Envelope) => void} custom tell the widget what custom code emitted
 * @property {(state: State) => void} state tell the widget the new state
 *
 * @typedef {'passed' | 'refused' | 'garbage'} Outcome of a message on the port
 *
 * @typedef {object} Options
 * @property {Readonly<Record<string, string>>} context
 * @property {boolean} removeHung whether a frame that does not answer is removed, or only reported
 * @property {BridgeLimits} limits
 * @property {() => string} nonce a new secret
 * @property {() => number} now in milliseconds, by a clock that never goes back
 * @property {() => {timestamp: string, id: string}} stamp
 * @property {import('../diagnostics.js').Diagnostics} [diagnostics]
 * @property {import('../jar.js').KeptJar} [jar]
 */
/** @param {Options} options @param {Effects} effects */
export function hostMachine({ context, removeHung, limits, nonce: newNonce, now, stamp, diagnostics, jar }: Options, effects: Effects): {
    /**
     * The visitor's decision. Until it is granted nothing is loaded and events are kept; once it
     * is denied nothing is left, and events are dropped.
     * @param {Consent} next
     */
    consent(next: Consent): void;
    /**
     * A window message. The frame's window, and frames inside it, may send a few that are not the
     * hello; a frame that sends a flood is removed, and soon: what it has sent by then still comes.
     * @param {'frame' | 'inside' | 'other'} source
     * @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message
     *   not looked at unless it may be the hello: reading the data of a flood is what costs
     */
    message(source: "frame" | "inside" | "other", message: {
        isTrusted: boolean;
        origin: string;
        data: any;
        ports: ArrayLike<unknown>;
    }): void;
    /** A message on the port. @param {unknown} data */
    port(data: unknown): void;
    /** The element has loaded: perhaps another document, perhaps not (`document.open()`). */
    load(): void;
    /** @param {boolean} visible */
    tick(visible: boolean): void;
    /**
     * A look at the page's own tasks, every `watch_ms`, by a clock that goes on while a flood keeps
     * them waiting. (A page that is busy by itself has one long task: then that clock waits, too.)
     * @param {boolean} answered whether a task that was posted at an earlier look has run
     * @param {boolean} visible
     */
    watch(answered: boolean, visible: boolean): void;
    /** The page has been calm since its frame was removed as `stalled`. */
    retry(): void;
    /**
     * Somebody else saw that the frame does what it must not.
     * @param {'focus_theft' | 'flooded' | 'scrolled' | 'stalled'} reason it holds the focus, though
     *   nobody can see it; or it floods the parent page, or scrolls it to itself; or it holds up the
     *   leaving of the page, which may be cancelled, and the frame may then try once more
     */
    blame(reason: "focus_theft" | "flooded" | "scrolled" | "stalled"): void;
    /** An event of the widget. @param {string} name @param {string} json its fields @returns {WidgetEvent} */
    emit(name: string, json: string): WidgetEvent;
    flush: () => void;
    /** A new element; false if there have been too many, or there may be none. */
    restart(): boolean;
    destroy(): void;
};
export type Envelope = import("./envelope.js").Envelope;
export type BridgeLimits = import("./limits.js").BridgeLimits;
export type Consent = "granted" | "pending" | "denied";
export type Status = "waiting" | "denied" | "connecting" | "ready" | "failed" | "destroyed";
export type Reason = "refused" | "hung" | "navigated" | "flooded" | "focus_theft" | "closed" | "stalled" | "scrolled";
export type State = {
    readonly status: Status;
    readonly reason: Reason | null;
};
/**
 * `json`
 * is its fields, as text: the one copy of them that is made
 */
export type WidgetEvent = {
    name: string;
    timestamp: string;
    id: string;
    seq: number;
    json: string;
};
/**
 * what the machine asks of the page; all of it at once, in this order
 */
export type Effects = {
    /**
     * put a new element into the page
     */
    open: (nonce: string) => void;
    /**
     * take the element out of the page, and close its port
     */
    close: () => void;
    /**
     * listen to this port
     */
    accept: (port: any) => void;
    /**
     * send on the port: JSON text, which for small objects costs
     * half of what the browser's own clone does
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
     * tell the parent page, if there is one
     */
    relay: (envelope: () => Envelope) => void;
    /**
     * tell the widget what custom code emitted
     */
    custom: (envelope: Envelope) => void;
    /**
     * tell the widget the new state
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
     * whether a frame that does not answer is removed, or only reported
     */
    removeHung: boolean;
    limits: BridgeLimits;
    /**
     * a new secret
     */
    nonce: () => string;
    /**
     * in milliseconds, by a clock that never goes back
     */
    now: () => number;
    stamp: () => {
        timestamp: string;
        id: string;
    };
    diagnostics?: {
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
