// @ts-check
/** The dialog that a person confirms before something reaches visitors. */

import { byId, element, find } from './dom.js';
import { isFramed, isTyped, nameToType } from './surface.js';

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} submit the text of the button
 * @property {string | null} note the label of the note, or null if there is none
 * @property {Node[]} parts shown above the note
 * @property {(note: string) => Promise<string | null>} perform does it, and gives the sentence of a failure
 */

/** Opens the dialog. @param {Question} question */
export function ask({ title, submit, note, parts, perform }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('ask'));
  const form = /** @type {HTMLFormElement} */ (find(dialog, 'form'));
  const area = /** @type {HTMLTextAreaElement} */ (byId('ask-note'));
  const button = /** @type {HTMLButtonElement} */ (byId('ask-submit'));
  byId('ask-title').textContent = title;
  byId('ask-parts').replaceChildren(...parts);
  byId('ask-note-row').hidden = note === null;
  byId('ask-note-label').textContent = note ?? '';
  const typed = /** @type {HTMLInputElement} */ (byId('ask-name'));
  const wanted = nameToType();
  byId('ask-name-row').hidden = wanted === null;
  byId('ask-name-wanted').textContent = wanted;
  typed.value = '';
  // A drop or a paste takes no more than a click. (An input method composes what a person types.)
  typed.onbeforeinput = (event) => {
    if (/^insertFrom(Paste|Drop|Yank)|^insertReplacement/.test(event.inputType) && !event.isComposing) event.preventDefault();
  };
  byId('ask-message').textContent = '';
  area.value = '';
  button.textContent = submit;
  button.disabled = false;
  let busy = false;

  form.onsubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (wanted !== null && !isTyped(typed.value, wanted)) {
      byId('ask-message').textContent = `Not done: type “${wanted}” above first.`;
      return typed.focus();
    }
    busy = true;
    button.disabled = true;
    byId('ask-message').textContent = '';
    const failure = await perform(area.value);
    busy = false;
    button.disabled = false;
    if (failure === null) dialog.close();
    else byId('ask-message').textContent = failure;
  };
  byId('ask-cancel').onclick = () => dialog.close();
  dialog.showModal();
}

/** Does at once what a window of its own needs no question for; in a frame, asks. @param {Question} question */
export function confirmInFrame(question) {
  if (isFramed) ask(question);
  else question.perform('');
}

/** A checkbox that has to be checked. @param {string} sentence */
export function acceptance(sentence) {
  const box = element('input');
  box.type = 'checkbox';
  box.required = true;
  return element('label', 'accept', box, ` ${sentence}`);
}
