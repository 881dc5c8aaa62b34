// @ts-check
/** Sends the deliveries of a time again. Their number is shown before the button does anything. */

import { api } from './api.js';
import { byId } from './dom.js';
import { digits } from './words.js';

/** @typedef {{endpoint: string, outcome: string | null, from: string, to: string}} Range */

const DAY_MS = 24 * 60 * 60 * 1000;

/** A time as the browser's field for local times has it. @param {Date} time */
export function localTime(time) {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** The time of such a field, or null if it is empty. @param {string} value */
export const timeOf = (value) => (value === '' || Number.isNaN(Date.parse(value)) ? null : new Date(value).toISOString());

/** @param {string} app @param {(sentence: string) => void} done */
export function replaying(app, done) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('replay'));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (byId(`replay-${name}`));
  const submit = /** @type {HTMLButtonElement} */ (byId('replay-submit'));
  const say = (/** @type {string} */ text) => (byId('replay-message').textContent = text);
  let looks = 0;
  let busy = false;

  /** @returns {Range | null} */
  function range() {
    const [from, to] = [timeOf(field('from').value), timeOf(field('to').value)];
    if (from === null || to === null) return null;
    return { endpoint: field('endpoint').value, outcome: field('outcome').value || null, from, to };
  }

  /** Shows how many there are, and only then lets them be sent. */
  async function count() {
    const ours = ++looks;
    submit.disabled = true;
    submit.textContent = 'Send again';
    say('');
    const wanted = range();
    if (wanted === null) return void say('Choose a start and an end.');
    const { status, body } = await api.countReplay(app, wanted);
    if (ours !== looks) return;
    if (status !== 200) return void say(`The deliveries could not be counted: ${body.detail}.`);
    const { deliveries, max } = body;
    if (deliveries === 0) return void say('No delivery matches, or the content of its event is no longer kept.');
    if (deliveries > max) return void say(`${digits(deliveries)} deliveries match, and at most ${digits(max)} can be sent again at once. Choose a shorter period.`);
    say(`${digits(deliveries)} ${deliveries === 1 ? 'delivery' : 'deliveries'} will be sent again.`);
    submit.textContent = `Send ${digits(deliveries)} again`;
    submit.disabled = false;
  }

  async function send() {
    const wanted = range();
    if (wanted === null || busy) return;
    busy = submit.disabled = true;
    const sum = await replayAll(wanted);
    busy = submit.disabled = false;
    if (sum === null) return;
    dialog.close();
    done(inWords(sum));
  }

  /** Part by part: the server works for a limited time at once. Gives the number; null if it failed. @param {Range} wanted */
  async function replayAll(wanted) {
    let sum = 0;
    say('Preparing …');
    for (let after = /** @type {number | null} */ (null); ; ) {
      const { status, body } = await api.replay(app, { ...wanted, after });
      if (status !== 200) {
        say(sum === 0 ? `Not sent: ${body.detail}.` : `${inWords(sum)} The rest could not be prepared: ${body.detail}.`);
        return null;
      }
      sum += body.replayed;
      after = body.next;
      if (after === null) return sum;
      say(`${inWords(sum)} Preparing the rest …`);
    }
  }

  dialog.addEventListener('change', count);
  byId('replay-form').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  byId('replay-cancel').addEventListener('click', () => dialog.close());

  /** Opens the dialog. @param {Record<'endpoint' | 'outcome' | 'from' | 'to', string>} filter what is shown now */
  return ({ endpoint, outcome, from, to }) => {
    const options = /** @type {HTMLSelectElement} */ (byId('replay-endpoint'));
    options.replaceChildren(...[...byId('deliveries-endpoint').children].slice(1).map((option) => option.cloneNode(true)));
    if (endpoint !== '') options.value = endpoint;
    field('outcome').value = ['expired', 'refused', 'delivered'].includes(outcome) ? outcome : 'expired';
    field('from').value = localTime(from === '' ? new Date(Date.now() - DAY_MS) : new Date(from));
    // Up to the end of this minute.
    field('to').value = localTime(to === '' ? new Date(Date.now() + 60_000) : new Date(to));
    dialog.showModal();
    count();
  };
}

/** @param {number} number of deliveries */
function inWords(number) {
  return `${digits(number)} ${number === 1 ? 'delivery is' : 'deliveries are'} waiting to be sent again.`;
}
