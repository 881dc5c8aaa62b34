// @ts-check
/** Endpoints that were removed: the accounts and the deliveries still name them by their ids. */

import { api } from './api.js';

/** @typedef {import('./endpoints.js').Endpoint} Endpoint */

/** How many of them are read. */
const REMOVED_MAX = 50;

/** Those that were read. They do not change any more. @type {Map<string, Endpoint>} */
const known = new Map();

/** The endpoints of an app, and after them those that were removed. @param {string} app
 * @param {{endpoints: Endpoint[], accounts: import('./account.js').Account[]}} integrations @returns {Promise<Endpoint[]>} */
export async function withRemoved(app, { endpoints, accounts }) {
  const present = new Set(endpoints.map(({ id }) => id));
  const removed = accounts.map(({ endpoint }) => endpoint).filter((id) => !present.has(id)).slice(0, REMOVED_MAX);
  await Promise.all(removed.filter((id) => !known.has(id)).map(async (id) => {
    const { status, body } = await api.endpoint(app, id);
    if (status === 200) known.set(id, body);
  }));
  return [...endpoints, ...removed.flatMap((id) => known.get(id) ?? [])];
}
