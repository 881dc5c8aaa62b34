// @ts-check
/** The list of apps, at `/`. */

import { api } from './api.js';
import { byId, element } from './dom.js';

/** How long after the last keystroke the list is searched. */
const PAUSE_MS = 250;

/** @typedef {{id: string, name: string, live: number | null, off: object | null}} App */

/** @param {{apps: App[], more: boolean}} first as the API lists them */
export function showApps(first) {
  document.title = 'Apps – c2c console';
  const search = /** @type {HTMLInputElement} */ (byId('app-search'));
  let last = '';
  let searches = 0;
  let pause = 0;

  /** @param {{apps: App[], more: boolean}} part @param {boolean} begins */
  function show({ apps, more }, begins) {
    if (begins) byId('app-list').replaceChildren();
    byId('app-list').append(...apps.map(entry));
    last = apps.at(-1)?.id ?? last;
    byId('more-apps').hidden = !more;
    byId('no-apps').hidden = byId('app-list').childElementCount > 0 || search.value === '';
  }

  /** @param {string | null} after */
  async function load(after) {
    const ours = ++searches;
    const { status, body } = await api.apps(search.value.trim(), after);
    if (ours === searches && status === 200) show(body, after === null);
  }

  search.addEventListener('input', () => {
    clearTimeout(pause);
    pause = window.setTimeout(() => load(null), PAUSE_MS);
  });
  byId('more-apps').addEventListener('click', () => load(last));
  byId('new-app').addEventListener('submit', create);
  show(first, true);
  byId('app-search-row').hidden = !first.more && first.apps.length < 10;
  byId('apps').hidden = false;
}

/** @param {App} app */
function entry({ id, name, live, off }) {
  const link = element('a', '', name);
  link.href = `/apps/${id}`;
  const state = off ? 'Switched off' : live === null ? 'Nothing is published yet' : `Revision ${live} is live`;
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
  else byId('new-message').textContent = `Not created: ${body.detail}.`;
}
