/**
 * Reads the query of the widget's URL. Keys that begin with `c2c` belong to the product and never
 * enter the context; if a key has several values, the first counts. Reading never fails: entries that
 * break a rule or a limit are left out and reported in `rejected`.
 *
 * @param {string} query `location.search`
 * @returns {{context: Context, rejected: {key: string, reason: RejectReason}[]}}
 */
export function contextFromQuery(query: string): {
    context: Context;
    rejected: {
        key: string;
        reason: RejectReason;
    }[];
};
/**
 * Applies the same rules to entries from elsewhere.
 *
 * @param {Iterable<[string, string]>} entries
 * @returns {{context: Context, rejected: {key: string, reason: RejectReason}[]}}
 */
export function contextFromEntries(entries: Iterable<[string, string]>): {
    context: Context;
    rejected: {
        key: string;
        reason: RejectReason;
    }[];
};
export type Context = Record<string, string>;
export type RejectReason = "empty_key" | "reserved_key" | "duplicate" | "key_too_long" | "value_too_long" | "too_many_entries" | "too_large";
