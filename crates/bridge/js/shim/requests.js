// @ts-check
/**
 * The requests of custom code. Two sources complement each other. The functions that make requests are
 * replaced: they know the method, the body, the event that led to the request, and often the answer. The
 * browser's resource timing lists every request of the document when it ends, also those of markup and
 * style sheets; and `load` and `error` events say whether an element's file arrived.
 *
 * Neither sees the requests of frames and workers that the code opens.
 */

import { addListener, create, frame, getterOf, page, targetOf, uncurry } from './frame.js';
import { attempt, currentEvent, intercept, report, sliceOf } from './report.js';
import { TRACE_BODY_UNITS_MAX, TRACE_URL_UNITS_MAX, TRACE_WORD_UNITS_MAX } from '../shared/limits.js';

const { Blob, FormData, Response, URL, URLSearchParams } = frame;
const hrefOfUrl = getterOf(URL.prototype, 'href');
const baseOf = getterOf(Node.prototype, 'baseURI');
const urlOf = getterOf(Request.prototype, 'url');
const methodOf = getterOf(Request.prototype, 'method');
const isA = uncurry(Function.prototype[Symbol.hasInstance]);
const statusOf = getterOf(Response.prototype, 'status');
const typeOf = getterOf(Response.prototype, 'type');
const textOf = uncurry(Response.prototype.text);
const then = uncurry(Promise.prototype.then);
const statusOfXhr = getterOf(XMLHttpRequest.prototype, 'status');
const eachEntry = uncurry(FormData.prototype.forEach);
const addTo = uncurry(URLSearchParams.prototype.append);
const toParameters = uncurry(URLSearchParams.prototype.toString);
const blobSlice = uncurry(Blob.prototype.slice);
const upper = uncurry(String.prototype.toUpperCase);
const { get, set, has } = WeakMap.prototype;
const [lookUp, keep, isNoted] = [uncurry(get), uncurry(set), uncurry(has)];
const entriesIn = uncurry(PerformanceObserverEntryList.prototype.getEntries);

let count = 0;

/**
 * Reports a request. @param {string} via @param {string} method @param {string} url @param {string} [body]
 * @param {number | null} [seq] the event that led to it
 * @returns {number} its number
 */
function request(via, method, url, body = '', seq = currentEvent()) {
  const id = ++count;
  report({
    type: 'request',
    id,
    via,
    method: sliceOf(method, 0, TRACE_WORD_UNITS_MAX),
    url: sliceOf(url, 0, TRACE_URL_UNITS_MAX),
    body: sliceOf(body, 0, TRACE_BODY_UNITS_MAX),
    seq,
  });
  return id;
}

/** @param {number} id @param {string} outcome @param {number} [status] 0 if it is hidden */
function answer(id, outcome, status = 0) {
  report({ type: 'answer', id, outcome, status: status | 0 });
}

/** @param {any} address */
const absolute = (address) => hrefOfUrl(new URL(address, baseOf(page)));

/** Whether a request to this URL leaves the browser, and so has an entry. @param {string} url */
const isSent = (url) => sliceOf(url, 0, 4) === 'http';

/* --- Matching of the two sources ---------------------------------------------------------- */

/**
 * The state of the requests for a URL: `early`, those reported before their entry; `told`, entries
 * that came with their status; and the numbers of those that wait for an element's event, from `first`
 * to `next`.
 *
 * @typedef {{early: number, told: number, first: number, next: number, waiting: Record<number, number>}} Known
 * @type {Record<string, Known>}
 */
const urls = create(null);

/** @param {string} url @returns {Known} */
function knownOf(url) {
  return urls[url] || (urls[url] = /** @type {any} */ ({ __proto__: null, early: 0, told: 0, first: 0, next: 0, waiting: create(null) }));
}

/** Notes that a request is reported before its entry. @param {string} url */
function expectEntry(url) {
  if (isSent(url)) knownOf(url).early++;
}

