// @ts-check
/**
 * `mount({ collect: collectTo({ url: '/e/demo' }) })` sends the widget's events and those of custom code
 * to the widget's server: all envelopes that the parent page would get, whether there is one or not.
 */

import { REQUEST_MS_MAX } from './shared/limits.js';
import { collectorMachine } from './host/collector.js';

/**
 * @typedef {object} Collector for `mount`
 * @property {(make: () => import('./host/envelope.js').Envelope) => void} take
 * @property {(consent: import('./host/machine.js').Consent) => void} consent
 * @property {() => void} stop
 */

/**
 * Sends events in batches, at most one request a second, in order, and again until the server has
 * answered for them (docs/protocol.md, *Collecting events*). When the visitor leaves the page, the rest is
 * sent at once; when the page is hidden, too, unless the server asked to wait.
 *
 * @param {object} options
 * @param {string} options.url of the widget's own origin; the page's policy must allow the connection
 *   (`connect-src 'self'`)
 * @param {import('./page.js').PageSource} [options.page] as for `mount`: the address of the page around
 *   the widget goes with the events
 * @returns {Collector}
 */
export function collectTo({ url, page = (use) => use() }) {
  /** @type {string | undefined} */
  let address;
  let timer = 0;
  const watch = new AbortController();
  const { take, consent, due, answered, leave, hide, stop } = collectorMachine(
    { page: () => address, random: Math.random },
    {
      send(batch, leaving) {
        const { body, keepalive } = batch;
        if (leaving && !('keepalive' in Request.prototype)) {
          navigator.sendBeacon(url, new Blob([body], /** @type {{}} */ ({ __proto__: null, type: 'application/json' })));
          // A beacon has no answer. If the page stays after all, the server gets the batch again.
          return answered(batch, 0);
        }
        // Not `mode: 'same-origin'`: without a referrer, browsers would then hide the origin.
        const request = /** @type {RequestInit} */ ({
          __proto__: null,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          keepalive,
          credentials: 'omit',
          redirect: 'error',
          referrerPolicy: 'no-referrer',
          signal: AbortSignal.timeout(REQUEST_MS_MAX),
        });
        fetch(url, request).then(
          ({ status, headers }) => answered(batch, status, Number(headers.get('retry-after'))),
          () => answered(batch, 0),
        );
      },
      wait(ms) {
        clearTimeout(timer);
        timer = setTimeout(due, ms);
      },
    },
  );
  const listening = { __proto__: null, signal: watch.signal };
  addEventListener('pagehide', leave, listening);
  // Of a page in the background, often nothing more is heard.
  document.addEventListener('visibilitychange', () => document.hidden && hide(), listening);
  page((known) => (address = known?.url));
  return {
    take,
    consent,
    stop() {
      watch.abort();
      stop();
    },
  };
}
