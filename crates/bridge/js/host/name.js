// @ts-check
/** Names of custom events, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */

/** What stands before a custom event's name everywhere outside the frame. */
export const CUSTOM_PREFIX = 'custom:';

/** The names of the widget's own events. */
export const EVENT_NAMES = [
  'widget_loaded',
  'call_started',
  'call_ended',
  'call_error',
  'survey_submitted',
];

const FORM = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** What a hurried reader sees of a name: no case, no separators.
 * @param {string} name */
const lettersOnly = (name) => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

const builtIn = new Set(EVENT_NAMES.map(lettersOnly));

/**
 * Why a name cannot be a custom event's, or '' if it can.
 *
 * @param {unknown} name
 * @returns {'form' | 'reserved' | 'looks_built_in' | ''}
 */
export function customNameFault(name) {
  if (typeof name !== 'string' || !FORM.test(name)) return 'form';
  const letters = lettersOnly(name);
  if (letters.startsWith('c2c')) return 'reserved';
  if (builtIn.has(letters)) return 'looks_built_in';
  return '';
}
