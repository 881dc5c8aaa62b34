// @ts-check
/** The console: the list of apps at `/`, one app's settings below `/apps/{app}`. */

import { api } from './console/api.js';
import { showApps } from './console/apps.js';
import { showCode } from './console/code.js';
import { byId } from './console/dom.js';
import { showGeneral } from './console/general.js';

const config = JSON.parse(document.body.dataset.config ?? '');

async function show() {
  const [, id, page] = /^\/apps\/([^/]+)(?:\/([a-z]+))?$/.exec(location.pathname) ?? [];
  // `?run=no` is for code that stalls or hangs the page.
  const runs = new URLSearchParams(location.search).get('run') !== 'no';
  const { status, body } = await (id ? api.app(id) : api.apps());
  if (status !== 200) return showTrouble(body.error);
  if (!id) return showApps(body.apps);
  showTrail(body, page === 'settings' ? 'to-general' : 'to-code');
  if (page === 'settings') showGeneral(body);
  else await showCode(body, config, runs);
}

/** @param {any} app @param {string} current the tab that is open */
function showTrail(app, current) {
  document.title = `${app.name} – c2c console`;
  byId('app-name').textContent = app.name;
  byId('app-name').hidden = false;
  byId('tabs').hidden = false;
  const link = (/** @type {string} */ id) => /** @type {HTMLAnchorElement} */ (byId(id));
  link('to-code').href = `/apps/${app.id}`;
  link('to-general').href = `/apps/${app.id}/settings`;
  link('no-run').href = `/apps/${app.id}?run=no`;
  link(current).setAttribute('aria-current', 'page');
}

/** @param {string} error */
function showTrouble(error) {
  byId('trouble-text').textContent = `${error[0].toUpperCase()}${error.slice(1)}.`;
  byId('reload').addEventListener('click', () => location.reload());
  byId('trouble').hidden = false;
}

show();
