// @ts-check
/**
 * The pages on the way to an OpenID Connect provider and back. The browser comes back with a code in the address;
 * this script takes it out and sends it in a request of this origin, which has the cookies that belong to it.
 */

import { api } from './console/api.js';
import { byId } from './console/dom.js';
import { offerIssuer } from './console/session.js';

const { issuer } = JSON.parse(document.body.dataset.config ?? '');
const returned = new URLSearchParams(location.search);
const isReturn = location.pathname.endsWith('/return');
// From here on neither the address nor the history has the code.
history.replaceState(null, '', location.pathname);
byId('title').textContent = `Signing in with ${issuer}…`;

async function begin() {
  const { status, body } = await api.beginOidc();
  if (status === 200) location.replace(body.url);
  else refuse(body.detail);
}

async function finish() {
  const [code, state, iss, error] = ['code', 'state', 'iss', 'error'].map((name) => returned.get(name));
  if (error === 'access_denied') return refuse(`the sign-in at ${issuer} was refused there, or you went back`);
  // Its own words are in the address, which anyone can write.
  if (error !== null) return refuse(`the sign-in at ${issuer} failed there${/^[a-z_]{1,60}$/.test(error) ? ` (${error})` : ''}`);
  if (code === null || state === null) return refuse(`this page is only for the way back from ${issuer}`);
  const { status, body } = await api.finishOidc({ code, state, ...(iss !== null && { iss }) });
  if (status === 201) location.replace('/');
  else refuse(body.detail);
}

/** @param {string} sentence */
function refuse(sentence) {
  byId('title').textContent = 'You are not signed in';
  byId('reason').textContent = `${sentence[0].toUpperCase()}${sentence.slice(1)}.`;
  offerIssuer(issuer);
}

if (isReturn) finish();
else begin();
