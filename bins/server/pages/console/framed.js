// @ts-check
/**
 * The console in a frame: what it tells the page around it, and asks of it. docs/framing.md describes the messages.
 *
 * Only the page directly around counts, and only with one of the origins that the operator has named. Each
 * message goes to that origin.
 */

import { api, renewBy } from './api.js';
import { claimsOf, isAssertion } from './claims.js';
import { byId } from './dom.js';
import { isFramed } from './surface.js';

/**
 * The way to sign in: the secret of a sign-in link, or an assertion (docs/assertions.md), which has points in it.
 * @typedef {string} Proof
 */

/** How long the page around may take to greet, and to answer. */
const ANSWER_MS_MAX = 15_000;
/** How long before its end a session is replaced. */
const AHEAD_MS = 60_000;
/** The least time between two sign-ins, whatever the clocks say. */
const LEAST_WAIT_MS = 5000;

/** @typedef {{name: string, subject?: {id: string} | null}} Person */

/** The page around, after it has greeted, and who uses it. @type {{origin: string, name: string, id: string | null} | null} */
let around = null;
/** What it has to know, by type: it gets the last of each when it greets. @type {Map<string, object>} */
const last = new Map();
/** Takes the greeting. */
let greet = () => {};
/** Takes the answer to `sign-in-wanted`. @type {((proof: Proof) => void) | null} */
let answer = null;
/** Replaces the session before it ends. */
let timer = 0;
/** The sign-in that is on its way. @type {Promise<boolean> | null} */
let renewing = null;

/** Tells the page around about a state; the same one only once.
 * @param {'ready' | 'dirty' | 'height' | 'sign-in-wanted' | 'no-cookies'} type @param {object} [details] */
export function tell(type, details) {
  const message = { c2cConsole: 1, type, ...details };
  if (!isFramed || JSON.stringify(last.get(type)) === JSON.stringify(message)) return;
  last.set(type, message);
  post(message);
}

/** Tells it that something has happened. @param {'published' | 'sign-in-failed'} type @param {object} details */
export function report(type, details) {
  if (isFramed) post({ c2cConsole: 1, type, ...details });
}

/** @param {object} message */
function post(message) {
  if (around) window.parent.postMessage(message, around.origin);
}

/** Waits until the page around has greeted. @param {string[]} ancestors the origins that count @returns {Promise<boolean>} */
export function meet(ancestors) {
  addEventListener('message', ({ source, isTrusted, origin, data }) => {
    if (source !== window.parent || !isTrusted || !ancestors.includes(origin)) return;
    if (data?.c2cConsole !== 1) return;
    if (data.type === 'hello' && typeof data.name === 'string') {
      const next = { origin, name: data.name.trim(), id: typeof data.subject === 'string' ? data.subject : null };
      // Another person does not go on with what is on this page.
      if (around && !(around.origin === origin && around.name === next.name && around.id === next.id)) return location.reload();
      around = next;
      last.forEach(post);
      greet();
    } else if (data.type === 'sign-in') {
      const proof = data.assertion ?? data.secret;
      if (typeof proof === 'string') answer?.(proof);
    }
  });
  renewBy(renew);
  return inTime((resolve) => (greet = () => resolve(true)), false);
}

/** @template T @param {(resolve: (value: T) => void) => void} begin @param {T} otherwise @returns {Promise<T>} */
function inTime(begin, otherwise) {
  return new Promise((resolve) => {
    begin(resolve);
    setTimeout(resolve, ANSWER_MS_MAX, otherwise);
  });
}

/** Whether a person is the one whom the page around has named: by the id if both have one, else by the name.
 * @param {Person} person */
function isNamed({ name, subject }) {
  if (!around) return false;
  return around.id !== null && subject ? around.id === subject.id : around.name === name;
}

/**
 * The session of the person whom the page around has named. If the browser has another's, it is replaced: people
 * who share a browser do not share a session. So is one that is for other apps.
 *
 * @param {string} app
 */
export async function ownSession(app) {
  const session = await api.session();
  const { apps } = session.body;
  if (session.status !== 200 || (isNamed(session.body) && (!apps || apps.includes(app)))) return session;
  if (await renew()) return api.session();
  await api.signOut();
  return { status: 401, body: { detail: 'the session is another person’s' } };
}