/** The kinds of the resource timing, as the trace names them. Others are "other". @type {any} */
const KINDS_OF_ENTRIES = { __proto__: null, script: 'script', link: 'style', css: 'style', img: 'image', iframe: 'frame', fetch: 'fetch', xmlhttprequest: 'xhr', beacon: 'beacon' };
/** The same of elements. @type {any} */
const KINDS_OF_ELEMENTS = { __proto__: null, script: 'script', link: 'style', img: 'image', iframe: 'frame' };

/** @param {any} entry */
function takeEntry({ name: url, initiatorType, responseStatus }) {
  if (!isSent(url)) return;
  const known = knownOf(url);
  if (known.early > 0) return void known.early--;
  // It comes long after the event that led to it.
  const id = request(KINDS_OF_ENTRIES[initiatorType] || 'other', 'GET', url, '', null);
  const status = responseStatus | 0;
  if (status > 0) {
    answer(id, 'status', status);
    known.told++;
  } else {
    known.waiting[known.next++] = id;
  }
}

/**
 * Takes an element's `load` or `error` event.
 * @param {any} element @param {string} outcome
 */
function takeElement(element, outcome) {
  const via = KINDS_OF_ELEMENTS[element.localName];
  if (element === frame || !via || isNoted(images, element) || isNoted(frames, element)) return;
  const url = via === 'style' ? element.href : element.src;
  if (typeof url !== 'string' || !isSent(url)) return;
  // It has a `load` event for each document that is shown in it.
  if (via === 'frame') keep(frames, element, 1);
  const known = knownOf(url);
  if (known.first < known.next) {
    const id = known.waiting[known.first];
    delete known.waiting[known.first++];
    answer(id, outcome);
  } else if (known.told > 0) {
    known.told--;
  } else {
    known.early++;
    answer(request(via, 'GET', url, '', null), outcome);
  }
}

/* --- Replaced functions ------------------------------------------------------------------- */

/** The events of which each XMLHttpRequest gets one in the end. */
const XHR_ENDS = ['load', 'error', 'abort', 'timeout'];
/** What is known of each XMLHttpRequest. */
const exchanges = new WeakMap();
/** The images whose `src` a script has set. */
const images = new WeakMap();
/** The frames that have been reported. */
const frames = new WeakMap();

/**
 * Gives a body's text to `use`: at once, if that is possible. Streams and binary data have none.
 * @param {any} body @param {(text: string) => void} use
 */
function withText(body, use) {
  if (typeof body === 'string') return use(body);
  if (isA(URLSearchParams, body)) return use(toParameters(body));
  if (isA(FormData, body)) {
    const parameters = new URLSearchParams();
    eachEntry(body, (/** @type {any} */ value, /** @type {any} */ key) => addTo(parameters, key, typeof value === 'string' ? value : '(file)'));
    return use(toParameters(parameters));
  }
  // A character has four bytes at most.
  if (isA(Blob, body)) return then(textOf(new Response(blobSlice(body, 0, 4 * TRACE_BODY_UNITS_MAX))), use, () => use(''));
  use('');
}

/**
 * Reports a request when the text of its body is known.
 * @param {string} via @param {string} method @param {string} url @param {any} body
 * @returns {(outcome: string, status?: number) => void} reports the answer, after the request
 */
function requestWith(via, method, url, body) {
  const seq = currentEvent();
  let id = 0;
  /** @type {{outcome: string, status?: number} | undefined} */
  let early;
  expectEntry(url);
  withText(body, (text) => {
    id = request(via, upper(method), url, text, seq);
    if (early) answer(id, early.outcome, early.status);
  });
  return (outcome, status) => {
    if (id) answer(id, outcome, status);
    else early = { outcome, status };
  };
}

/** @param {() => Promise<Response>} call @param {any} input @param {any} init */
function watchFetch(call, input, init) {
  const reply = attempt(() => {
    const isObject = isA(Request, input);
    const method = (init && init.method) || (isObject ? methodOf(input) : 'GET');
    return requestWith('fetch', `${method}`, isObject ? urlOf(input) : absolute(input), init && init.body);
  });
  // The answer goes on to the caller, by a promise whose rejection is as unhandled as the original's.
  return then(
    call(),
    (/** @type {Response} */ response) => {
      if (reply) attempt(() => (typeOf(response) === 'opaque' ? reply('hidden') : reply('status', statusOf(response))));
      return response;
    },
    (/** @type {unknown} */ error) => {
      if (reply) reply('failed');
      throw error;
    },
  );
}

