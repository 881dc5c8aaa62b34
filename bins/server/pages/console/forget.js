// @ts-check
/** Deletes the content of events on request: of one, or of all that have a value in their context. For owners. */

import { api } from './api.js';
import { ask } from './ask.js';
import { byId, element } from './dom.js';
import { digits, sentence } from './words.js';

/** @typedef {{id: string} | {key: string, value: string, after: number | null}} Wish */

/**
 * @param {string} app
 * @param {(endpoint: string) => string} nameOf names an endpoint
 * @param {() => Promise<void>} refresh reads the integrations again
 */
export function forgetting(app, nameOf, refresh) {
  const form = /** @type {HTMLFormElement & {elements: {by: RadioNodeList}}} */ (byId('forget-form'));
  const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
  const byValue = () => form.elements.by.value === 'value';

  function showFields() {
    byId('forget-by-value').hidden = !byValue();
    byId('forget-by-id').hidden = byValue();
    for (const id of ['forget-key', 'forget-value']) input(id).required = byValue();
    input('forget-id').required = !byValue();
  }

  /** @returns {Wish} */
  const wish = () => (byValue() ? { key: input('forget-key').value.trim(), value: input('forget-value').value, after: null } : { id: input('forget-id').value.trim() });

  /** Deletes part by part: the server looks through so many events at a time. @param {Wish} wished */
  async function forget(wished) {
    const sum = { forgotten: 0, pending: 0, to: /** @type {Set<string>} */ (new Set()) };
    for (let after = /** @type {number | null} */ (null); ; ) {
      const { status, body } = await api.forget(app, 'key' in wished ? { ...wished, after } : wished);
      if (status !== 200) {
        const so = sum.forgotten > 0 ? ` ${inWords(sum)}` : '';
        const why = sentence(body.detail.replace(/^\/\w+: /, ''));
        return mayGoOn(status, body.code) ? `${why} ${GOES_ON}${so}` : `The deletion stopped early. ${why}${so}`;
      }
      sum.forgotten += body.forgotten;
      sum.pending += body.pendingCancelled;
      for (const endpoint of body.sentTo) sum.to.add(nameOf(endpoint));
      after = body.next;
      if (after === null) break;
    }
    byId('forget-message').textContent = inWords(sum);
    await refresh();
    return null;
  }

  form.addEventListener('change', showFields);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wished = wish();
    const which = 'key' in wished ? `all events of this app in which ${wished.key} is “${wished.value}”` : `the event ${wished.id}`;
    ask({
      title: 'Delete events?',
      submit: 'Delete them',
      note: null,
      parts: [element('p', '', `The content of ${which} is deleted. Deliveries that wait are cancelled. This cannot be undone.`)],
      perform: () => forget(wished),
    });
  });
  showFields();
}

/** Whether the server may go on with a deletion after this answer: it does if the time of the request ends. @param {number} status @param {string} [code] */
const mayGoOn = (status, code) => [0, 502, 503, 504].includes(status) && code !== 'database-read-only';

/** The advice if it does. */
const GOES_ON = 'The server may still be deleting. Delete again; the history names the endpoints that have received the content, too.';

/** @param {{forgotten: number, pending: number, to: Set<string>}} sum */
function inWords({ forgotten, pending, to }) {
  const done = doneOf(forgotten, pending, to.size > 0);
  // A repeated deletion names the receivers, too: the answer to the first one may have been lost.
  return to.size === 0 ? done : `${done} These endpoints have received the content, or may have, and must delete it themselves: ${[...to].join(', ')}.`;
}

/** @param {number} forgotten @param {number} pending @param {boolean} isKnown whether there is such an event */
function doneOf(forgotten, pending, isKnown) {
  if (forgotten === 0) return isKnown ? 'The content was deleted before.' : 'There is no such event, or its content was deleted before.';
  const deleted = `The content of ${digits(forgotten)} ${forgotten === 1 ? 'event' : 'events'} was deleted`;
  return pending === 0 ? `${deleted}.` : `${deleted}, and ${digits(pending)} waiting ${pending === 1 ? 'delivery' : 'deliveries'} ended.`;
}
