// @ts-check
/**
 * The page of a preview link, on the widget's origin. It opens an integrator's page, in which nothing changes,
 * and gives the widget there an address of the draft:
 *
 * 1. The link's token comes in the fragment, which no server gets. It leaves the address at once, and then is
 *    in the bodies of this page's own requests only.
 * 2. A button opens the integrator's page, which has this page as its opener.
 * 3. The widget in that page (linked.js) asks its top window's opener, by a message that only a page of the
 *    widget's own origin receives.
 * 4. This page answers such a question from a window that it has opened, with an address that the server gives
 *    for one load.
 */

/** How long the widget in an opened page may take to ask. */
const QUESTION_MS_MAX = 10_000;

/** How often an opened window is looked at. */
const LOOK_MS = 500;

const TOKEN = /^#[0-9a-f]{64}$/;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

/**
 * @typedef {{app: string, name: string, expiresAt: string, pages: string[], demo: string}} Link
 *   `pages` and `demo` are addresses to begin with
 * @typedef {{view: Window, origin: string, openedAt: number, hasAsked: boolean}} Opened
 */

const token = takeToken();
/** The windows that this page has opened. @type {Opened[]} */
const opened = [];

/** Reads the token and removes it from the address. */
function takeToken() {
  const { hash, pathname } = location;
  history.replaceState(null, '', pathname);
  return TOKEN.test(hash) ? hash.slice(1) : null;
}

/** Sends a request with the token. A status of 0 means that the server did not answer.
 * @param {'show' | 'open'} wish @returns {Promise<{status: number, body: any}>} */
async function call(wish) {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`/preview-link/${wish}`, { method: 'POST', headers, body: JSON.stringify({ token }) });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: { detail: 'the server did not answer' } };
  }
}

/** @param {string} detail */
const sentence = (detail) => `${detail[0].toUpperCase()}${detail.slice(1)}${/[.!?]$/.test(detail) ? '' : '.'}`;

/** @param {string} text @param {'good' | 'bad' | ''} [kind] */
function say(text, kind = '') {
  byId('state').textContent = text;
  byId('state').dataset.kind = kind;
}

async function show() {
  if (token === null) {
    return showProblem('The address of this page has no preview link, or not all of it. Open the link that you were given again.');
  }
  const { status, body } = await call('show');
  if (status !== 200) {
    byId('again').hidden = status === 404;
    return showProblem(sentence(body.detail));
  }
  byId('invalid').hidden = true;
  showLink(body);
}

/** @param {string} problem */
function showProblem(problem) {
  byId('link').hidden = true;
  byId('problem').textContent = problem;
  byId('invalid').hidden = false;
}

/** @param {Link} link */
function showLink(link) {
  document.title = `Preview of ${link.name}`;
  byId('name').textContent = link.name;
  const expires = /** @type {HTMLTimeElement} */ (byId('expires'));
  expires.dateTime = link.expiresAt;
  expires.textContent = new Date(link.expiresAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  byId('pages').replaceChildren(...[...link.pages, link.demo].map((address) => pageForm(address, address === link.demo)));
  byId('link').hidden = false;
  addEventListener('message', (event) => answer(link, event));
}

/** A field for the path on one of the origins, and a button. @param {string} address @param {boolean} isDemo */
function pageForm(address, isDemo) {
  const { origin, pathname } = new URL(address);
  const input = document.createElement('input');
  Object.assign(input, { id: `path-${origin}`, value: pathname, spellcheck: false, autocapitalize: 'off', autocomplete: 'off' });
  const label = document.createElement('label');
  label.htmlFor = input.id;
  label.textContent = isDemo ? `Demo page on ${origin}` : origin;
  const button = document.createElement('button');
  button.textContent = 'Open the preview';
  button.setAttribute('aria-label', `Open the preview on ${origin}`);
  if (!isDemo) button.className = 'primary';
  const row = document.createElement('div');
  row.className = 'row';
  row.append(input, button);
  const form = document.createElement('form');
  form.append(label, row);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    openPage(origin, input.value);
  });
  const item = document.createElement('li');
  item.append(form);
  return item;
}

/** Opens a page of an origin. @param {string} origin @param {string} path also a whole address of that origin */
function openPage(origin, path) {
  const url = URL.canParse(path, origin) ? new URL(path, origin) : null;
  if (url?.origin !== origin) return say(`The address must be one of ${origin}.`, 'bad');
  const view = window.open(url);
  if (view === null) return say('The browser blocked the new window. Allow this page to open windows, and try again.', 'bad');
  const page = { view, origin, openedAt: Date.now(), hasAsked: false };
  opened.push(page);
  say(`Waiting for the widget on ${origin}…`);
  look(page);
}

/** Looks whether the widget in an opened page asks, and says why it may not. @param {Opened} page */
function look(page) {
  if (page.hasAsked) return;
  const waited = Date.now() - page.openedAt;
  if (page.view.closed) {
    say(
      `The page on ${page.origin} is closed, or does not stay connected to this one: with the header Cross-Origin-Opener-Policy ` +
        'on that page (for example same-origin) a preview by link is not possible.',
      'bad',
    );
  } else if (waited > QUESTION_MS_MAX) {
    say(
      `No widget of this app has asked for the draft on ${page.origin}. Open a page there that has the widget. On a page with the ` +
        'header Cross-Origin-Opener-Policy (for example same-origin) a preview by link is not possible.',
      'bad',
    );
  } else setTimeout(look, LOOK_MS, page);
}

/**
 * Answers the question of a widget. Only a page of this origin is heard, and only for this link's app, in a
 * window that this page has opened.
 *
 * @param {Link} link @param {MessageEvent} event
 */
async function answer(link, { data, origin, source }) {
  if (origin !== location.origin || source === null) return;
  if (data?.c2c !== 'preview?' || data.app !== link.app) return;
  const widget = /** @type {Window} */ (source);
  const page = opened.find(({ view }) => view === widget.top);
  if (page === undefined) return;
  page.hasAsked = true;
  widget.postMessage({ c2c: 'preview-wait' }, origin);
  const { status, body } = await call('open');
  widget.postMessage({ c2c: 'preview', app: link.app, src: status === 200 ? body.src : null }, origin);
  if (status === 200) say('The widget got the draft. It is marked as a preview.', 'good');
  else say(`The widget did not get the draft: ${body.detail}${/[.!?]$/.test(body.detail) ? '' : '.'}`, 'bad');
}

byId('again').addEventListener('click', show);
// Another link, pasted over this one.
addEventListener('hashchange', () => location.reload());
show();
