// @ts-check
/** The endpoints of an app as cards: how each fares, and what to do next. Names, hosts and answers are hostile text. */

import { endpointTerms, equation } from './account.js';
import { button, element, moment } from './dom.js';
import { triedOf } from './exchange.js';
import { may } from './session.js';
import { BASE } from './surface.js';
import { ago, digits, reasonInWords } from './words.js';

/**
 * @typedef {'asked' | 'active' | 'paused' | 'disabled' | 'removed'} EndpointState
 * @typedef {{failures: number, failingSince: string | null, blockedUntil: string | null, succeededAt: string | null,
 *   failedAt: string | null, last: string | null}} Health
 * @typedef {{id: string, kind: 'webhook' | 'ga4' | 'meta', name: string, host: string, format: 'standard' | 'cloudevents' | null,
 *   filter: string[], mapping: object | null, takesNotAsked: boolean, inFlightMax: number, ratePerMinute: number | null, version: number, state: EndpointState,
 *   stateReason: string, stateAt: string, agreed: 'handshake' | 'challenge' | 'skipped' | 'not-needed' | 'no',
 *   madeAt: string, madeBy: string, health: Health}} Endpoint
 * @typedef {import('./account.js').Account} Account
 * @typedef {'ask' | 'test' | 'pause' | 'resume' | 'change' | 'rotate' | 'consent' | 'remove'} Action
 */

/** States as badges. @type {Record<EndpointState, [string, string]>} */
const BADGES = {
  asked: ['Has not agreed', 'warn'],
  active: ['Active', 'good'],
  paused: ['Paused', 'warn'],
  disabled: ['Disabled', 'bad'],
  removed: ['Removed', 'quiet'],
};

/** @type {Record<string, string>} */
const DISABLED = {
  failing: 'It failed for 5 days without a success, so it was disabled.',
  gone: 'It answered with the status 410: it wants no more events.',
  credentials: 'The vendor refused the credentials.',
};

/** @type {Record<Endpoint['agreed'], string>} */
const AGREED = {
  handshake: 'by the answer to OPTIONS',
  challenge: 'by the answer to a challenge',
  skipped: 'not asked: an owner skipped the question',
  'not-needed': 'not needed',
  no: 'not yet',
};

/** What an endpoint is, by its kind and the form of its requests. @param {Endpoint} endpoint */
function whatOf({ kind, format }) {
  if (kind === 'ga4') return 'Google Analytics 4';
  if (kind === 'meta') return 'Meta, Conversions API';
  return format === 'cloudevents' ? 'CloudEvents' : 'Standard Webhooks';
}

/** The actions in each state, the next step first. @type {Record<EndpointState, Action[]>} */
const ACTIONS = {
  asked: ['ask', 'change', 'rotate', 'consent', 'remove'],
  active: ['test', 'pause', 'change', 'rotate', 'consent', 'remove'],
  paused: ['resume', 'test', 'change', 'rotate', 'consent', 'remove'],
  disabled: ['ask', 'test', 'change', 'rotate', 'consent', 'remove'],
  removed: [],
};

/** @type {Record<Action, string>} */
const WORDS = {
  ask: 'Ask the endpoint',
  test: 'Send a test event',
  pause: 'Pause',
  resume: 'Resume',
  change: 'Change…',
  rotate: 'New key…',
  consent: 'Consent…',
  remove: 'Remove…',
};

/** The address of the deliveries of an app with a filter. @param {string} app @param {Record<string, string>} filter */
export const deliveriesOf = (app, filter) => `${BASE}/apps/${app}/deliveries?${new URLSearchParams(filter)}`;

/**
 * @param {object} shown
 * @param {string} shown.app its id
 * @param {Endpoint} shown.endpoint
 * @param {Account | undefined} shown.account
 * @param {boolean} shown.manages whether the reader may look at deliveries, and change endpoints
 * @param {number} shown.keptDays the days for which the content of events is kept
 * @param {import('./exchange.js').Tried | string | undefined} shown.tried the answer to the last test event, or why there is none
 * @param {(action: Action, endpoint: Endpoint) => void} shown.act
 */
export function card({ app, endpoint, account, manages, keptDays, tried, act }) {
  const { id, name, host, filter, state } = endpoint;
  const [word, level] = BADGES[state];
  const badge = element('span', 'state-badge', word);
  badge.dataset.level = level;
  const events = filter[0] === '*' ? 'all events' : filter.join(', ');
  const about = `${host}, ${whatOf(endpoint)}, ${events}`;
  const link = (/** @type {string} */ outcome) => (manages ? deliveriesOf(app, { endpoint: id, outcome }) : null);
  const made = element(
    'li',
    'endpoint',
    element('div', 'endpoint-head', element('h3', '', name), badge),
    element('p', 'hint about', about),
    ...stateOf(endpoint, keptDays, account?.pending ?? 0),
    factsOf(endpoint, account),
    ...(account && (account.accepted > 0 || state !== 'asked') ? [equation(endpointTerms(account, link))] : []),
    ...(manages && state !== 'removed' ? [actionsOf(endpoint, act)] : []),
    testOf(tried, name),
  );
  made.dataset.endpoint = id;
  return made;
}

