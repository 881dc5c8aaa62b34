// @ts-check
/** The console: the list of apps at `/`, one app's settings below `/apps/{app}`. */

import { showAccess } from './console/access.js';
import { api } from './console/api.js';
import { showApps } from './console/apps.js';
import { showCode } from './console/code.js';
import { byId } from './console/dom.js';
import { showGeneral } from './console/general.js';
import { showHistory } from './console/revisions.js';
import { offerIssuer, showOwn } from './console/session.js';

const config = JSON.parse(document.body.dataset.config ?? '');

async function show() {
  const [, id, page] = /^\/apps\/([^/]+)(?:\/([a-z]+))?$/.exec(location.pathname) ?? [];
  // `?run=no` is for code that stalls or hangs the page.
  const runs = new URLSearchParams(location.search).get('run') !== 'no';
  const session = await api.session();
  if (session.status === 401) {
    offerIssuer(config.issuer);
    return void (byId('signed-out').hidden = false);
  }
  if (session.status !== 200) return showTrouble(session.body.detail);
  showOwn(session.body);
  if (location.pathname === '/access') return showAccess(session.body);
  const { status, body } = await (id ? api.app(id) : api.apps('', null));
  if (status !== 200) return showTrouble(body.detail);
  if (!id) return showApps(body);
  showTrail(body, page === 'settings' ? 'to-general' : page === 'history' ? 'to-history' : 'to-code');
  if (page === 'settings') showGeneral(body);
  else if (page === 'history') await showHistory(body);
  else await openCode(body, runs);
}

/** @param {any} app @param {boolean} runs */
async function openCode(app, runs) {
  const [draft, live] = await Promise.all([api.draft(app.id), app.live === null ? null : api.revision(app.id, app.live)]);
  for (const reply of [draft, live]) if (reply && reply.status !== 200) return showTrouble(reply.body.detail);
  await showCode(app, draft.body, live && live.body, config, runs);
}

/** @param {any} app @param {string} current the tab that is open */
function showTrail(app, current) {
  document.title = `${app.name} – c2c console`;
  byId('app-name').textContent = app.name;
  byId('app-name').hidden = false;
  byId('tabs').hidden = false;
  const link = (/** @type {string} */ id) => /** @type {HTMLAnchorElement} */ (byId(id));
  link('to-code').href = `/apps/${app.id}`;
  link('to-history').href = `/apps/${app.id}/history`;
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
