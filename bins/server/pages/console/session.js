// @ts-check
/** Who is signed in, and the way out. */

import { api } from './api.js';
import { button, byId } from './dom.js';

/** The rights of each role, in words. */
export const CAN = {
  viewer: 'look at everything',
  editor: 'change drafts and preview them',
  publisher: 'publish, restore and switch code off',
  owner: 'do everything, also decide who else has access',
};

/** @typedef {{name: string, role: keyof typeof CAN, apps: string[] | null, expiresAt: string | null}} Own */

const ORDER = /** @type {const} */ (['viewer', 'editor', 'publisher', 'owner']);

/** The role of who is signed in. It decides what the page offers; the server decides what happens.
 * @type {Own['role']} */
let role = 'viewer';

/** Whether who is signed in has the rights of a role. @param {Own['role']} needed */
export const may = (needed) => ORDER.indexOf(role) >= ORDER.indexOf(needed);

/** Hides an element from those without the rights of a role. @template {HTMLElement} T @param {Own['role']} needed @param {T} made */
export function needs(needed, made) {
  if (!may(needed)) made.hidden = true;
  return made;
}

/** Shows who is signed in, and what they can do. @param {Own} own */
export function showOwn(own) {
  const isAnyone = own.expiresAt === null;
  role = own.role;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-needs]'))) {
    needs(/** @type {Own['role']} */ (part.dataset.needs), part);
  }
  if (own.apps !== null) byId('new-app').hidden = true;
  byId('own').hidden = isAnyone;
  byId('own-name').textContent = own.name;
  byId('own-role').textContent = own.role;
  byId('to-access').hidden = !may('owner') || isAnyone;
  byId('own-actions').replaceChildren(
    button('Sign out', () => leave(api.signOut()), 'small'),
    button('Sign out everywhere', () => leave(api.signOutEverywhere()), 'small'),
  );
}

/** Shows the way to the OpenID Connect provider. @param {string | null} issuer its host, if there is one */
export function offerIssuer(issuer) {
  const offer = byId('sso');
  offer.hidden = issuer === null;
  offer.textContent = `Sign in with ${issuer}`;
  offer.addEventListener('click', () => location.assign('/sign-in/oidc'));
}

/** @param {Promise<import('./api.js').Reply>} done */
async function leave(done) {
  const { status, body } = await done;
  // Another window may have signed out already.
  if (status === 204 || status === 401) location.assign('/');
  else byId('own-message').textContent = `Not signed out: ${body.detail}.`;
}
