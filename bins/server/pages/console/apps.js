// @ts-check
/** The list of apps, at `/`. */

import { api } from './api.js';
import { byId, element, moment } from './dom.js';

/** @param {any[]} apps as the API lists them */
export function showApps(apps) {
  document.title = 'Apps – c2c console';
  byId('app-list').replaceChildren(...apps.map(entry));
  byId('new-app').addEventListener('submit', create);
  byId('apps').hidden = false;
}

/** @param {{id: string, name: string, revision: number, savedAt: string | null}} app */
function entry({ id, name, revision, savedAt }) {
  const link = element('a', '', name);
  link.href = `/apps/${id}`;
  const when = savedAt ? `, saved ${moment(savedAt)}` : '';
  const state = revision > 0 ? `Revision ${revision}${when}` : 'No custom code yet';
  const noRun = element('a', 'no-run', 'Open without running');
  noRun.href = `/apps/${id}?run=no`;
  noRun.setAttribute('aria-label', `Open without running: ${name}`);
  return element('li', '', link, element('span', 'hint', state), noRun);
}

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault();
  const input = /** @type {HTMLInputElement} */ (byId('new-name'));
  const { status, body } = await api.createApp(input.value);
  if (status === 201) location.assign(`/apps/${body.id}`);
  else byId('new-message').textContent = `Not created: ${body.error}.`;
}
