// @ts-check
/** Messages at the fields of a form. The API names a field in the `detail` of a problem: `/url: it …`. */

import { byId } from './dom.js';
import { sentence } from './words.js';

/** Removes the messages at all fields. @param {HTMLElement} form */
export function clearErrors(form) {
  for (const error of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('.field-error'))) error.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

/** Shows a message at a field, whose element for messages has its id and `-error`. @param {string} id @param {string} text */
export function showError(id, text) {
  const error = byId(`${id}-error`);
  error.textContent = sentence(text);
  error.hidden = false;
  const field = byId(id);
  field.setAttribute('aria-invalid', 'true');
  const closed = field.closest('details');
  if (closed) closed.open = true;
  field.focus();
}

/**
 * Shows the problem of an answer: at the field that it names, or else as the sentence that is returned.
 * @param {string} detail of the problem
 * @param {Record<string, string>} fields the ids of fields by the names that the API uses
 * @returns {string}
 */
export function showProblem(detail, fields) {
  const [, name = '', place = '', text = ''] = /^\/(\w+)(\/[^:\s]*)?: (.*)$/s.exec(detail) ?? [];
  const id = Object.hasOwn(fields, name) ? fields[name] : null;
  if (id === null) return sentence(detail);
  showError(id, place ? `${place.slice(1)}: ${text}` : text);
  return '';
}
