/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./limits.js').BridgeLimits} BridgeLimits
 *
 * @typedef {'granted' | 'pending' | 'denied'} Consent
 * @typedef {'waiting' | 'denied' | 'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'refused' | 'hung' | 'navigated' | 'flooded' | 'focus_theft' | 'closed'} Reason
 * @typedef {{readonly status: Status, readonly reason: Reason | null}} State
 *
 * @typedef {{name: string, data: object, timestamp: string, id: string, seq: number}} FrameEvent
 * @typedef {{type: 'accepted'} | {type: 'events', events: FrameEvent[]} | {type: 'ping', n: number}} ToFrame
 *
 * @typedef {object} Effects what the machine asks of the page; all of it at once, in this order
 * @property {(nonce: string) => void} open put a new element into the page
 * @property {() => void} close take the element out of the page, and close its port
 * @property {() => void} accept take the port of the message that was just given
 * @property {(message: ToFrame) => void} post send on the port
 * @property {() => void} flushSoon call `flush` at the end of this task
 * @property {(envelope: Envelope) => void} relay tell the parent page
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
 * @property {() => {timestamp: string, id: string}} stamp
 * @property {import('../diagnostics.js').Diagnostics} [diagnostics]
 * @property {import('../jar.js').KeptJar} [jar]
 */
/** @param {Options} options @param {Effects} effects */
export function hostMachine({ context, removeHung, limits, nonce: newNonce, stamp, diagnostics, jar }: Options, effects: Effects): {
    /** @returns {State['status']} */
    status: () => State["status"];
    /**
     * The visitor's decision. Until it is granted nothing is loaded and events are kept; once it
     * is denied nothing is left, and events are dropped.
     * @param {Consent} next @param {number} now
     */
    consent(next: Consent, now: number): void;
    /**
     * A window message. The frame's window, and frames inside it, may send a few that are not the
     * hello; a frame that sends a flood is removed, and soon: what it has sent by then still comes.
     * @param {'frame' | 'inside' | 'other'} source
     * @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message
     *   not looked at unless it may be the hello: reading the data of a flood is what costs
     * @param {number} now
     */
    message(source: "frame" | "inside" | "other", message: {
        isTrusted: boolean;
        origin: string;
        data: any;
        ports: ArrayLike<unknown>;
    }, now: number): void;
    /** A message on the port. @param {unknown} data @param {number} now */
    port(data: unknown, now: number): void;
    /** The element has loaded: perhaps another document, perhaps not (`document.open()`). */
    load(): void;
    /** @param {boolean} visible @param {number} now in milliseconds */
    tick(visible: boolean, now: number): void;
    /** The frame holds the focus, though nobody can see it. */
    focused(): void;
    /**
     * An event of the widget.
     * @param {string} name @param {object} fields nobody else holds it
     */
    emit(name: string, fields: object): import("./envelope.js").Envelope;
    flush: () => void;
    /** A new element; false if there have been too many, or there may be none. @param {number} now */
    restart(now: number): boolean;
    destroy(): void;
};
export type Envelope = import("./envelope.js").Envelope;
export type BridgeLimits = import("./limits.js").BridgeLimits;
export type Consent = "granted" | "pending" | "denied";
export type Status = "waiting" | "denied" | "connecting" | "ready" | "failed" | "destroyed";
export type Reason = "refused" | "hung" | "navigated" | "flooded" | "focus_theft" | "closed";
export type State = {
    readonly status: Status;
    readonly reason: Reason | null;
};
export type FrameEvent = {
    name: string;
    data: object;
    timestamp: string;
    id: string;
    seq: number;
};
export type ToFrame = {
    type: "accepted";
} | {
    type: "events";
    events: FrameEvent[];
} | {
    type: "ping";
    n: number;
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
     * take the port of the message that was just given
     */
    accept: () => void;
    /**
     * send on the port
     */
    post: (message: ToFrame) => void;
    /**
     * call `flush` at the end of this task
     */
    flushSoon: () => void;
    /**
     * tell the parent page
     */
    relay: (envelope: Envelope) => void;
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
