// @ts-check
/** All about one event: its content, and each endpoint's delivery with its attempts and answers. All of it is hostile text. */

import { api } from './api.js';
import { announce, button, byId, element, moment } from './dom.js';
import { exchangeOf, requestOf, textOf } from './exchange.js';
import { nextOf, outcomeOf } from './outcome.js';
import { digits, reasonInWords } from './words.js';

/**
 * @typedef {{attempt: number, at: string, tookMs: number, result: string, status: number | null, address: string | null, answer: string}} Attempt
 * @typedef {import('./deliveries.js').Delivery & {log: Attempt[], request: import('./exchange.js').Request | null}} Traced
 * @typedef {{endpoint: string, reason: string}} Withheld an endpoint without a delivery of the event
 * @typedef {{seq: number, id: string, verified: boolean, name: string, happenedAt: string, receivedAt: string,
 *   consent: 'granted' | 'not-asked' | 'unknown', marks: string[], envelope: object | null, deliveries: Traced[], withheld: Withheld[]}} Event
 */

/** The visitor's decision. @type {Record<Event['consent'], string>} */
const CONSENTS = { granted: 'the visitor agreed', 'not-asked': 'the page did not ask the visitor', unknown: 'the sender did not say' };

/** Why an endpoint did not get an event. @type {Record<string, string>} */
const WITHHELD = {
  'added-later': 'The endpoint was added after this event came.',
  filter: 'The endpoint’s filter, as it is now, does not name this event.',
  consent: 'The endpoint’s settings, as they are now, exclude events with this consent.',
  'not-agreed': 'The endpoint had not agreed to get events when this one came.',
  changed: 'When this event came, the endpoint had not agreed to get events yet, or its settings were different.',
};

/** About the first success of a delivery: it alone was tried, or attempts before it have no result. */
const AT_ONCE = 'The text of its answer is not kept, since it succeeded at once.';
const AFTER_UNKNOWN =
  'It succeeded; the text of its answer is not kept. An earlier attempt has no result, since its server stopped or it was put off, so the receiver may have got the event twice.';

/**
 * @param {string} app
 * @param {(endpoint: string) => string} nameOf names an endpoint
 * @param {(endpoint: string) => string | undefined} stateOf tells its state
 * @param {() => void} changed a delivery
 */
