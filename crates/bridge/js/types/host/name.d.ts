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
