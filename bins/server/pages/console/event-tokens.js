// @ts-check
/** Tokens with which backends send events, and do nothing else. For owners. */

import { api } from './api.js';
import { button, byId, element, moment } from './dom.js';
import { reveal } from './secret.js';
import { sentence } from './words.js';

/** @typedef {{id: string, name: string, madeAt: string, madeBy: string, expiresAt: string, usedAt: string | null}} Token */

/** @param {string} app */
export async function eventTokens(app) {
  const form = byId('event-token-form');
  const name = /** @type {HTMLInputElement} */ (byId('event-token-name'));
  const hours = /** @type {HTMLSelectElement} */ (byId('event-token-hours'));
  const say = (/** @type {string} */ text) => (byId('event-token-message').textContent = text);
  let busy = false;

  async function show() {
    const { status, body } = await api.eventTokens(app);
    if (status !== 200) return void say(`The tokens could not be read: ${body.detail}.`);
    byId('event-tokens').replaceChildren(...body.tokens.map(row));
    byId('no-event-tokens').hidden = body.tokens.length > 0;
  }

  /** @param {Token} token */
  function row(token) {
    const { name, madeAt, madeBy, expiresAt, usedAt } = token;
    const used = usedAt === null ? 'not used yet' : `used ${moment(usedAt)}`;
    const facts = element('span', 'hint', `made ${moment(madeAt)} by ${madeBy}, until ${moment(expiresAt)}, ${used}`);
    const end = button('Revoke', () => revoke(token), 'small');
    end.setAttribute('aria-label', `Revoke: ${name}`);
    return element('li', '', element('span', '', element('b', '', name), element('br'), facts), end);
  }

  /** @param {Token} token */
  async function revoke({ id, name: revoked }) {
    const { status, body } = await api.revokeEventToken(app, id);
    // It may have ended in the meantime.
    say(status === 204 || status === 404 ? `The token of ${revoked} no longer works.` : `Not revoked: ${body.detail}.`);
    await show();
    name.focus();
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const { status, body } = await api.makeEventToken(app, name.value.trim(), Number(hours.value));
    busy = false;
    if (status !== 201) return void say(`Not made. ${sentence(body.detail.replace(/^\/\w+: /, ''))}`);
    say('');
    name.value = '';
    reveal(`A token for ${body.name}`, 'It sends events of this app, and can do nothing else. Copy it now, and keep it like a password: it is not shown again.', body.secret);
    await show();
  });
  await show();
}