/** Replaces a session before it ends. @param {string} expiresAt */
export function keepSession(expiresAt) {
  const wait = new Date(expiresAt).getTime() - Date.now() - AHEAD_MS;
  clearTimeout(timer);
  timer = setTimeout(renew, Math.max(wait, LEAST_WAIT_MS));
}

/** Begins a session. @returns {Promise<boolean>} whether there is one now */
function renew() {
  renewing ??= signIn().finally(() => (renewing = null));
  return renewing;
}

async function signIn() {
  if (!keepsCookies()) {
    tell('no-cookies');
    return false;
  }
  const proof = await askParent();
  if (proof === null) return false;
  const refused = await whyNot(proof);
  if (refused !== null) {
    report('sign-in-failed', { detail: refused });
    return false;
  }
  const { status, body } = await (isAssertion(proof) ? api.signInBy(proof) : api.signIn(proof));
  if (status === 201) keepSession(body.expiresAt);
  else report('sign-in-failed', { detail: body.detail });
  return status === 201;
}

/** The reason not to use a sign-in, which is looked at first: one for another person must begin no session here.
 * @param {Proof} proof @returns {Promise<string | null>} */
async function whyNot(proof) {
  const claims = isAssertion(proof) ? claimsOf(proof) : null;
  const offer = isAssertion(proof) ? null : await api.offer(proof);
  if (offer && offer.status !== 200) return offer.body.detail;
  if (!offer && !claims) return 'it is damaged';
  const person = claims ? { name: claims.name, subject: { id: claims.sub } } : offer?.body;
  const inWords = (/** @type {string | undefined} */ name, /** @type {string | null | undefined} */ id) => (id ? `${name} (${id})` : name);
  return isNamed(person) ? null : `it is for ${inWords(person.name, person.subject?.id)}, and the greeting was for ${inWords(around?.name, around?.id)}`;
}

/** Asks the page around for a sign-in. @returns {Promise<Proof | null>} */
async function askParent() {
  tell('sign-in-wanted');
  const given = await inTime((/** @type {(given: Proof | null) => void} */ resolve) => (answer = resolve), null);
  answer = null;
  last.delete('sign-in-wanted');
  return given;
}

/**
 * Whether the browser keeps cookies for this site within the page around, and for that only. One that knows
 * `Partitioned` refuses it without `Secure`.
 */
export function keepsCookies() {
  const keeps = (/** @type {string} */ attributes) => {
    const name = 'c2c-kept';
    const set = (/** @type {string} */ value) => (document.cookie = `${name}=${value}; Path=/; ${attributes}Partitioned`);
    set('1');
    const kept = document.cookie.split('; ').includes(`${name}=1`);
    set('; Max-Age=0');
    return kept;
  };
  return keeps('Secure; SameSite=None; ') && !keeps('');
}

/** Offers a window of its own: for browsers that keep no session in a frame, and for what a frame does not have.
 * @param {string} app @param {HTMLElement} button @param {HTMLElement} message */
export function offerWindow(app, button, message) {
  button.hidden = false;
  button.onclick = async () => {
    const say = (/** @type {string} */ sentence) => (message.textContent = sentence);
    // At once: browsers let a page open a window for a moment after a click only.
    const opened = open('');
    if (opened === null) return say('The browser opened no window. Press the button again, and allow this page to open one.');
    const proof = await askParent();
    if (proof !== null) return opened.location.replace(`${location.origin}/sign-in?app=${app}#${proof}`);
    opened.close();
    say('The page around this console has not signed you in. Reload that page.');
  };
}

/** Tells the page around the least height at which nothing is cut off, now and after each change. @param {HTMLElement} shown */
export function watchHeight(shown) {
  const measure = () => {
    const { top, bottom } = shown.getBoundingClientRect();
    const style = getComputedStyle(shown);
    // Beside each other, code and preview fill whatever height there is.
    const height = style.display === 'grid' ? top + Number.parseFloat(style.minHeight) : bottom;
    tell('height', { height: Math.ceil(height + scrollY) });
  };
  new ResizeObserver(measure).observe(shown);
  addEventListener('resize', measure);
}
