// @ts-check
/** How far a delivery is, in words. */

import { element, moment } from './dom.js';
import { reasonInWords } from './words.js';

/** @typedef {import('./deliveries.js').Delivery} Delivery */

/** How far a delivery is, as badges. @type {Record<Delivery['outcome'], [string, string]>} */
const OUTCOMES = {
  pending: ['Waiting', 'warn'],
  delivered: ['Delivered', 'good'],
  refused: ['Refused', 'bad'],
  expired: ['Expired', 'bad'],
  suppressed: ['Suppressed', 'quiet'],
};

/** How far a delivery is, and why. @param {Delivery} delivery */
export function outcomeOf({ outcome, reason, status }) {
  const [word, level] = OUTCOMES[outcome] ?? [outcome, 'quiet'];
  const badge = element('span', 'state-badge', word);
  badge.dataset.level = level;
  const why = reason === null || reason === 'success' ? '' : reason === 'status' && status !== null ? `status ${status}` : reasonInWords(reason);
  return element('span', 'outcome-of', badge, ...(why ? [' ', element('span', 'hint', why)] : []));
}

/** When a delivery is tried next. @param {Delivery} delivery @param {string} [state] of its endpoint */
export function nextOf({ outcome, at, underWay }, state) {
  if (outcome !== 'pending') return 'none';
  if (underWay) return 'under way';
  if (state === 'paused') return 'once it is resumed';
  if (state === 'disabled') return 'once it is enabled';
  return Date.parse(at) <= Date.now() ? 'due' : moment(at);
}
