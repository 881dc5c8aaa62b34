// @ts-check
/**
 * The console: the list of apps at `/`, the editor of one app's custom code at `/apps/{app}`.
 * Whatever a person typed is only ever text: there is no markup in this file.
 */

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {string} tag @param {string} [text] */
function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * @param {string} method @param {string} path @param {object} [body]
 * @returns {Promise<{status: number, body: any}>}
 */
async function call(method, path, body) {
  const headers = body ? { 'content-type': 'application/json' } : undefined;
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: isJson ? JSON.parse(text) : { error: text.trim() } };
}

/* --- The list ---------------------------------------------------------------------------- */

async function showList() {
  byId('list').hidden = false;
  const { body } = await call('GET', '/api/apps');
  for (const app of body.apps) {
    const link = /** @type {HTMLAnchorElement} */ (element('a', app.name));
    link.href = `/apps/${app.id}`;
    const item = element('li');
    item.append(link);
    byId('apps').append(item);
  }
  byId('new-app').addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (byId('new-name')).value;
    const made = await attempt(byId('list-message'), () => call('POST', '/api/apps', { name }));
    if (made?.status === 201) location.assign(`/apps/${made.body.id}`);
    else if (made) byId('list-message').textContent = made.body.error;
  });
}

/* --- The editor -------------------------------------------------------------------------- */

/** @param {string} id */
async function showEditor(id) {
  const { status, body: app } = await call('GET', `/api/apps/${id}`);
  if (status !== 200) {
    byId('crumb').textContent = app.error;
    return;
  }
  byId('crumb').textContent = app.name;
  document.title = `${app.name} – c2c console`;
  /** @type {HTMLAnchorElement} */ (byId('parent-link')).href = app.links.parent;
  const head = /** @type {HTMLTextAreaElement} */ (byId('head'));
  const bodyEnd = /** @type {HTMLTextAreaElement} */ (byId('body-end'));
  head.value = app.head;
  bodyEnd.value = app.bodyEnd;
  byId('editor').hidden = false;

  let { revision } = app;
  byId('code').addEventListener('submit', async (event) => {
    event.preventDefault();
    const code = { head: head.value, bodyEnd: bodyEnd.value, revision };
    const saved = await attempt(byId('message'), () => call('PUT', `/api/apps/${id}/code`, code));
    if (!saved) return;
    const diagnostics = saved.body.diagnostics ?? [];
    showFindings(byId('head-findings'), head, diagnostics, 'head');
    showFindings(byId('body-end-findings'), bodyEnd, diagnostics, 'bodyEnd');
    if (saved.status === 200) revision = saved.body.revision;
    byId('message').textContent = sentence(saved);
  });
}

/** @param {{status: number, body: any}} saved */
function sentence({ status, body }) {
  if (status === 200) return `Saved as revision ${body.revision}. Visitors get it from now on.`;
  if (status === 422) return 'Not saved: mend what is marked, then save again.';
  if (status === 409) return 'Not saved: somebody else saved in between. Copy your code, then reload.';
  return `Not saved: ${body.error}.`;
}

/**
 * @param {HTMLElement} list @param {HTMLTextAreaElement} area
 * @param {any[]} diagnostics @param {string} name
 */
function showFindings(list, area, diagnostics, name) {
  list.replaceChildren();
  for (const found of diagnostics.filter((diagnostic) => diagnostic.area === name)) {
    const place = element('button', `Line ${found.line}, column ${found.column}`);
    place.setAttribute('type', 'button');
    place.addEventListener('click', () => select(area, found));
    const item = element('li');
    item.dataset.severity = found.severity;
    item.append(place, ` ${found.message}`, element('p', found.help));
    list.append(item);
  }
}

/** Selects a finding's line from where it begins.
 * @param {HTMLTextAreaElement} area @param {{line: number, column: number}} place */
function select(area, { line, column }) {
  const lines = area.value.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  // Columns count characters; a text area counts UTF-16 units.
  const start = before + [...lines[line - 1]].slice(0, column - 1).join('').length;
  area.focus();
  area.setSelectionRange(start, before + lines[line - 1].length);
}

/**
 * Runs an action and says when the server cannot be reached: what was typed stays where it is.
 * @template T @param {HTMLElement} message @param {() => Promise<T>} action
 * @returns {Promise<T | null>}
 */
async function attempt(message, action) {
  message.textContent = 'Saving…';
  try {
    return await action();
  } catch {
    message.textContent = 'The server did not answer. Nothing is lost: try again.';
    return null;
  }
}

const app = /^\/apps\/([a-z0-9-]+)$/.exec(location.pathname);
if (app) showEditor(app[1]);
else showList();
