/**
 * Why a name cannot be a custom event's, or '' if it can.
 *
 * @param {unknown} name
 * @returns {'form' | 'reserved' | 'looks_built_in' | ''}
 */
export function customNameFault(name: unknown): "form" | "reserved" | "looks_built_in" | "";
/** Names of custom events, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */
/** What stands before a custom event's name everywhere outside the frame. */
export const CUSTOM_PREFIX: "custom:";
/** The names of the widget's own events. */
export const EVENT_NAMES: string[];
