// @ts-check
/** *Integrations* of an app, at `/apps/{app}/integrations`: what was heard, where it goes, and how it is collected. */

import { equation, heardTerms, tooFast } from './account.js';
import { api } from './api.js';
import { ask } from './ask.js';
import { collecting } from './collecting.js';
import { askForConsent } from './consent.js';
import { announce, arrange, byId, element } from './dom.js';
import { endpointDialog } from './endpoint-dialog.js';
import { card } from './endpoints.js';
import { eventTokens } from './event-tokens.js';
import { forgetting } from './forget.js';
import { offerWindow } from './framed.js';
import { askForKey } from './keys.js';
import { withRemoved } from './removed.js';
import { may } from './session.js';
import { BASE, isFramed } from './surface.js';
import { digits } from './words.js';

/**
 * @typedef {import('./endpoints.js').Endpoint} Endpoint
 * @typedef {{collect: import('./collecting.js').Collect, collectVersion: number, endpoints: Endpoint[],
 *   intake: import('./account.js').Intake, accounts: import('./account.js').Account[]}} Integrations
 */

/** @param {any} app as the API describes it @param {(error: string) => void} fail */
export async function showIntegrations(app, fail) {
  /** @type {Integrations} */
  let shown;
  /** The answers to test events, or why there are none. @type {Map<string, import('./exchange.js').Tried | string>} */
  const tried = new Map();
  const say = (/** @type {string} */ text) => (byId('integrations-message').textContent = text);

  /** @returns {Promise<string | null>} why they could not be read */
  async function read() {
    const { status, body } = await api.integrations(app.id);
    if (status !== 200) return body.detail;
    shown = { ...body, endpoints: await withRemoved(app.id, body) };
    return null;
  }

  async function refresh() {
    const failure = await read();
    if (failure !== null) return void say(`The page could not be refreshed: ${failure}.`);
    show();
  }

  function show() {
    const { collect, collectVersion, endpoints, intake } = shown;
    byId('collect-state').hidden = collect.mode !== 'off';
    showTooFast(tooFast(intake));
    byId('heard').replaceChildren(equation(heardTerms(intake)));
    const focused = focusedAction();
    const isRemoved = (/** @type {Endpoint} */ { state }) => state === 'removed';
    const removed = endpoints.filter(isRemoved);
    arrange(byId('endpoints'), endpoints.filter((endpoint) => !isRemoved(endpoint)).map(cardOf));
    arrange(byId('removed-endpoints'), removed.map(cardOf));
    byId('removed').hidden = removed.length === 0;
    byId('no-endpoints').hidden = endpoints.length > removed.length;
    if (focused && document.activeElement === document.body) focusCard(...focused);
    fillCollect(collect, collectVersion);
  }

  /** @param {number} number */
  function showTooFast(number) {
    byId('too-fast').hidden = number === 0;
    byId('too-fast').replaceChildren(
      element('h2', '', `Rate limit: ${digits(number)} ${number === 1 ? 'event was' : 'events were'} turned away`),
      element('p', '', 'Too many events came at once. A page that is still open sends its events again later, so they are not lost yet. If this number keeps growing, look for custom code that emits events in a loop, or for a program that sends forged events. If all events are genuine, ask the operator of this server for a higher limit.'),
    );
  }

  /** The cards as they are shown, with what they show. @type {Map<string, {of: string, made: HTMLElement}>} */
  const cards = new Map();

  /** The card of an endpoint: the same as before, unless it shows something else now. @param {Endpoint} endpoint */
  function cardOf(endpoint) {
    const account = shown.accounts.find((one) => one.endpoint === endpoint.id);
    const minute = Math.floor(Date.now() / 60_000);
    const what = { endpoint, account, keptDays: shown.collect.bodyDays, tried: tried.get(endpoint.id) };
    const of = JSON.stringify([what, account?.oldestPending ? minute : null]);
    const before = cards.get(endpoint.id);
    if (before?.of === of) return before.made;
    const made = card({ ...what, app: app.id, manages: may('publisher') && !isFramed, act: (action) => void actions[action](endpoint) });
    cards.set(endpoint.id, { of, made });
    return made;
  }

  /* --- The focus stays where it was, although a card is made anew --------------------------------- */

  /** @returns {[string, string] | null} the endpoint and the action of the button that has the focus */
  function focusedAction() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const of = /** @type {HTMLElement | null | undefined} */ (focused?.closest('[data-endpoint]'));
    return of ? [of.dataset.endpoint ?? '', focused?.dataset.action ?? ''] : null;
  }

  /** @param {string} endpoint @param {string} action */
  function focusCard(endpoint, action) {
    const of = [...byId('endpoints').children].find((one) => /** @type {HTMLElement} */ (one).dataset.endpoint === endpoint);
    const buttons = /** @type {HTMLElement[]} */ ([...(of?.querySelectorAll('[data-action]') ?? [])]);
    const next = buttons.find((one) => one.dataset.action === action) ?? buttons[0] ?? byId('add-endpoint');
    next.focus();
  }

  /* --- What people do with an endpoint --------------------------------------------------------- */

  /** @param {Endpoint} endpoint @param {'pause' | 'resume'} to */
  async function move(endpoint, to) {
    const { status, body } = await api.moveEndpoint(app.id, endpoint.id, to);
    await done(status === 200 ? null : body.detail, `${endpoint.name} is ${to === 'pause' ? 'paused' : 'active again'}.`);
  }

  /** A vendor's endpoint, whose credentials were changed. @param {Endpoint} endpoint */
  async function enable(endpoint) {
    const { status, body } = await api.askEndpoint(app.id, endpoint.id);
    await done(status === 200 ? null : body.detail, `${endpoint.name} is active again.`);
  }

  /** @param {string | null} failure @param {string} sentence */
  async function done(failure, sentence) {
    const said = failure === null ? sentence : `Not done: ${failure}.`;
    say(failure === null ? '' : said);
    announce(said);
    await refresh();
    return failure === null ? null : said;
  }

  /** @type {Record<import('./endpoints.js').Action, (endpoint: Endpoint) => void>} */
  const actions = {
    ask: (endpoint) => (endpoint.kind === 'webhook' ? dialog.agree(endpoint) : enable(endpoint)),
    change: (endpoint) => dialog.change(endpoint),
    pause: (endpoint) => move(endpoint, 'pause'),
    resume: (endpoint) => move(endpoint, 'resume'),
    consent: (endpoint) => askForConsent(app.id, endpoint, (sentence) => done(null, sentence)),
    rotate: (endpoint) => void askForKey(app.id, endpoint, () => focusCard(endpoint.id, 'rotate')),
    test,

    remove(endpoint) {
      const waiting = shown.accounts.find((one) => one.endpoint === endpoint.id)?.pending ?? 0;
      const lost = waiting === 0 ? 'No event is waiting for it.' : `${digits(waiting)} ${waiting === 1 ? 'event is' : 'events are'} waiting for it and will not be delivered.`;
      const secrets = endpoint.kind === 'webhook' ? 'address and keys' : 'credentials';
      byId('ask').addEventListener('close', () => focusCard(endpoint.id, 'remove'), { once: true });
      ask({
        title: `Remove ${endpoint.name}?`,
        submit: 'Remove it',
        note: null,
        parts: [element('p', '', `From now on, nothing is sent to this endpoint at ${endpoint.host}. ${lost} Its ${secrets} are deleted. Its past deliveries stay in the list of deliveries.`)],
        async perform() {
          const { status, body } = await api.removeEndpoint(app.id, endpoint.id);
          return done(status === 204 ? null : body.detail, `${endpoint.name} was removed.`);
        },
      });
    },
  };

  /** @param {Endpoint} endpoint */
  async function test(endpoint) {
    tried.set(endpoint.id, `Waiting for the answer of ${endpoint.host} …`);
    show();
    const { status, body } = await api.testEndpoint(app.id, endpoint.id);
    tried.set(endpoint.id, status === 200 ? body : `Not sent: ${body.detail}.`);
    await refresh();
  }

  const [failure, known] = await Promise.all([read(), api.events()]);
  if (failure !== null) return fail(failure);
  const fillCollect = collecting(app, refresh);
  const takesEvents = () => shown.collect.mode !== 'off';
  const dialog = endpointDialog(app, known.status === 200 ? known.body.events : [], takesEvents, async (endpoint) => {
    await refresh();
    // Unless the person goes on elsewhere already.
    if (endpoint && [document.body, byId('add-endpoint')].some((one) => one === document.activeElement)) focusCard(endpoint, '');
  });
  const deliveries = /** @type {HTMLAnchorElement} */ (byId('to-deliveries'));
  deliveries.href = `${BASE}/apps/${app.id}/deliveries`;
  if (may('owner') && !isFramed) {
    const nameOf = (/** @type {string} */ id) => shown.endpoints.find((endpoint) => endpoint.id === id)?.name ?? id;
    forgetting(app.id, nameOf, refresh);
    await eventTokens(app.id);
  }
  byId('add-endpoint').addEventListener('click', () => dialog.add());
  byId('refresh-integrations').addEventListener('click', refresh);
  if (isFramed) offerWindow(app.id, byId('integrations-window'), byId('integrations-window-text'));
  show();
  byId('integrations').hidden = false;
}
