// @ts-check
/**
 * The page of a sign-in link, or of an assertion of the provider's product (docs/assertions.md). It shows what that
 * grants, and only a press of the button uses it: programs that follow links in mails use up nothing.
 */

import { api } from './console/api.js';
import { claimsOf, isAssertion } from './console/claims.js';
import { byId, element, moment } from './console/dom.js';
import { CAN, offerIssuer } from './console/session.js';

/** The link's secret, or an assertion, which has points in it. Servers never see what is after `#`, and from here on the
 * address has it no longer. */
const secret = location.hash.slice(1);
const { search } = location;
history.replaceState(null, '', location.pathname);
// Another link in the same tab changes the fragment only.
addEventListener('hashchange', () => location.reload());

offerIssuer(JSON.parse(document.body.dataset.config ?? '').issuer);

async function show() {
  byId('refused').hidden = true;
  if (secret === '') return refuse('Sign in with a link', 'Open the sign-in link that you were sent. Its operator gets one by c2c-server link --role owner.');
  const [offer, own] = await Promise.all([isAssertion(secret) ? claimed() : api.offer(secret), api.session()]);
  if (offer.status !== 200) {
    const sentence = offer.body.detail;
    byId('again').hidden = offer.status === 404;
    return refuse('This link cannot be used', `${sentence[0].toUpperCase()}${sentence.slice(1)}. Ask for another.`);
  }
  showOffer(offer.body, own.status === 200 && own.body.expiresAt ? own.body.name : null);
}

/** The offer as the assertion words it; the server checks it when it is used. @returns {import('./console/api.js').Reply} */
function claimed() {
  const claims = claimsOf(secret);
  const isWhole = claims && CAN[claims.role] && (claims.apps === '*' || Array.isArray(claims.apps));
  if (!isWhole) return { status: 404, body: { detail: 'it is damaged' } };
  const { name, role, apps, iss, exp } = claims;
  const named = apps === '*' ? null : apps.map((id) => ({ id, name: id }));
  return { status: 200, body: { name, role, apps: named, madeBy: iss, expiresAt: exp * 1000 } };
}

/** @param {string} title @param {string} reason */
function refuse(title, reason) {
  byId('refused-title').textContent = title;
  byId('reason').textContent = reason;
  byId('refused').hidden = false;
}

/**
 * @param {{name: string, role: keyof typeof CAN, apps: {id: string, name: string}[] | null, madeBy: string, expiresAt: string | number}} offer
 * @param {string | null} present who is signed in until then
 */
function showOffer({ name, role, apps, madeBy, expiresAt }, present) {
  byId('name').textContent = name;
  byId('grants').replaceChildren('You will be ', element('b', '', role), ` of ${apps ? 'these apps' : 'all apps'}, and can ${CAN[role]}.`);
  byId('offered').replaceChildren(...(apps ?? []).map((app) => element('li', '', app.name)));
  byId('offered').hidden = !apps || apps.length === 0;
  byId('replaces').textContent = `In this browser, ${present} is signed in. That session will end.`;
  byId('replaces').hidden = present === null;
  byId('made-by').textContent = madeBy;
  byId('expires').textContent = moment(expiresAt);
  byId('offer').hidden = false;
}

/** The page to begin with: that of the app that the link names, or of the only one. @param {string[] | null} apps */
function target(apps) {
  const app = new URLSearchParams(search).get('app') ?? (apps?.length === 1 ? apps[0] : null);
  return app !== null && /^[a-z0-9-]+$/.test(app) ? `/apps/${app}` : '/';
}

async function signIn() {
  const button = /** @type {HTMLButtonElement} */ (byId('sign-in'));
  button.disabled = true;
  const { status, body } = await (isAssertion(secret) ? api.signInBy(secret) : api.signIn(secret));
  if (status === 201) return location.replace(target(body.apps));
  button.disabled = false;
  byId('message').textContent = `Not signed in: ${body.detail}.`;
}

byId('sign-in').addEventListener('click', signIn);
byId('again').addEventListener('click', show);
show();
