// @ts-check
/** Names of events (crates/names/src/event_name.rs has the same rules). */

import { lettersOnly } from './letters.js';
import { NAME_FORM, RESERVED_NAMES } from '../shared/names.js';

/**
 * Returns the rule for names of custom events beside these widget events.
 *
 * @param {readonly string[]} events the names of the widget's events
 * @returns {(name: unknown) => 'form' | 'reserved' | 'looks_built_in' | ''} why a name cannot be a custom
 *   event's, or '' if it can
 */
export function customNameRule(events) {
  const builtIn = new Set(events.map(lettersOnly));
  return (name) => {
    if (!isEventName(name)) return 'form';
    const letters = lettersOnly(name);
    if (letters.startsWith(RESERVED_NAMES)) return 'reserved';
    return builtIn.has(letters) ? 'looks_built_in' : '';
  };
}

/** Returns whether this has the form of an event's name. @param {unknown} name @returns {name is string} */
export const isEventName = (name) => typeof name === 'string' && NAME_FORM.test(name);
