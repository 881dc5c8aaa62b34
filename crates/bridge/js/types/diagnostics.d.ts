/**
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
 *
 * @typedef {ReturnType<typeof diagnosticsTo>} Diagnostics
 * @param {(diagnostic: Diagnostic) => void} onDiagnostic
 * @param {object} [options]
 * @param {boolean} [options.trace] whether to take the reports of a traced document, too: what its code
 *   requests, and which of its calls the sandbox ignores. They hold all that tags send
 */
export function diagnosticsTo(onDiagnostic: (diagnostic: Diagnostic) => void, { trace }?: {
    trace?: boolean | undefined;
}): {
    /** The boot name's `diagnostics`. */
    level: string | boolean;
    /** @param {readonly {seq: number, name: string}[]} events */
    sent(events: readonly {
        seq: number;
        name: string;
    }[]): void;
    /**
     * Takes a message from the frame. (The shim itself keeps the limits: messages beyond them are a
     * flood from other code.)
     * @param {any} data an object
     * @param {number} now in milliseconds
     * @returns {'passed' | 'refused' | 'garbage'}
     */
    take(data: any, now: number): "passed" | "refused" | "garbage";
    /**
     * Reports that the host refused an emit.
     * @param {unknown} name as the frame sent it @param {string} reason a key of `REFUSALS` @param {number} now
     */
    refused(name: unknown, reason: string, now: number): void;
    /** Forgets the frame, which was removed or replaced. */
    stop(): void;
};
/**
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
 */
export type Diagnostics = ReturnType<typeof diagnosticsTo>;
/**
 * All text in a diagnostic is untrusted.
 */
export type Place = import("./host/report.js").Place;
/**
 * the frame has run this many handlers for a widget event; if none, and in a traced document only,
 * `loading` is the URL of a script that had not loaded by then
 */
export type Delivered = {
    type: "delivered";
    seq: number;
    name: string;
    handlers: number;
    loading?: string;
};
/**
 * an uncaught error, an error thrown by a handler of `on`, an unhandled rejection, a
 *  resource that did not load, a policy violation, or an entry that the jar refused;
 *  `source` is a URL without query and fragment, line and column count from 1; `callers` are the next
 *  places of the stack, the innermost first
 */
export type CodeError = {
    type: "error";
    kind: "script" | "handler" | "rejection" | "resource" | "csp" | "jar";
    message: string;
    source: string | null;
    line: number | null;
    column: number | null;
    callers: Place[];
};
/**
 * a refused emit
 */
export type RefusedEmit = {
    type: "refused";
    name: string;
    reason: string;
};
/**
 * the number of diagnostics that exceeded the limit
 */
export type Dropped = {
    type: "dropped";
    count: number;
};
/**
 * events waited for the document to be
 *  parsed, until the deadline; `source` is the URL of the script that had not loaded by then,
 *  without query and fragment. A handler added later gets these events only with `{replay: true}`
 */
export type CutOff = {
    type: "cut_off";
    source: string | null;
};
/**
 * All text in a diagnostic is untrusted.
 */
export type Traced = import("./host/trace.js").Traced;
/**
 * All text in a diagnostic is untrusted.
 */
export type Diagnostic = Delivered | CodeError | RefusedEmit | Dropped | CutOff | Traced;
import { DIAGNOSTIC_LIMITS } from './shared/limits.js';
import { TRACE_LIMITS } from './shared/limits.js';
export { DIAGNOSTIC_LIMITS, TRACE_LIMITS };