function watchXhr() {
  const methods = XMLHttpRequest.prototype;
  intercept(methods, 'open', (call, self, args) => {
    attempt(() => {
      const isHeard = isNoted(exchanges, self);
      keep(exchanges, self, { __proto__: null, method: `${args[0]}`, url: absolute(args[1]), reply: undefined });
      // It may be used again, and may be opened again by the code's own listener for the same event.
      if (!isHeard) for (let i = 0; i < XHR_ENDS.length; i++) addListener(self, XHR_ENDS[i], () => answerXhr(self));
    });
    return call();
  });
  intercept(methods, 'send', (call, self, args) => {
    const exchange = lookUp(exchanges, self);
    if (exchange) attempt(() => void (exchange.reply = requestWith('xhr', exchange.method, exchange.url, args[0])));
    return call();
  });
}

/** @param {any} self an XMLHttpRequest */
function answerXhr(self) {
  const { reply } = lookUp(exchanges, self);
  const status = statusOfXhr(self);
  if (reply) reply(status ? 'status' : 'failed', status);
}

/** @param {() => boolean} call @param {any} address @param {any} body */
function watchBeacon(call, address, body) {
  const queued = call();
  attempt(() => {
    const url = absolute(address);
    const seq = currentEvent();
    if (queued) expectEntry(url);
    withText(body, (text) => answer(request('beacon', 'POST', url, text, seq), queued ? 'queued' : 'full'));
  });
  return queued;
}

/** @param {() => void} call @param {any} image @param {any[]} args */
function watchImage(call, image, args) {
  attempt(() => {
    const address = `${args[0]}`;
    const url = absolute(address);
    if (!address || !isSent(url)) return;
    expectEntry(url);
    const id = request('image', 'GET', url);
    // It may be one image for many requests: each listener answers the first of them only.
    if (!isNoted(images, image)) {
      addListener(image, 'load', () => settle('hidden'));
      addListener(image, 'error', () => settle('unshown'));
    }
    keep(images, image, id);
  });
  const settle = (/** @type {string} */ outcome) => answer(lookUp(images, image), outcome);
  return call();
}

/** @param {string} via @returns {(call: () => any, self: any, args: any[]) => any} */
const watchStream = (via) => (call, _, args) => {
  const stream = call();
  attempt(() => {
    const url = absolute(args[0]);
    expectEntry(url);
    const id = request(via, 'GET', url);
    // A worker's errors are those of its code.
    if (via === 'worker') return;
    addListener(stream, 'open', () => answer(id, 'open'));
    addListener(stream, 'error', () => answer(id, 'failed'));
  });
  return stream;
};

export function watchRequests() {
  intercept(frame, 'fetch', (call, _, args) => watchFetch(call, args[0], args[1]));
  watchXhr();
  intercept(Navigator.prototype, 'sendBeacon', (call, _, args) => watchBeacon(call, args[0], args[1]));
  intercept(HTMLImageElement.prototype, 'src', watchImage, 'set');
  intercept(frame, 'WebSocket', watchStream('socket'));
  intercept(frame, 'EventSource', watchStream('stream'));
  intercept(frame, 'Worker', watchStream('worker'));
  // `load` events of elements stop at the document.
  for (const [target, type, outcome] of /** @type {const} */ ([
    [page, 'load', 'hidden'],
    [frame, 'error', 'failed'],
  ])) {
    addListener(target, type, (/** @type {Event} */ event) => attempt(() => event.isTrusted && takeElement(targetOf(event), outcome)), true);
  }
  const observer = new PerformanceObserver((list) => {
    const entries = entriesIn(list);
    for (let i = 0; i < entries.length; i++) attempt(() => takeEntry(entries[i]));
  });
  observer.observe({ type: 'resource', buffered: true });
}
