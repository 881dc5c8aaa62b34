// @ts-check
/** Where an event would go: a pure function of an app's endpoints. The preview itself sends none. */

import { api } from './api.js';

/** @typedef {import('./endpoints.js').Endpoint} Endpoint */

/** Names of endpoints that belong to vendors. @type {Record<string, string>} */
const VENDORS = { ga4: 'GA4', meta: 'Meta' };

/** What an endpoint is called: a vendor, or the host of its address; its name if others are called the same.
 * @param {Endpoint} endpoint @param {readonly Endpoint[]} all */
function nameOf({ kind, host, name }, all) {
  const isOnly = all.filter((one) => one.kind === kind && one.host === host).length === 1;
  return isOnly ? (VENDORS[kind] ?? host) : name;
}

/** Why an endpoint gets nothing, although its filter has the event. @type {Record<string, string>} */
const STATES = { asked: 'it has not agreed', removed: 'it was removed' };

/** Whether only events of visitors who agreed go there. @param {Endpoint} endpoint */
const needsConsent = ({ kind, takesNotAsked }) => kind !== 'webhook' && !takesNotAsked;

/** @param {Endpoint} endpoint @param {string} name of the event, with `custom:` if it is one */
const hasInFilter = ({ filter }, name) => filter[0] === '*' || filter.includes(name);

/**
 * Says where an event would go if a visitor caused it.
 * @param {string} name with `custom:` if custom code emits it
 * @param {readonly Endpoint[]} endpoints @param {string} mode of collecting
 * @returns {string} nothing if the app has no endpoint
 */
export function whereTo(name, endpoints, mode) {
  const all = endpoints.filter(({ state }) => state !== 'removed');
  if (all.length === 0) return '';
  if (mode === 'off') return 'would go to no endpoint: this app takes no events';
  /** @type {string[]} */
  const to = [];
  /** @type {string[]} */
  const later = [];
  /** @type {string[]} */
  const not = [];
  for (const endpoint of all) {
    const called = nameOf(endpoint, all);
    if (!hasInFilter(endpoint, name)) not.push(`${called} (filter)`);
    else if (STATES[endpoint.state]) not.push(`${called} (${STATES[endpoint.state]})`);
    else if (endpoint.state === 'active') to.push(needsConsent(endpoint) ? `${called} (if the visitor agreed)` : called);
    else later.push(`${called} (${endpoint.state})`);
  }
  const parts = [
    to.length > 0 && `would go to ${to.join(', ')}`,
    later.length > 0 && `would wait for ${later.join(', ')}`,
    not.length > 0 && (to.length + later.length > 0 ? `not to ${not.join(', ')}` : `would not go to ${not.join(', ')}`),
  ];
  return parts.filter(Boolean).join('; ');
}

/** Tells where events of an app would go, as far as this window knows: it looks again when a person comes back to it.
 * @param {string} app @returns {Promise<(name: string) => string>} */
export async function destinations(app) {
  /** @type {{endpoints: Endpoint[], collect: {mode: string}} | null} */
  let known = null;
  async function look() {
    const { status, body } = await api.integrations(app);
    if (status === 200) known = body;
  }
  addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
  await look();
  return (name) => (known === null ? '' : whereTo(name, known.endpoints, known.collect.mode));
}
