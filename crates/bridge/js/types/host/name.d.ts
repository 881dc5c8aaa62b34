/**
 * Returns the rule for names of custom events beside these widget events.
 *
 * @param {readonly string[]} events the names of the widget's events
 * @returns {(name: unknown) => 'form' | 'reserved' | 'looks_built_in' | ''} why a name cannot be a custom
 *   event's, or '' if it can
 */
export function customNameRule(events: readonly string[]): (name: unknown) => "form" | "reserved" | "looks_built_in" | "";
export function isEventName(name: unknown): name is string;
