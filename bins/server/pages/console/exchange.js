// @ts-check
/** A request to an endpoint and its answer. All of it is hostile text. */

import { element } from './dom.js';
import { reasonInWords, sentence } from './words.js';

/**
 * @typedef {{tookMs: number, status: number | null, address: string | null, answer: string | null, failure: string | null,
 *   detail: string | null}} Exchange
 * @typedef {Exchange & {event?: string | null, findings?: {place: string, code: string, text: string}[],
 *   omitted?: {name: string, why: string}[], problem?: string | null}} Tried a test event and its answer
 * @typedef {{method: string, host: string, contentType: string, webhookId: string, body: string}} Request that an attempt sends
 */

/** Whether an answer says that all is well. @param {Exchange} exchange */
export const isWell = ({ status }) => status !== null && status >= 200 && status < 300;

/**
 * Shows an answer: its status, time and address, and its text.
 * @param {string} title @param {Exchange} exchange
 * @param {object} [more]
 * @param {string} [more.of] the endpoint, if others are shown beside it
 * @param {string | null} [more.problem] why the answer is not good enough
 */
export function exchangeOf(title, exchange, { of, problem = null } = {}) {
  const { tookMs, status, address, answer, failure, detail } = exchange;
  const level = isWell(exchange) && problem === null ? 'good' : 'bad';
  const outcome = element('b', 'outcome-word', status === null ? sentence(reasonInWords(failure ?? 'no answer')) : `${status}`);
  const facts = element('span', 'hint', [`${tookMs} ms`, address && `from ${address}`].filter(Boolean).join(' '));
  const made = element('div', 'exchange', element('p', 'exchange-head', element('span', '', title), ' ', outcome, ' ', facts));
  made.dataset.level = level;
  for (const text of [detail, problem]) if (text) made.append(element('p', 'problem', sentence(text)));
  if (answer !== null) made.append(answer === '' ? element('p', 'hint', 'The answer has no text.') : textOf(`The text of the answer: ${[of, title].filter(Boolean).join(', ')}`, answer));
  return made;
}

/** Why a parameter was left out. @type {Record<string, string>} */
const OMITTED = { personal: 'it looks like personal data', form: 'it does not have the form that the vendor accepts' };

/** Shows a test event, its answer, and what a vendor says about it. @param {Tried} tried @param {string} [of] the endpoint, if others are shown beside it */
export function triedOf({ event, findings = [], omitted = [], problem = null, ...exchange }, of) {
  const found = findings.map(({ place, code, text }) => `${place}: ${text} (${code})`);
  const made = exchangeOf(event ? `Test event ${event}` : 'Test event', exchange, { of, problem: problem ?? found.shift() ?? null });
  made.append(
    ...found.map((text) => element('p', 'problem', sentence(text))),
    ...omitted.map(({ name, why }) => element('p', 'hint', `Left out: ${name}, since ${OMITTED[why] ?? why}.`)),
  );
  return made;
}

/**
 * The request of an attempt, closed at first.
 * @param {Request} request
 * @param {string | null} at when the attempt began, if that is known
 * @param {string} of the endpoint and the attempt
 */
export function requestOf({ method, contentType, webhookId, body }, at, of) {
  const timestamp = at === null ? [] : [`webhook-timestamp: ${Math.floor(Date.parse(at) / 1000)}`];
  const text = [`content-type: ${contentType}`, `webhook-id: ${webhookId}`, ...timestamp, '', body].join('\n');
  return element(
    'details',
    'sent-request',
    element('summary', '', `Request: ${method}`),
    textOf(`The text of the request: ${of}`, text),
    element('p', 'hint', 'It is made again from the event, in the format that the endpoint has now. Its address, which may have been another one then, and the signature are not shown.'),
  );
}

/** A text of an endpoint or an event. @param {string} label @param {string} text */
export function textOf(label, text) {
  const made = element('pre', 'foreign', text);
  made.tabIndex = 0;
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', label);
  return made;
}