/** The events that waited when an address was changed, in a sentence. @param {number} pending */
function waitingOf(pending) {
  if (pending === 0) return '';
  const those = pending === 1 ? 'The event that waits' : `The ${digits(pending)} events that wait`;
  return ` ${those} from before ${pending === 1 ? 'goes' : 'go'} to this address once it agrees.`;
}

/** Why an endpoint is in its state, and what to do next. @param {Endpoint} endpoint @param {number} keptDays @param {number} pending */
function stateOf({ kind, state, stateReason, agreed }, keptDays, pending) {
  const say = (/** @type {string} */ text) => [element('p', 'why-state', text)];
  const waits = `Its events wait for as long as their content is kept (${keptDays} ${keptDays === 1 ? 'day' : 'days'}).`;
  const disabled = `${DISABLED[stateReason] ?? stateReason} ${waits}`;
  if (state === 'asked') return say(`It gets no events until its program has agreed, and events that come until then are not sent to it later.${waitingOf(pending)} Ask it.`);
  if (state === 'paused') return say(`It was paused by hand. ${waits} Resume it to send them.`);
  if (state === 'disabled' && kind === 'webhook') return say(`${disabled} Correct the receiver, then ask it again. Once it agrees, it gets the waiting events.`);
  if (state === 'disabled') return say(`${disabled} ${stateReason === 'credentials' ? 'Change the credentials, then enable it' : 'Enable it'} to send them.`);
  if (state === 'active' && agreed === 'skipped' && stateReason) return say(`An owner skipped the question: ${stateReason}`);
  return [];
}

/** How an endpoint fares. @param {Endpoint} endpoint @param {Account | undefined} account */
function factsOf({ kind, state, health, agreed, takesNotAsked, ratePerMinute, stateAt }, account) {
  const now = Date.now();
  const { failures, failingSince, blockedUntil, succeededAt, last } = health;
  /** @type {[string, string][]} */
  const facts = [];
  if (state !== 'asked') facts.push(['Last success', succeededAt === null ? 'none yet' : moment(succeededAt)]);
  if (failures > 0) {
    const since = failingSince === null ? '' : ` since ${moment(failingSince)}`;
    facts.push(['Failures', `${digits(failures)}${since}${last && last !== 'success' ? `: ${reasonInWords(last)}` : ''}`]);
  }
  if (blockedUntil !== null && Date.parse(blockedUntil) > now) facts.push(['Next try', `not before ${moment(blockedUntil)}`]);
  const pending = account?.pending ?? 0;
  const oldest = account?.oldestPending;
  if (state !== 'asked' || pending > 0) facts.push(['Waiting', pending === 0 ? 'none' : `${digits(pending)}${oldest ? `, the oldest for ${ago(oldest, now)}` : ''}`]);
  if (kind !== 'webhook') facts.push(['Whose events', takesNotAsked ? 'of visitors who agreed, or were not asked' : 'of visitors who agreed']);
  else if (state !== 'asked') facts.push(['Agreement', `${AGREED[agreed]}${ratePerMinute ? `; at most ${digits(ratePerMinute)} requests a minute` : ''}`]);
  if (state !== 'active') facts.push([`${BADGES[state][0]} since`, moment(stateAt)]);
  const list = element('dl', 'facts');
  for (const [word, text] of facts) list.append(element('div', '', element('dt', '', word), element('dd', '', text)));
  return list;
}

/** Whether an action is for an endpoint of this kind: a vendor has no keys, and a webhook gets all events. @param {Action} action @param {Endpoint} endpoint */
const isFor = (action, { kind }) => (action === 'rotate' ? kind === 'webhook' : action !== 'consent' || (kind !== 'webhook' && may('owner')));

/** The word for an action. @param {Action} action @param {Endpoint} endpoint */
function wordOf(action, { kind, state }) {
  if (action !== 'ask' || state !== 'disabled') return WORDS[action];
  return kind === 'webhook' ? 'Ask and enable' : 'Enable';
}

/** @param {Endpoint} endpoint @param {(action: Action, endpoint: Endpoint) => void} act */
function actionsOf(endpoint, act) {
  const actions = ACTIONS[endpoint.state].filter((action) => isFor(action, endpoint));
  const buttons = actions.map((action, at) => {
    const isNext = at === 0 && endpoint.state !== 'active';
    const word = wordOf(action, endpoint);
    const made = button(word, () => act(action, endpoint), isNext ? 'small primary' : 'small');
    made.setAttribute('aria-label', `${word} (${endpoint.name})`);
    made.dataset.action = action;
    return made;
  });
  return element('div', 'row', ...buttons);
}

/** The answer to a test event. @param {import('./exchange.js').Tried | string | undefined} tried @param {string} of the endpoint's name */
function testOf(tried, of) {
  const place = element('div', 'tried');
  place.setAttribute('role', 'status');
  if (typeof tried === 'string') place.append(element('p', '', tried));
  else if (tried) place.append(triedOf(tried, of));
  return place;
}
