/**
 * Why a name cannot be a custom event's, or null if it can.
 *
 * @param {unknown} name
 * @returns {'form' | 'reserved' | 'looks_built_in' | null}
 */
export function customNameFault(name: unknown): "form" | "reserved" | "looks_built_in" | null;
/** Names of custom events, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */
/** What stands before a custom event's name everywhere outside the frame. */
export const CUSTOM_PREFIX: "custom:";
/** The names of the widget's own events. */
export const EVENT_NAMES: readonly string[];
/** What is said of each fault to the person who chose the name. */
export const NAME_FAULTS: Readonly<{
    form: "a name begins with a letter, goes on with letters, digits, \"_\", \"-\" and \".\", and has 64 characters at most";
    reserved: "names that begin with \"c2c\" are reserved";
    looks_built_in: "the name looks like that of an event of the widget";
}>;
