/** @param {Options} options @param {Effects} effects */
export function collectorMachine({ page, random }: Options, effects: Effects): {
    /**
     * Takes the visitor's decision. The first one is the page's own default: if that grants consent, the
     * visitor was not asked.
     * @param {Consent} next
     */
    consent(next: Consent): void;
    /** Takes an event. @param {() => Envelope} make */
    take(make: () => Envelope): void;
    /** The time asked for by `wait` has passed. */
    due(): void;
    /**
     * Takes the answer to a batch.
     * @param {Batch} batch
     * @param {number} status of HTTP; 0 if there is no answer
     * @param {number} [retryAfter] in seconds; 0 or NaN if the server does not say
     */
    answered(batch: Batch, status: number, retryAfter?: number): void;
    leave: () => void;
    /** The page is hidden, and may come back: sends the same, unless the server, or its silence, asks to wait. */
    hide(): void;
    /** Sends the rest once, and ends. */
    stop(): void;
};
export type Envelope = import("./envelope.js").Envelope;
export type Consent = import("./machine.js").Consent;
/**
 * events that travel together
 */
export type Batch = {
    /**
     * the text to send
     */
    body: string;
    /**
     * whether its request may outlive the page
     */
    keepalive: boolean;
    /**
     * whether a request with it awaits its answer
     */
    flying: boolean;
    /**
     * how often it has failed
     */
    tries: number;
    /**
     * of its events
     */
    number: number;
    /**
     * of its events
     */
    bytes: number;
    /**
     * the losses that it reports
     */
    lost: Record<string, number>;
};
/**
 * actions for the page, called synchronously
 */
export type Effects = {
    /**
     * send it, and call `answered`; `leaving`: the
     * page may be gone before that
     */
    send: (batch: Batch, leaving: boolean) => void;
    /**
     * call `due` after this time, instead of the last time asked for
     */
    wait: (ms: number) => void;
};
export type Options = {
    /**
     * the address of the page around the widget, if it is known
     */
    page: () => string | undefined;
    /**
     * from 0 to 1
     */
    random: () => number;
};
