// @ts-check
/** Names of custom events, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */

import { NAME_FORM, lettersOnly } from './letters.js';

/** The names of the widget's own events. */
export const EVENT_NAMES = [
  'widget_loaded',
  'call_started',
  'call_ended',
  'call_error',
  'survey_submitted',
];

const builtIn = new Set(EVENT_NAMES.map(lettersOnly));

/**
 * Why a name cannot be a custom event's, or '' if it can.
 *
 * @param {unknown} name
 * @returns {'form' | 'reserved' | 'looks_built_in' | ''}
 */
export function customNameFault(name) {
  if (typeof name !== 'string' || !NAME_FORM.test(name)) return 'form';
  const letters = lettersOnly(name);
  if (letters.startsWith('c2c')) return 'reserved';
  if (builtIn.has(letters)) return 'looks_built_in';
  return '';
}
