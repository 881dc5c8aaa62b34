/**
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
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
export { DIAGNOSTIC_LIMITS };
/**
 * Handles the diagnostics of one mount: those from the frame, and refusals by the host itself.
 */
export type Diagnostics = ReturnType<typeof diagnosticsTo>;
/**
 * the frame
 *   has run this many handlers for a widget event
 */
export type Delivered = {
    type: "delivered";
    seq: number;
    name: string;
    handlers: number;
};
/**
 * an uncaught error, an error thrown by a handler of `on`, an unhandled rejection, a
 *   resource that did not load, a policy violation, or an entry that the jar refused;
 *   `source` is a URL without query and fragment, line and column count from 1
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
 *   parsed, until the deadline; `source` is the URL of the script that had not loaded by then,
 *   without query and fragment. A handler added later gets these events only with `{replay: true}`
 */
export type CutOff = {
    type: "cut_off";
    source: string | null;
};
/**
 * All text in a diagnostic is untrusted.
 */
export type Diagnostic = Delivered | CodeError | RefusedEmit | Dropped | CutOff;
import { DIAGNOSTIC_LIMITS } from './shared/limits.js';
