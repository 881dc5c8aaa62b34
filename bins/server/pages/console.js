// @ts-check
/** The console: the list of apps at `/`, one app's settings below `/apps/{app}`. */

import { showAccess } from './console/access.js';
import { api } from './console/api.js';
import { showApps } from './console/apps.js';
import { showCode } from './console/code.js';
import { showDeliveries } from './console/deliveries.js';
import { byId } from './console/dom.js';
import { keepSession, keepsCookies, meet, offerWindow, ownSession, tell, watchHeight } from './console/framed.js';
import { showGeneral } from './console/general.js';
import { showIntegrations } from './console/integrations.js';
import { showHistory } from './console/revisions.js';
import { offerIssuer, showOwn } from './console/session.js';
import { BASE, isFramed, nameApp } from './console/surface.js';

const config = JSON.parse(document.body.dataset.config ?? '');

/** The tab of each page of an app. */
const TABS = { settings: 'to-general', history: 'to-history', integrations: 'to-integrations', deliveries: 'to-integrations' };

async function show() {
  const [, id, page] = /^\/apps\/([^/]+)(?:\/([a-z]+))?$/.exec(location.pathname.slice(BASE.length)) ?? [];
  // `?run=no` is for code that stalls or hangs the page.
  const runs = new URLSearchParams(location.search).get('run') !== 'no';
  const session = isFramed ? await framedSession(id) : await api.session();
  if (session === null) return;
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
  showTrail(body, TABS[/** @type {keyof typeof TABS} */ (page)] ?? 'to-code');
  if (page === 'settings') showGeneral(body);
  else if (page === 'history') await showHistory(body);
  else if (page === 'integrations') await showIntegrations(body, showTrouble);
  else if (page === 'deliveries') await showDeliveries(body, showTrouble);
  else await openCode(body, runs);
  tell('ready', { app: body.id, name: body.name });
  const shown = [...document.querySelectorAll('main')].find((main) => !main.hidden);
  if (isFramed && shown) watchHeight(shown);
}

/** The session of a console in a frame, or null after saying why there is none. @param {string} id of the app */
async function framedSession(id) {
  if (window.parent === window) {
    location.replace(location.pathname.slice(BASE.length) + location.search);
    return null;
  }
  byId('framed-again').addEventListener('click', () => location.reload());
  if (!(await meet(config.ancestors))) {
    return explain('This console is not connected', 'The page around it has not greeted it. Its developer finds the reason in the documentation of c2c, docs/framing.md.');
  }
  const session = await ownSession(id);
  if (session.status === 200) keepSession(session.body.expiresAt);
  if (session.status !== 401) return session;
  if (keepsCookies()) return explain('You are not signed in', 'The page around this console has not signed you in. Reload that page.');
  offerWindow(id, byId('framed-window'), byId('framed-text'));
  return explain('Open the console in a window of its own', 'This browser keeps no session for a page inside another one.');
}

/** @param {string} title @param {string} text */
function explain(title, text) {
  byId('framed-title').textContent = title;
  byId('framed-text').textContent = text;
  byId('framed').hidden = false;
  return null;
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
  nameApp(app.name);
  byId('app-name').textContent = app.name;
  byId('app-name').hidden = false;
  byId('tabs').hidden = false;
  const link = (/** @type {string} */ id) => /** @type {HTMLAnchorElement} */ (byId(id));
  link('to-code').href = `${BASE}/apps/${app.id}`;
  link('to-history').href = `${BASE}/apps/${app.id}/history`;
  link('to-integrations').href = `${BASE}/apps/${app.id}/integrations`;
  link('to-general').href = `${BASE}/apps/${app.id}/settings`;
  link('no-run').href = `${BASE}/apps/${app.id}?run=no`;
  link(current).setAttribute('aria-current', 'page');
}

/** @param {string} error */
function showTrouble(error) {
  byId('trouble-text').textContent = `${error[0].toUpperCase()}${error.slice(1)}.`;
  byId('reload').addEventListener('click', () => location.reload());
  byId('trouble').hidden = false;
}

show();
