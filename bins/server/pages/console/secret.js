// @ts-check
/** The dialog that shows a secret once. */

import { announce, byId, copy } from './dom.js';

/** @param {string} title @param {string} hint @param {string} text the secret */
export function reveal(title, hint, text) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('made'));
  const secret = /** @type {HTMLInputElement} */ (byId('made-secret'));
  const copySecret = /** @type {HTMLButtonElement} */ (byId('made-copy'));
  byId('made-title').textContent = title;
  byId('made-hint').textContent = hint;
  secret.value = text;
  copySecret.onclick = () => copy(copySecret, secret.value);
  // The secret stays no longer in the page than it is shown.
  dialog.onclose = () => (secret.value = '');
  dialog.showModal();
  secret.select();
  // Its beginning is in sight.
  secret.scrollLeft = 0;
  announce('It is ready to copy.');
}
