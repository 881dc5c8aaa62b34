// @ts-check
/** *Access*: who may use this console, and how. For owners. */

import { api } from './api.js';
import { button, byId, element, moment } from './dom.js';
import { reveal } from './secret.js';
import { CAN } from './session.js';

/**
 * @typedef {{id: string, name: string, role: string, apps: string[] | null, madeAt: string, madeBy: string,
 *   expiresAt: string, beganAt: string, usedAt: string | null, address: string | null}} Entry
 */

/** The kinds of access: their lists, and the words for an end. */
const KINDS = /** @type {const} */ ({
  sessions: { list: () => api.sessions(), end: (/** @type {string} */ id) => api.endSession(id), word: 'End' },
  links: { list: () => api.links(), end: (/** @type {string} */ id) => api.revokeLink(id), word: 'Revoke' },
  tokens: { list: () => api.tokens(), end: (/** @type {string} */ id) => api.revokeToken(id), word: 'Revoke' },
});
/** @typedef {keyof typeof KINDS} Kind */

/** How long each may last, in hours and in words. */
const LIFETIMES = {
  links: /** @type {const} */ ([[1, '1 hour'], [24, '1 day'], [168, '7 days']]),
  tokens: /** @type {const} */ ([[24, '1 day'], [720, '30 days'], [2160, '90 days'], [8784, '1 year']]),
};

/** @param {import('./session.js').Own} own */
export async function showAccess(own) {
  byId('access').hidden = false;
  document.title = 'Access – c2c console';
  form('link', own);
  form('token', own);
  await showAll();
}

const showAll = () => Promise.all(/** @type {Kind[]} */ (Object.keys(KINDS)).map(show));

/** @param {Kind} kind */
async function show(kind) {
  const { status, body } = await KINDS[kind].list();
  const place = byId(`${kind}-list`);
  if (status !== 200) return place.replaceChildren(element('li', 'message', `The list could not be read: ${body.detail}.`));
  const entries = /** @type {Entry[]} */ (body[kind]);
  place.replaceChildren(...entries.map((entry) => row(kind, entry)));
  byId(`no-${kind}`).hidden = entries.length > 0;
}

/** @param {Kind} kind @param {Entry} entry */
function row(kind, entry) {
  const { name, role, apps } = entry;
  const end = button(KINDS[kind].word, () => finish(kind, entry), 'small');
  end.setAttribute('aria-label', `${KINDS[kind].word}: ${name}, ${role}`);
  const reach = apps === null ? 'all apps' : apps.join(', ');
  const who = element('span', '', element('b', '', name), ` ${role} of ${reach}`, element('br'), element('span', 'hint', facts(kind, entry)));
  return element('li', '', who, end);
}

/** @param {Kind} kind @param {Entry} entry @returns {string} */
function facts(kind, { madeAt, madeBy, expiresAt, beganAt, usedAt, address }) {
  const used = usedAt === null ? 'not used yet' : `used ${moment(usedAt)}`;
  if (kind === 'sessions') return `signed in ${moment(beganAt)}${address ? ` from ${address}` : ''}, ${used}`;
  const made = `made ${moment(madeAt)} by ${madeBy}, until ${moment(expiresAt)}`;
  return kind === 'links' ? made : `${made}, ${used}`;
}

/** @param {Kind} kind @param {Entry} entry */
async function finish(kind, { id, name }) {
  const { status, body } = await KINDS[kind].end(id);
  // The own session has ended.
  if (status === 401) return location.assign('/');
  // It may have ended in the meantime.
  const done = status === 204 || status === 404;
  byId('access-message').textContent = done ? `${name} has this access no longer.` : `Not done: ${body.detail}.`;
  await show(kind);
}

/** @param {'link' | 'token'} what @param {import('./session.js').Own} own */
function form(what, own) {
  const made = /** @type {HTMLFormElement} */ (byId(`${what}-form`));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (made.elements.namedItem(name));
  const option = (/** @type {string} */ value, /** @type {string} */ text) => {
    const choice = element('option', '', text);
    choice.value = value;
    return choice;
  };
  field('role').replaceChildren(...Object.entries(CAN).map(([role, can]) => option(role, `${role}: ${can}`)));
  field('role').value = 'editor';
  field('hours').replaceChildren(...LIFETIMES[`${what}s`].map(([hours, text]) => option(`${hours}`, text)));
  // One whose own access is to some apps has to name them.
  field('apps').required = own.apps !== null;
  field('apps').value = (own.apps ?? []).join(' ');
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    const apps = field('apps').value.split(/[\s,]+/).filter((id) => id !== '');
    const wish = { name: field('name').value, role: field('role').value, apps: apps.length > 0 ? apps : null, hours: Number(field('hours').value) };
    const { status, body } = await (what === 'link' ? api.makeLink(wish) : api.makeToken(wish));
    const message = byId(`${what}-message`);
    if (status !== 201) return (message.textContent = `Not made: ${body.detail}.`);
    message.textContent = '';
    field('name').value = '';
    revealMade(what, body);
    await show(`${what}s`);
  });
}

/** Shows what was made. @param {'link' | 'token'} what @param {any} body */
function revealMade(what, body) {
  const hint =
    what === 'link'
      ? 'Send it to this person only. It signs one person in, once. It is not shown again.'
      : 'Copy it now, and keep it like a password. It is not shown again.';
  reveal(`A ${what} for ${body.name}`, hint, body.url ?? body.secret);
}
