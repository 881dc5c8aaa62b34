/** @param {any} data @returns {Traced | null} null if it is not a valid report */
export function readTrace(data: any): Traced | null;
/**
 * `url` is whole, with its query, and cut if it is very long, as is `body`; `via` is the
 *   API or the kind of element
 */
export type TracedRequest = {
    type: "request";
    id: number;
    via: "fetch" | "xhr" | "beacon" | "image" | "script" | "style" | "frame" | "socket" | "stream" | "worker" | "other";
    method: string;
    url: string;
    body: string;
    seq: number | null;
};
/**
 * `seq` is the event whose handlers made the request or the call, or null.
 */
export type Answer = {
    type: "answer";
    id: number;
    outcome: keyof typeof OUTCOMES;
    status: number | null;
};
/**
 * a call that the sandbox ignores; `text` is its first argument, or a link's address; the call
 * 'parent' is a read of `window.parent`, which is where a message to the page above begins
 */
export type IgnoredCall = {
    type: "ignored";
    call: string;
    text: string;
    callers: import("./report.js").Place[];
    seq: number | null;
};
/**
 * `seq` is the event whose handlers made the request or the call, or null.
 */
export type Traced = TracedRequest | Answer | IgnoredCall;
declare namespace OUTCOMES {
    let status: string;
    let hidden: string;
    let unshown: string;
    let queued: string;
    let full: string;
    let open: string;
    let failed: string;
}
export {};
