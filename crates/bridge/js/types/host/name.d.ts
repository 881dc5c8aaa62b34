/**
 * Why a name cannot be a custom event's, or '' if it can.
 *
 * @param {unknown} name
 * @returns {'form' | 'reserved' | 'looks_built_in' | ''}
 */
export function customNameFault(name: unknown): "form" | "reserved" | "looks_built_in" | "";
/** The names of the widget's own events. */
export const EVENT_NAMES: string[];
