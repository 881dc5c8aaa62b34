// @ts-check
/** A new key for an endpoint. The keys before it go on signing beside it for a while, so that no delivery fails meanwhile. */

import { api } from './api.js';
import { ask } from './ask.js';
import { byId, element, moment } from './dom.js';
import { reveal } from './secret.js';

/** @typedef {{id: string, scheme: 'v1' | 'v1a', publicKey: string | null, madeAt: string, endsAt: string | null}} Key */

/** How long the keys before a new one go on signing, in hours and in words. */
const OVERLAPS = /** @type {const} */ ([[24, 'for a day'], [168, 'for 7 days'], [1, 'for an hour'], [0, 'not at all: they end at once']]);

/** The schemes of signatures, in words. */
const SCHEMES = { v1: 'a shared secret (v1)', v1a: 'a key pair (v1a)' };

/** Asks for a new key. @param {string} app @param {import('./endpoints.js').Endpoint} endpoint @param {() => void} finished */
export async function askForKey(app, endpoint, finished) {
  const { status, body } = await api.endpointKeys(app, endpoint.id);
  const keys = /** @type {Key[]} */ (status === 200 ? body.keys : []);
  const overlap = select('key-overlap', OVERLAPS.map(([hours, text]) => [`${hours}`, text]));
  const scheme = select('key-scheme', Object.entries(SCHEMES));
  scheme.value = keys[0]?.scheme ?? 'v1';
  const label = (/** @type {string} */ text, /** @type {HTMLSelectElement} */ field) => {
    const made = element('label', '', text);
    made.htmlFor = field.id;
    return element('div', 'row', made, field);
  };
  ask({
    title: `A new key for ${endpoint.name}`,
    submit: 'Make a key',
    note: null,
    parts: [
      element('p', '', 'Each request is signed with all valid keys, so the receiver can change over in its own time.'),
      ...(keys.length === 0 ? [] : [element('ul', 'keys', ...keys.map((key) => element('li', 'hint', inWords(key))))]),
      label('The new one is', scheme),
      label('Earlier keys of this kind stay valid', overlap),
    ],
    async perform() {
      const made = await api.makeKey(app, endpoint.id, scheme.value, Number(overlap.value));
      if (made.status !== 201) return `No key was made: ${made.body.detail}.`;
      // Two dialogs would compete for the focus.
      byId('ask').addEventListener('close', () => show(endpoint.name, made.body, finished), { once: true });
      return null;
    },
  });
}

/** @param {Key} key */
function inWords({ scheme, publicKey, madeAt, endsAt }) {
  const until = endsAt === null ? '' : `, until ${moment(endsAt)}`;
  return `Present: ${SCHEMES[scheme]}, made ${moment(madeAt)}${until}${publicKey === null ? '' : `: ${publicKey}`}`;
}

/** @param {string} name @param {{secret: string | null, publicKey: string | null}} key @param {() => void} finished */
function show(name, { secret, publicKey }, finished) {
  const hint = secret === null
    ? 'Give it to the receiver, which verifies each request by it.'
    : 'Copy it now, and keep it like a password. It is not shown again.';
  reveal(`A key for ${name}`, hint, secret ?? publicKey ?? '');
  byId('made').addEventListener('close', finished, { once: true });
}

/** @param {string} id @param {(readonly [string, string])[]} choices */
function select(id, choices) {
  const made = element('select');
  made.id = id;
  for (const [value, text] of choices) {
    const option = element('option', '', text);
    option.value = value;
    made.append(option);
  }
  return made;
}
