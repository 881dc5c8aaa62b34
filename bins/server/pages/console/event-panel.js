// @ts-check
/** All about one event: its content, and each endpoint's delivery with its attempts and answers. All of it is hostile text. */

import { api } from './api.js';
import { announce, button, byId, element, moment } from './dom.js';
import { exchangeOf, textOf } from './exchange.js';
import { nextOf, outcomeOf } from './outcome.js';
import { digits, reasonInWords } from './words.js';

/**
 * @typedef {{attempt: number, at: string, tookMs: number, result: string, status: number | null, address: string | null, answer: string}} Attempt
 * @typedef {import('./deliveries.js').Delivery & {log: Attempt[]}} Traced
 * @typedef {{seq: number, id: string, verified: boolean, name: string, happenedAt: string, receivedAt: string,
 *   consent: 'granted' | 'not-asked' | 'unknown', marks: string[], envelope: object | null, deliveries: Traced[]}} Event
 */

/** @type {Record<Event['consent'], string>} */
const CONSENTS = { granted: 'the visitor agreed', 'not-asked': 'the page did not ask', unknown: 'not said' };

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
    say(status === 200 ? '' : `It could not be read: ${body.detail}.`);
    const events = /** @type {Event[]} */ (status === 200 ? body.events : []);
    events.sort((one, other) => Number(other.seq === seq) - Number(one.seq === seq));
    byId('event-title').textContent = events[0]?.name ?? 'Event';
    byId('event-parts').replaceChildren(...events.flatMap(partsOf));
    if (!dialog.open) dialog.showModal();
  }

  /** @param {Event} event */
  function partsOf({ id, seq, verified, happenedAt, receivedAt, consent, marks, envelope, deliveries }) {
    const facts = element('dl', 'facts');
    for (const [word, text] of [
      ['Came from', verified ? 'a backend, by its token' : 'a page: what it says is not proven'],
      ['Received', moment(receivedAt)],
      ['Happened, by the sender’s clock', moment(happenedAt)],
      ['Consent', CONSENTS[consent]],
      ['ID', id],
    ]) facts.append(element('div', '', element('dt', '', word), element('dd', '', text)));
    const found = marks.map((mark) => element('li', 'warn', mark));
    return [
      facts,
      ...(found.length > 0 ? [element('h3', '', 'Not as in the catalogue'), element('ul', 'marks', ...found)] : []),
      element('h3', '', 'Content'),
      envelope === null ? element('p', 'hint', 'It is not kept any more.') : textOf('The content of the event', JSON.stringify(envelope, null, 2)),
      element('h3', '', 'Deliveries'),
      ...(deliveries.length === 0 ? [element('p', 'hint', 'No endpoint was to get it.')] : deliveries.map((delivery) => deliveryOf(delivery, id, seq))),
    ];
  }

  /** @param {Traced} delivery @param {string} id of the event @param {number} seq */
  function deliveryOf(delivery, id, seq) {
    const { endpoint, attempts, round, outcome, at, log, status, tookMs } = delivery;
    const name = nameOf(endpoint);
    const times = `${digits(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}${round > 0 ? `, sent again ${digits(round)} ${round === 1 ? 'time' : 'times'}` : ''}`;
    const when = outcome === 'pending' ? `next attempt: ${nextOf(delivery, stateOf(endpoint))}` : `ended ${moment(at)}`;
    const again = button('Send it again', () => replay(delivery, id, seq), 'small');
    again.setAttribute('aria-label', `Send it again to ${name}`);
    const attempted = log.map((attempt) => attemptOf(attempt, name));
    // A first success has no entry.
    const success = outcome === 'delivered' && !log.some(({ result }) => result === 'success') && status !== null;
    if (success) attempted.push(exchangeOf('Last attempt', { tookMs: tookMs ?? 0, status, address: null, answer: null, failure: null, detail: null }));
    return element(
      'section',
      'delivery',
      element('div', 'endpoint-head', element('h4', '', name), outcomeOf(delivery)),
      element('p', 'hint', `${times}; ${when}`),
      ...attempted,
      ...(outcome === 'pending' ? [] : [element('div', 'row', again)]),
    );
  }

  /** @param {Traced} delivery @param {string} id @param {number} seq */
  async function replay({ endpoint }, id, seq) {
    const { status, body } = await api.replayDelivery(app, endpoint, seq);
    await open(id, seq);
    const sentence = status === 200 ? `It waits to be sent to ${nameOf(endpoint)} again.` : `Not sent again: ${body.detail}.`;
    say(sentence);
    announce(sentence);
    byId('event-close').focus();
    changed();
  }

  return open;
}

/** @param {Attempt} attempt @param {string} of the endpoint's name */
function attemptOf({ attempt, at, tookMs, result, status, address, answer }, of) {
  const title = `Attempt ${attempt}, ${moment(at)}`;
  const problem = status !== null && result !== 'success' && result !== 'status' ? reasonInWords(result) : null;
  return exchangeOf(title, { tookMs, status, address, answer: status === null ? null : answer, failure: result, detail: null }, { of, problem });
}
