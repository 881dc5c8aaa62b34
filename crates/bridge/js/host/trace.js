// @ts-check
/** Reads the reports of a traced document: its requests, and the calls that the sandbox ignores. */

import { own } from './own.js';
import { isNumber, isText, placesIn } from './report.js';
import { TRACE_LIMITS } from '../shared/limits.js';

/**
 * `seq` is the event whose handlers made the request or the call, or null.
 *
 * @typedef {{
 *   type: 'request',
 *   id: number,
 *   via: 'fetch' | 'xhr' | 'beacon' | 'image' | 'script' | 'style' | 'frame' | 'socket' | 'stream' | 'worker' | 'other',
 *   method: string,
 *   url: string,
 *   body: string,
 *   seq: number | null,
 * }} TracedRequest `url` is whole, with its query, and cut if it is very long, as is `body`; `via` is the
 *   API or the kind of element
 * @typedef {{type: 'answer', id: number, outcome: keyof typeof OUTCOMES, status: number | null}} Answer
 * @typedef {{type: 'ignored', call: string, text: string, callers: import('./report.js').Place[], seq: number | null}} IgnoredCall
 *   a call that the sandbox ignores; `text` is its first argument, or a link's address; the call
 *   'parent' is a read of `window.parent`, which is where a message to the page above begins
 * @typedef {TracedRequest | Answer | IgnoredCall} Traced
 */

const VIAS = ['fetch', 'xhr', 'beacon', 'image', 'script', 'style', 'frame', 'socket', 'stream', 'worker', 'other'];

/** The outcomes of requests. */
const OUTCOMES = {
  status: 'answered with this status',
  hidden: 'answered; the browser hides the status',
  unshown: 'the answer is no image, or there is none: the browser does not say which',
  queued: 'taken by the browser, which sends it even if the page closes',
  full: 'not taken: too much is waiting to be sent',
  open: 'connected',
  failed: 'failed, or the browser hides the answer because the server does not allow other origins',
};

/** @param {any} data @returns {Traced | null} null if it is not a valid report */
export function readTrace(data) {
  switch (own(data, 'type')) {
    case 'request':
      return readRequest(data);
    case 'answer':
      return readAnswer(data);
    case 'ignored':
      return readIgnored(data);
    default:
      return null;
  }
}

/** @param {any} data @returns {TracedRequest | null} */
function readRequest(data) {
  const [id, via, method, url, body, seq] = ['id', 'via', 'method', 'url', 'body', 'seq'].map((key) => own(data, key));
  if (!isNumber(id) || !VIAS.includes(via) || !isWord(method) || !isSeq(seq)) return null;
  if (!isWithin(url, TRACE_LIMITS.trace_url_units_max) || !isWithin(body, TRACE_LIMITS.trace_body_units_max)) return null;
  return { type: 'request', id, via, method, url, body, seq };
}

/** @param {any} data @returns {Answer | null} */
function readAnswer(data) {
  const [id, outcome, status] = ['id', 'outcome', 'status'].map((key) => own(data, key));
  if (!isNumber(id) || !isNumber(status) || ![outcome].every(isWord) || !Object.hasOwn(OUTCOMES, outcome)) return null;
  return { type: 'answer', id, outcome, status: status || null };
}

/** @param {any} data @returns {IgnoredCall | null} */
function readIgnored(data) {
  const [call, text, stack, seq] = ['call', 'text', 'stack', 'seq'].map((key) => own(data, key));
  if (!isWord(call) || !isText(text) || !isText(stack) || !isSeq(seq)) return null;
  return { type: 'ignored', call, text, callers: placesIn(stack), seq };
}

/** @param {unknown} value @param {number} max @returns {value is string} */
const isWithin = (value, max) => typeof value === 'string' && value.length <= max;

/** @param {unknown} value @returns {value is string} */
const isWord = (value) => isWithin(value, TRACE_LIMITS.trace_word_units_max);

/** @param {unknown} value @returns {value is number | null} */
const isSeq = (value) => value === null || isNumber(value);
