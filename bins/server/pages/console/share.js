// @ts-check
/** *Share a preview…*: links that show the draft to people without a console. */

import { api } from './api.js';
import { announce, button, byId, copy, element, moment } from './dom.js';

/** @typedef {{id: string, madeAt: string, madeBy: string, expiresAt: string}} Link */

/** @param {any} app as the API describes it */
export function sharing(app) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('share'));
  const url = /** @type {HTMLInputElement} */ (byId('share-url'));
  const copyUrl = /** @type {HTMLButtonElement} */ (byId('share-copy'));
  const hours = /** @type {HTMLSelectElement} */ (byId('share-hours'));
  const say = (/** @type {string} */ sentence) => (byId('share-message').textContent = sentence);
  let busy = false;

  async function open() {
    say('');
    forget();
    dialog.showModal();
    await showLinks();
  }

  /** The secret of a link stays no longer in the page than it is shown. */
  function forget() {
    url.value = '';
    byId('share-made').hidden = true;
  }

  async function showLinks() {
    const { status, body } = await api.previewLinks(app.id);
    if (status !== 200) return say(`The links could not be read: ${body.detail}.`);
    byId('share-links').replaceChildren(...body.links.map(entry));
    byId('share-none').hidden = body.links.length > 0;
  }

  /** @param {Link} link */
  function entry(link) {
    const ends = `Until ${moment(link.expiresAt)}`;
    const revoke = button('Revoke', () => end(link), 'small');
    revoke.setAttribute('aria-label', `Revoke the link from ${moment(link.madeAt)}`);
    const made = element('span', 'hint', `made ${moment(link.madeAt)} by ${link.madeBy}`);
    return element('li', '', element('span', '', ends, element('br'), made), revoke);
  }

  /** @param {Link} link */
  async function end({ id }) {
    const { status, body } = await api.revokePreviewLink(app.id, id);
    // It may have ended in the meantime.
    say(status === 204 || status === 404 ? 'The link no longer works.' : `Not revoked: ${body.detail}.`);
    forget();
    await showLinks();
    byId('share-hours').focus();
  }

  async function make() {
    if (busy) return;
    busy = true;
    say('');
    const { status, body } = await api.makePreviewLink(app.id, Number(hours.value));
    busy = false;
    if (status !== 201) return say(`No link was made: ${body.detail}.`);
    url.value = body.url;
    byId('share-made').hidden = false;
    url.focus();
    url.select();
    // The beginning of the address is in sight.
    url.scrollLeft = 0;
    announce('The link is ready to copy.');
    await showLinks();
  }

  byId('open-share').addEventListener('click', open);
  dialog.addEventListener('close', forget);
  copyUrl.addEventListener('click', () => copy(copyUrl, url.value));
  byId('share-form').addEventListener('submit', (event) => {
    event.preventDefault();
    make();
  });
}
