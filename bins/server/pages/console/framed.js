// @ts-check
/**
 * The console in a frame: what it tells the page around it, and asks of it. docs/framing.md describes the messages.
 *
 * Only the page directly around counts, and only with one of the origins that the operator has named. Each
 * message goes to that origin.
 */

import { api, renewBy } from './api.js';
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
/** The longest wait that browsers' timers know. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The page around, after it has greeted. @type {{origin: string, name: string} | null} */
let around = null;
/** What it has to know, by type: it gets the last of each when it greets. @type {Map<string, object>} */
const last = new Map();
/** Takes the greeting. */
let greet = () => {};
/** Takes the answer to `sign-in-wanted`. @type {((proof: Proof) => void) | null} */
let answer = null;
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
      around = { origin, name: data.name };
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

/**
 * The session of the person whom the page around has named. If the browser has another's, it is replaced: people
 * who share a browser do not share a session.
 */
export async function ownSession() {
  const session = await api.session();
  if (session.status !== 200 || session.body.name === around?.name) return session;
  return (await renew()) ? api.session() : { status: 401, body: { detail: 'the session is another person’s' } };
}

/** Replaces a session before it ends. @param {string} expiresAt */
export function keepSession(expiresAt) {
  const wait = new Date(expiresAt).getTime() - Date.now() - AHEAD_MS;
  setTimeout(renew, Math.min(Math.max(wait, AHEAD_MS), TIMER_MS_MAX));
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
  const { status, body } = await (proof.includes('.') ? api.signInBy(proof) : api.signIn(proof));
  const isOther = status === 201 && body.name !== around?.name;
  if (isOther) await api.signOut();
  if (status === 201 && !isOther) {
    keepSession(body.expiresAt);
    return true;
  }
  report('sign-in-failed', { detail: isOther ? `it is for ${body.name}, and the greeting was for ${around?.name}` : body.detail });
  return false;
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

/** Offers a window of its own, for browsers that keep no session in a frame. @param {string} app */
export function offerWindow(app) {
  const button = byId('framed-window');
  button.hidden = false;
  button.onclick = async () => {
    const say = (/** @type {string} */ sentence) => (byId('framed-text').textContent = sentence);
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