export function eventPanel(app, nameOf, stateOf, changed) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('event'));
  const say = (/** @type {string} */ text) => (byId('event-message').textContent = text);
  byId('event-close').addEventListener('click', () => dialog.close());

  /** @param {string} id @param {number | null} seq the one to show first, of those of a page and of a backend with the same id */
  async function open(id, seq) {
    const { status, body } = await api.event(app, id);
    say(status === 200 ? '' : `The event could not be read: ${body.detail}.`);
    const events = /** @type {Event[]} */ (status === 200 ? body.events : []);
    events.sort((one, other) => Number(other.seq === seq) - Number(one.seq === seq));
    byId('event-title').textContent = events[0]?.name ?? 'Event';
    byId('event-parts').replaceChildren(...events.flatMap(partsOf));
    if (!dialog.open) dialog.showModal();
  }

  /** @param {Event} event */
  function partsOf(event) {
    const { id, verified, happenedAt, receivedAt, consent, marks, envelope, deliveries, withheld } = event;
    const facts = element('dl', 'facts');
    for (const [word, text] of [
      ['Sent by', verified ? 'a backend with an event token: verified' : 'a browser: not verified, anyone can send such an event'],
      ['Received', moment(receivedAt)],
      ['Happened, by the sender’s clock', moment(happenedAt)],
      ['Consent', CONSENTS[consent]],
      ['ID', id],
    ]) facts.append(element('div', '', element('dt', '', word), element('dd', '', text)));
    const found = marks.map((mark) => element('li', 'warn', mark));
    return [
      facts,
      ...(found.length > 0 ? [element('h3', '', 'Faults that were found'), element('ul', 'marks', ...found)] : []),
      element('h3', '', 'Content'),
      envelope === null ? element('p', 'hint', 'The content was deleted: on request, or after the number of days for which it is kept.') : textOf('The content of the event', JSON.stringify(envelope, null, 2)),
      element('h3', '', 'Deliveries'),
      ...deliveries.map((delivery) => deliveryOf(delivery, event)),
      ...withheld.map(withheldOf),
      ...(deliveries.length + withheld.length === 0 ? [element('p', 'hint', 'It was sent nowhere: this app has no endpoint.')] : []),
    ];
  }

  /** @param {Withheld} withheld */
  function withheldOf({ endpoint, reason }) {
    const badge = element('span', 'state-badge', 'Not sent');
    badge.dataset.level = 'quiet';
    const head = element('div', 'endpoint-head', element('h4', '', nameOf(endpoint)), badge);
    return element('section', 'delivery', head, element('p', 'hint', WITHHELD[reason] ?? reason));
  }

  /** @param {Traced} delivery @param {Event} event */
  function deliveryOf(delivery, { id, seq, envelope }) {
    const { endpoint, attempts, round, outcome, at, log, request, status, tookMs, underWay } = delivery;
    const name = nameOf(endpoint);
    const times = `${digits(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}${round > 0 ? `, sent again ${digits(round)} ${round === 1 ? 'time' : 'times'}` : ''}`;
    const when = outcome === 'pending' ? `next attempt: ${nextOf(delivery, stateOf(endpoint))}` : `ended ${moment(at)}`;
    const again = button('Send it again', () => replay(delivery, id, seq), 'small');
    again.setAttribute('aria-label', `Send it again to ${name}`);
    // The one that is under way has no result yet.
    const unshown = outcome === 'pending' ? attempts - log.length - Number(underWay) : 0;
    // Answers are deleted with the content.
    const isKept = envelope !== null;
    const attempted = log.map((attempt) => attemptOf(attempt, { of: name, request, isKept }));
    // A first success has no entry.
    const success = outcome === 'delivered' && !log.some(({ result }) => result === 'success') && status !== null;
    if (success) {
      const made = exchangeOf('Last attempt', { tookMs: tookMs ?? 0, status, address: null, answer: null, failure: null, detail: null });
      made.append(element('p', 'hint', attempts === 1 ? AT_ONCE : AFTER_UNKNOWN));
      if (request) made.append(requestOf(request, null, `${name}, last attempt`));
      attempted.push(made);
    }
    return element(
      'section',
      'delivery',
      element('div', 'endpoint-head', element('h4', '', name), outcomeOf(delivery)),
      element('p', 'hint', `${times}; ${when}`),
      ...(unshown > 0 ? [element('p', 'hint', unshownOf(unshown, round > 0))] : []),
      ...attempted,
      ...(outcome === 'pending' ? [] : [element('div', 'row', again)]),
    );
  }

  /** @param {Traced} delivery @param {string} id @param {number} seq */
  async function replay({ endpoint }, id, seq) {
    const { status, body } = await api.replayDelivery(app, endpoint, seq);
    await open(id, seq);
    const sentence = status === 200 ? `It is waiting to be sent to ${nameOf(endpoint)} again.` : `Not sent again: ${body.detail}.`;
    say(sentence);
    announce(sentence);
    byId('event-close').focus();
    changed();
  }

  return open;
}

/** The attempts of a waiting delivery without an entry, in a sentence. A first success before a replay has none either. @param {number} number @param {boolean} isAgain */
function unshownOf(number, isAgain) {
  const isOne = number === 1;
  const attempts = `${digits(number)} ${isOne ? 'attempt' : 'attempts'}`;
  if (isAgain) return `Not shown: ${attempts} that succeeded at once or ${isOne ? 'has' : 'have'} no result.`;
  return isOne ? `${attempts} has no result, since its server stopped or it was put off.` : `${attempts} have no result, since their servers stopped or they were put off.`;
}

/** Failures without an answer after which the receiver may have the request. */
const UNANSWERED = ['timeout', 'protocol'];

/**
 * @param {Attempt} attempt
 * @param {object} shown
 * @param {string} shown.of the endpoint's name
 * @param {Traced['request']} shown.request
 * @param {boolean} shown.isKept whether the text of the answer is kept
 */
function attemptOf({ attempt, at, tookMs, result, status, address, answer }, { of, request, isKept }) {
  const title = `Attempt ${attempt}, ${moment(at)}`;
  const isAnswered = status !== null;
  const problem = isAnswered && result !== 'success' && result !== 'status' ? reasonInWords(result) : null;
  // Without an answer, its place has more about the failure.
  const texts = isAnswered ? { answer: isKept ? answer : null, detail: null } : { answer: null, detail: answer };
  const made = exchangeOf(title, { tookMs, status, address, failure: result, ...texts }, { of, problem });
  const isSent = isAnswered || UNANSWERED.includes(result);
  if (request && isSent) made.append(requestOf(request, at, `${of}, ${title}`));
  return made;
}
