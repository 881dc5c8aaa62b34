// @ts-check
/**
 * The dialog of an endpoint. A new one takes three steps: its address, its key, its agreement. The key comes before the
 * question, since a receiver needs it to verify the question by POST.
 */

import { agreement } from './agreement.js';
import { api } from './api.js';
import { announce, byId, copy, element } from './dom.js';
import { endpointForm, FIELDS } from './endpoint-form.js';
import { showProblem } from './fields.js';

/** @typedef {import('./endpoints.js').Endpoint} Endpoint @typedef {{secret: string | null, publicKey: string | null}} Key */

/** The parts of the dialog, in the order of its steps. */
const STEPS = /** @type {const} */ (['endpoint-form', 'endpoint-key', 'endpoint-agreement']);

const RECEIVER = `import { Webhook } from 'standardwebhooks';
const webhook = new Webhook(process.env.C2C_SECRET);
const event = webhook.verify(rawBody, headers); // throws unless c2c has signed it
if (event.type === 'c2c.challenge') return { challenge: event.data.challenge };`;

/**
 * @param {any} app
 * @param {{name: string, summary: string}[]} events of the catalogue
 * @param {() => boolean} takesEvents whether the app takes any
 * @param {(endpoint: string | null) => void} closed gets the endpoint that the dialog was about
 */
export function endpointDialog(app, events, takesEvents, closed) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('endpoint'));
  const secret = /** @type {HTMLInputElement} */ (byId('endpoint-secret'));
  const say = (/** @type {string} */ text) => (byId('endpoint-message').textContent = text);
  const { form, fill, read } = endpointForm(events);
  const ask = agreement(app, takesEvents);
  /** The endpoint that is changed, or was just made. @type {Endpoint | null} */
  let endpoint = null;
  /** Whether the form has what was typed for a new endpoint that is not made yet. */
  let keeps = false;
  let busy = false;

  /** Whether the form is for a vendor, which takes one step. */
  const isVendor = () => form.elements.kind.value !== 'webhook';

  /** @param {number} at @param {boolean} [isNew] whether all steps lie ahead */
  function go(at, isNew = true) {
    for (const [i, id] of STEPS.entries()) byId(id).hidden = i !== at;
    byId('endpoint-steps').hidden = !isNew || isVendor();
    for (const [i, step] of [...byId('endpoint-steps').children].entries()) {
      if (i === at) step.setAttribute('aria-current', 'step');
      else step.removeAttribute('aria-current');
    }
    if (!dialog.open) dialog.showModal();
  }

  function add() {
    endpoint = null;
    // The text that was typed before is still there.
    if (!keeps) fill(null);
    keeps = true;
    open('Add an endpoint', 'Add it');
    go(0);
  }

  /** @param {Endpoint} changed */
  function change(changed) {
    endpoint = changed;
    keeps = false;
    fill(changed);
    open(`Change ${changed.name}`, 'Save');
    go(0, false);
  }

  /** @param {Endpoint} asked */
  function agree(asked) {
    endpoint = asked;
    byId('endpoint-title').textContent = `Ask ${asked.name}`;
    go(2, false);
    ask(asked);
  }

  /** @param {string} title @param {string} submit */
  function open(title, submit) {
    byId('endpoint-title').textContent = title;
    byId('endpoint-submit').textContent = submit;
    say('');
  }

  async function send() {
    const typed = read();
    if (typed === null || busy) return;
    busy = true;
    say('');
    const { status, body } = endpoint
      ? await api.changeEndpoint(app.id, endpoint.id, typed, endpoint.version)
      : await api.addEndpoint(app.id, typed);
    busy = false;
    if (status === 200) return dialog.close();
    if (status === 201) return made(body);
    if (status === 412 && endpoint) return explainConflict(endpoint.id);
    say(`Not ${endpoint ? 'saved' : 'added'}. ${showProblem(body.detail, FIELDS)}`);
  }

  /** The form keeps what was typed; saving again is a decision. @param {string} id */
  async function explainConflict(id) {
    const { status, body } = await api.endpoint(app.id, id);
    if (status !== 200) return say(`Not saved: ${body.detail}.`);
    endpoint = body;
    const theirs = `name “${body.name}”, events ${body.filter.join(', ')}`;
    say(`Not saved: it was changed elsewhere in the meantime (${theirs}). Yours is still here; save again to replace the other.`);
  }

  /** @param {{endpoint: Endpoint} & Key} body */
  function made(body) {
    endpoint = body.endpoint;
    keeps = false;
    // A vendor needs no key and no question: the credentials are its agreement.
    if (body.secret === null && body.publicKey === null) return dialog.close();
    byId('endpoint-title').textContent = `${endpoint.name} was added`;
    showKey(body);
    go(1);
    secret.focus();
    secret.select();
    // Its beginning is in sight.
    secret.scrollLeft = 0;
    announce('The key is ready to copy.');
  }

  /** @param {Key} key */
  function showKey({ secret: shared, publicKey }) {
    secret.value = shared ?? publicKey ?? '';
    byId('endpoint-secret-label').textContent = shared === null
      ? 'The public key that verifies each request. It is no secret.'
      : 'The secret that signs each request. Copy it now: it is not shown again.';
    byId('endpoint-receiver').hidden = shared === null;
    byId('endpoint-receiver').textContent = RECEIVER;
    byId('endpoint-receiver-hint').replaceChildren(
      ...(shared === null
        ? ['The signature is that of ', element('code', '', 'v1a'), ' in Standard Webhooks: ed25519 over the id, the time and the body.']
        : ['Keep it like a password, in the receiver’s environment as ', element('code', '', 'C2C_SECRET'), '. The receiver in JavaScript:']),
    );
  }

  form.addEventListener('change', () => (byId('endpoint-steps').hidden = endpoint !== null || isVendor()));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  byId('endpoint-copy').addEventListener('click', () => copy(/** @type {HTMLButtonElement} */ (byId('endpoint-copy')), secret.value));
  byId('endpoint-to-ask').addEventListener('click', () => {
    if (!endpoint) return;
    secret.value = '';
    go(2);
    ask(endpoint);
  });
  for (const id of ['endpoint-cancel', 'endpoint-later', 'endpoint-close']) byId(id).addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    // The key stays no longer in the page than it is shown; nor do the credentials of a vendor.
    for (const id of ['endpoint-secret', 'endpoint-api-secret', 'endpoint-access-token']) /** @type {HTMLInputElement} */ (byId(id)).value = '';
    closed(endpoint?.id ?? null);
  });

  return { add, change, agree };
}
