// @ts-check
/** The deliveries of an app, at `/apps/{app}/deliveries`. The filter is in the address, so that it can be sent to others. */

import { api } from './api.js';
import { button, byId, element, moment } from './dom.js';
import { eventPanel } from './event-panel.js';
import { nextOf, outcomeOf } from './outcome.js';
import { withRemoved } from './removed.js';
import { localTime, replaying, timeOf } from './replay.js';
import { BASE } from './surface.js';
import { digits } from './words.js';

/**
 * @typedef {{endpoint: string, seq: number, event: string, verified: boolean, name: string, receivedAt: string, attempts: number,
 *   round: number, outcome: 'pending' | 'delivered' | 'refused' | 'expired' | 'suppressed', reason: string | null, at: string,
 *   underWay: boolean, tries: number, status: number | null, tookMs: number | null}} Delivery
 * @typedef {Record<'endpoint' | 'outcome' | 'name' | 'from' | 'to', string>} Filter
 */

const FILTER = /** @type {const} */ (['endpoint', 'outcome', 'name', 'from', 'to']);

/** @param {any} app as the API describes it @param {(error: string) => void} fail */
export async function showDeliveries(app, fail) {
  const field = (/** @type {keyof Filter} */ name) => /** @type {HTMLInputElement} */ (byId(`deliveries-${name}`));
  const say = (/** @type {string} */ text) => (byId('deliveries-message').textContent = text);
  const { status, body } = await api.integrations(app.id);
  if (status !== 200) return fail(body.detail);
  const endpoints = await withRemoved(app.id, body);
  const endpointOf = (/** @type {string} */ id) => endpoints.find((endpoint) => endpoint.id === id);
  const nameOf = (/** @type {string} */ id) => endpointOf(id)?.name ?? 'an endpoint that was removed';
  let next = /** @type {string | null} */ (null);
  let looks = 0;

  /** @returns {Filter} */
  const filter = () => ({
    endpoint: field('endpoint').value,
    outcome: field('outcome').value,
    name: field('name').value.trim(),
    from: timeOf(field('from').value) ?? '',
    to: timeOf(field('to').value) ?? '',
  });

  function fill() {
    const chosen = new URLSearchParams(location.search);
    const option = (/** @type {import('./endpoints.js').Endpoint} */ { id, name, state }) => {
      const made = element('option', '', state === 'removed' ? `${name} (removed)` : name);
      made.value = id;
      return made;
    };
    field('endpoint').append(...endpoints.map(option));
    for (const name of FILTER) {
      const value = chosen.get(name) ?? '';
      const isTime = name === 'from' || name === 'to';
      field(name).value = isTime && !Number.isNaN(Date.parse(value)) ? localTime(new Date(value)) : isTime ? '' : value;
    }
    // A value that is no choice.
    for (const name of /** @type {const} */ (['endpoint', 'outcome'])) if (field(name).value === '') field(name).value = '';
  }

  /** @param {string | null} before */
  async function load(before) {
    const ours = ++looks;
    const wanted = filter();
    const set = Object.entries(wanted).filter(([, value]) => value !== '');
    // Not a new entry of the tab's history: a filter is no page.
    history.replaceState(null, '', `${location.pathname}${set.length === 0 ? '' : `?${new URLSearchParams(set)}`}`);
    const { status, body } = await api.deliveries(app.id, { ...wanted, before, limit: 50 });
    if (ours !== looks) return;
    if (status !== 200) return void say(`The deliveries could not be read: ${body.detail}.`);
    if (before === null) byId('deliveries-list').replaceChildren();
    byId('deliveries-list').append(...body.deliveries.map(row));
    next = body.next;
    byId('more-deliveries').hidden = next === null;
    const isEmpty = byId('deliveries-list').childElementCount === 0;
    byId('deliveries-table').hidden = isEmpty;
    byId('no-deliveries').hidden = !isEmpty;
    byId('no-deliveries').textContent = set.length > 0 ? 'No delivery matches this filter.' : 'There are no deliveries yet.';
  }

  /** @param {Delivery} delivery */
  function row(delivery) {
    const { endpoint, event, name, receivedAt, attempts, verified } = delivery;
    const open = button(name, () => panel(event, delivery.seq), 'place');
    open.setAttribute('aria-label', `${name} to ${nameOf(endpoint)}, received ${moment(receivedAt)}: open`);
    const cells = [
      [open, ...(verified ? [' ', element('span', 'hint', 'from a backend')] : [])],
      [moment(receivedAt)],
      [nameOf(endpoint)],
      [outcomeOf(delivery)],
      [digits(attempts)],
      [nextOf(delivery, endpointOf(endpoint)?.state)],
    ];
    const heads = ['Event', 'Received', 'Endpoint', 'State', 'Attempts', 'Next attempt'];
    return element('tr', '', ...cells.map((children, at) => {
      const cell = element('td', '', element('div', '', ...children));
      // Narrow screens show it beside the cell.
      cell.dataset.head = heads[at];
      return cell;
    }));
  }

  const panel = eventPanel(app.id, nameOf, (id) => endpointOf(id)?.state, () => load(null));
  const openReplay = replaying(app.id, (sentence) => {
    say(sentence);
    load(null);
  });
  fill();
  byId('deliveries-filter').addEventListener('change', () => load(null));
  byId('deliveries-filter').addEventListener('submit', (event) => {
    event.preventDefault();
    load(null);
  });
  byId('more-deliveries').addEventListener('click', () => load(next));
  byId('open-replay').addEventListener('click', () => openReplay(filter()));
  byId('open-replay').hidden = endpoints.length === 0;
  byId('find-event').addEventListener('submit', (event) => {
    event.preventDefault();
    panel(/** @type {HTMLInputElement} */ (byId('event-id')).value.trim(), null);
  });
  /** @type {HTMLAnchorElement} */ (byId('from-deliveries')).href = `${BASE}/apps/${app.id}/integrations`;
  await load(null);
  byId('deliveries').hidden = false;
}
