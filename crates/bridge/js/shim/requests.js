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
import { TRACE_BODY_UNITS_MAX, TRACE_URL_UNITS_MAX } from '../shared/limits.js';

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
const upper = uncurry(String.prototype.toUpperCase);
const { get: getNoted, set: note, has: hasNoted } = WeakMap.prototype;
const [known, keep, isKnown] = [uncurry(getNoted), uncurry(note), uncurry(hasNoted)];
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
    method,
    url: sliceOf(url, 0, TRACE_URL_UNITS_MAX),
    body: sliceOf(body, 0, TRACE_BODY_UNITS_MAX),
    seq,
  });
  return id;
}

/** @param {number} id @param {string} outcome @param {number} [status] 0 if it is hidden */
function answer(id, outcome, status = 0) {
  report({ type: 'answer', id, outcome, status });
}

/** @param {any} address */
const absolute = (address) => hrefOfUrl(new URL(address, baseOf(page)));

/* --- Matching of the two sources ---------------------------------------------------------- */

/** Counts by URL. @type {() => {add: (url: string) => void, take: (url: string) => boolean}} */
function tally() {
  /** @type {Record<string, number>} */
  const counts = create(null);
  return {
    add: (url) => void (counts[url] = (counts[url] || 0) + 1),
    take: (url) => counts[url] > 0 && counts[url]-- > 0,
  };
}

/** Requests that were reported before their entry. */
const early = tally();
/** Requests that were reported by their entry, and have no answer yet. @type {Record<string, number>} */
const unanswered = create(null);

/**
 * Reports a request that its entry will repeat.
 * @param {string} via @param {string} method @param {string} url @param {string} [body]
 */
function requestEarly(via, method, url, body) {
  early.add(url);
  return request(via, method, url, body);
}

/** The kinds of the resource timing, as the trace names them. Others are "other". @type {any} */
const KINDS_OF_ENTRIES = { __proto__: null, script: 'script', link: 'style', css: 'style', img: 'image', iframe: 'frame', fetch: 'fetch', xmlhttprequest: 'xhr', beacon: 'beacon' };

/** @param {any} entry */
function takeEntry({ name: url, initiatorType, responseStatus = 0 }) {
  if (early.take(url)) return;
  const via = KINDS_OF_ENTRIES[initiatorType] || 'other';
  const id = request(via, 'GET', url);
  if (responseStatus > 0) answer(id, 'status', responseStatus);
  else unanswered[url] = id;
}

/**
 * Takes an element's `load` or `error` event.
 * @param {any} element @param {string} outcome
 */
function takeElement(element, outcome) {
  if (isKnown(images, element)) return;
  const url = element.localName === 'link' ? element.href : element.src;
  if (typeof url !== 'string' || !url) return;
  const waiting = unanswered[url];
  if (waiting) {
    delete unanswered[url];
    return answer(waiting, outcome);
  }
  /** @type {any} */
  const kinds = { __proto__: null, script: 'script', link: 'style', img: 'image', iframe: 'frame' };
  const via = kinds[element.localName];
  if (via) answer(requestEarly(via, 'GET', url), outcome);
}

/* --- Replaced functions ------------------------------------------------------------------- */

/** What is known of each XMLHttpRequest. */
const exchanges = new WeakMap();
/** The images whose `src` a script has set. */
const images = new WeakMap();

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
  if (isA(Blob, body)) return then(textOf(new Response(body)), use, () => use(''));
  use('');
}

/** @param {() => Promise<Response>} call @param {any} input @param {any} init */
function watchFetch(call, input, init) {
  /** @type {number | undefined} */
  let id;
  attempt(() => {
    const isObject = isA(Request, input);
    const url = isObject ? urlOf(input) : absolute(input);
    const method = (init && init.method) || (isObject ? methodOf(input) : 'GET');
    const seq = currentEvent();
    early.add(url);
    withText(init && init.body, (text) => void (id = request('fetch', upper(`${method}`), url, text, seq)));
  });
  // The answer goes on to the caller, by a promise whose rejection is as unhandled as the original's.
  return then(
    call(),
    (/** @type {Response} */ response) => {
      if (id) attempt(() => (typeOf(response) === 'opaque' ? answer(/** @type {number} */ (id), 'hidden') : answer(/** @type {number} */ (id), 'status', statusOf(response))));
      return response;
    },
    (/** @type {unknown} */ error) => {
      if (id) answer(id, 'failed');
      throw error;
    },
  );
}

function watchXhr() {
  const methods = XMLHttpRequest.prototype;
  intercept(methods, 'open', (call, self, args) => {
    attempt(() => keep(exchanges, self, { __proto__: null, method: upper(`${args[0]}`), url: absolute(args[1]) }));
    return call();
  });
  intercept(methods, 'send', (call, self, args) => {
    const exchange = known(exchanges, self);
    if (exchange) {
      /** @type {number | undefined} */
      let id;
      attempt(() => {
        const seq = currentEvent();
        early.add(exchange.url);
        withText(args[0], (text) => void (id = request('xhr', exchange.method, exchange.url, text, seq)));
        addListener(self, 'loadend', () => {
          const status = statusOfXhr(self);
          if (id) answer(id, status ? 'status' : 'failed', status);
        });
      });
    }
    return call();
  });
}

/** @param {() => boolean} call @param {any} address @param {any} body */
function watchBeacon(call, address, body) {
  const queued = call();
  attempt(() => {
    const url = absolute(address);
    const seq = currentEvent();
    early.add(url);
    withText(body, (text) => answer(request('beacon', 'POST', url, text, seq), queued ? 'queued' : 'full'));
  });
  return queued;
}

/** @param {() => void} call @param {any} image @param {any[]} args */
function watchImage(call, image, args) {
  attempt(() => {
    const address = `${args[0]}`;
    const url = absolute(address);
    if (!address || sliceOf(url, 0, 5) === 'data:') return;
    const id = requestEarly('image', 'GET', url);
    // It may be one image for many requests: each listener answers the first of them only.
    if (!isKnown(images, image)) {
      addListener(image, 'load', () => settle('hidden'));
      addListener(image, 'error', () => settle('unshown'));
    }
    keep(images, image, id);
  });
  const settle = (/** @type {string} */ outcome) => answer(known(images, image), outcome);
  return call();
}

/** @param {string} via @returns {(call: () => any, self: any, args: any[]) => any} */
const watchStream = (via) => (call, _, args) => {
  const stream = call();
  attempt(() => {
    const id = via === 'worker' ? requestEarly(via, 'GET', absolute(args[0])) : request(via, 'GET', absolute(args[0]));
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
