// @ts-check
/** Accounts: sums whose parts are the fates of events, so that none is lost without a name. */

import { element } from './dom.js';
import { digits, reasonInWords, refusalInWords } from './words.js';

/**
 * @typedef {{accepted: number, known: number, refused: Record<string, number>}} Intake
 * @typedef {{outcome: string, reason: string, number: number}} Ended
 * @typedef {{endpoint: string, accepted: number, pending: number, oldestPending: string | null, ended: Ended[]}} Account
 * @typedef {{number: number, word: string, href?: string | null, parts?: string[]}} Term
 */

/** The reason of events that came too fast. */
const TOO_FAST = 'rate-limited';

/** How many events came too fast. @param {Intake} intake */
export const tooFast = ({ refused }) => refused[TOO_FAST] ?? 0;

/** The sum of what was heard. @param {Intake} intake @returns {[Term, Term[]]} */
export function heardTerms({ accepted, known, refused }) {
  const reasons = Object.entries(refused).filter(([, number]) => number > 0);
  const refusals = reasons.reduce((sum, [, number]) => sum + number, 0);
  const parts = reasons.map(([reason, number]) => `${digits(number)} ${refusalInWords(reason)}`);
  return [
    { number: accepted + known + refusals, word: 'heard' },
    [{ number: accepted, word: 'accepted' }, { number: known, word: 'known already' }, { number: refusals, word: 'refused', parts }],
  ];
}

/** The ways to end, in the order of the sum. */
const OUTCOMES = ['delivered', 'refused', 'expired', 'suppressed'];

/**
 * The sum of what an endpoint was offered.
 * @param {Account} account
 * @param {(stage: string) => string | null} link the address of the deliveries at a stage
 * @returns {[Term, Term[]]}
 */
export function endpointTerms({ accepted, pending, ended }, link) {
  const terms = OUTCOMES.map((outcome) => {
    const reasons = ended.filter((one) => one.outcome === outcome && one.number !== 0);
    const number = reasons.reduce((sum, one) => sum + one.number, 0);
    // A success has one reason.
    const parts = outcome === 'delivered' ? [] : reasons.map((one) => `${digits(one.number)} ${reasonInWords(one.reason)}`);
    // Events that were never to be sent are not in the list of deliveries.
    return { number, word: outcome, parts, href: outcome === 'suppressed' ? null : link(outcome) };
  });
  terms.splice(1, 0, { number: pending, word: 'waiting', parts: [], href: link('pending') });
  return [{ number: accepted, word: 'accepted' }, terms];
}

/** A sum as an equation. @param {[Term, Term[]]} sum */
export function equation([total, terms]) {
  const signs = terms.flatMap((term, at) => [element('span', 'sign', at === 0 ? '=' : '+'), termOf(term)]);
  return element('p', 'equation', termOf(total), ...signs);
}

/** @param {Term} term */
function termOf({ number, word, href, parts = [] }) {
  const text = [element('b', '', digits(number)), ` ${word}`];
  const link = element('a', '', ...text);
  link.href = href ?? '';
  const named = href && number > 0 ? [link] : text;
  const made = element('span', 'term', element('span', 'number', ...named), ...parts.map((part) => element('span', 'why', part)));
  made.dataset.zero = `${number === 0}`;
  return made;
}
