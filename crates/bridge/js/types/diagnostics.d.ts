/**
 * The diagnostics of one mount: what came from the frame, and what the host itself refused.
 *
 * @typedef {ReturnType<typeof diagnosticsTo>} Diagnostics
 * @param {(diagnostic: Diagnostic) => void} onDiagnostic
 */
export function diagnosticsTo(onDiagnostic: (diagnostic: Diagnostic) => void): {
    /** @param {readonly {seq: number, name: string}[]} events */
    sent(events: readonly {
        seq: number;
        name: string;
    }[]): void;
    /**
     * Takes what the frame says. (The shim keeps the limits by itself: what goes beyond them is a
     * flood by somebody else.)
     * @param {any} data an object
     * @param {number} now in milliseconds
     * @returns {'passed' | 'refused' | 'garbage'}
     */
    take(data: any, now: number): "passed" | "refused" | "garbage";
    /** @param {unknown} name whatever the frame gave for one @param {string} reason a key of `REFUSALS` @param {number} now */
    refused(name: unknown, reason: string, now: number): void;
    /** The frame is gone, perhaps for another. */
    stop(): void;
};
export namespace DIAGNOSTIC_LIMITS {
    let diagnostic_units_max: number;
    let diagnostic_burst: number;
    let diagnostics_per_second: number;
    let dropped_delay_ms: number;
    let handlers_max: number;
    let unreported_max: number;
}
/**
 * The diagnostics of one mount: what came from the frame, and what the host itself refused.
 */
export type Diagnostics = ReturnType<typeof diagnosticsTo>;
/**
 * the frame
 *   has handed a widget event to so many handlers, and they have run
 */
export type Delivered = {
    type: "delivered";
    seq: number;
    name: string;
    handlers: number;
};
/**
 * an uncaught error, one that a handler of `on` threw, a rejection that nobody handles,
 *   something that did not load, that a policy forbids, or that the jar did not take;
 *   `source` is a URL without query and fragment, line and column count from 1 in it
 */
export type CodeError = {
    type: "error";
    kind: "script" | "handler" | "rejection" | "resource" | "csp" | "jar";
    message: string;
    source: string | null;
    line: number | null;
    column: number | null;
};
/**
 * an emit that was not taken
 */
export type RefusedEmit = {
    type: "refused";
    name: string;
    reason: string;
};
/**
 * so many were left out: there were too many
 */
export type Dropped = {
    type: "dropped";
    count: number;
};
/**
 * events waited for the document to be
 *   parsed, and do not wait any longer; `source` is the URL of the script that had not come by then,
 *   without query and fragment. A handler that comes later hears those by `{replay: true}` only
 */
export type CutOff = {
    type: "cut_off";
    source: string | null;
};
/**
 * All text in a diagnostic is that of a stranger.
 */
export type Diagnostic = Delivered | CodeError | RefusedEmit | Dropped | CutOff;
