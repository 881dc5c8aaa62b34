// @ts-check
/**
 * The verdict on a played call: for each vendor, the events that it got, or the most likely reason why it
 * got none, the first step first.
 */

import { byId, button, element } from './dom.js';
import { VENDORS } from './vendors.js';

/** How long the verdict waits after the last step: GA4's script sends events up to 5 s later. */
const SETTLE_MS = 7000;

/** Hosts that the verdict lists. */
const HOSTS_MAX = 8;

/** How often the verdict is written, at most. */
const SHOWN_MS = 250;

/** The names of events that a line has room for. */
const NAMES_MAX = 8;
const NAME_UNITS_MAX = 100;

/** Outcomes of events that did not arrive. */
const LOST = ['failed', 'full', 'rejected'];

/**
 * @typedef {import('./requests.js').Sent} Sent
 * @typedef {import('./vendors.js').Vendor} Vendor
 * @typedef {{message: string, place: string, go: (() => void) | null}} Failure an error of the code
 * @typedef {object} Facts what is known of a run
 * @property {readonly Sent[]} sent
 * @property {readonly Failure[]} errors the first one first
 * @property {boolean} connected
 * @property {number} heard events of the call that a handler got
 * @property {string} code
 * @property {boolean} hasJar
 * @property {readonly string[]} placeholders places that are still to be filled
 * @typedef {{good: boolean | null, text: string, go?: (() => void) | null}} Line `good`: null if it is not
 *   known yet
 */

/** @param {Facts} facts @param {boolean} settled whether nothing more is expected @returns {Line[]} */
export function judge(facts, settled) {
  const involved = VENDORS.filter((vendor) => isInvolved(vendor, facts));
  const lines = involved.map((vendor) => judgeVendor(vendor, facts, settled));
  lines.push(...othersIn(facts));
  const [error] = facts.errors;
  // Unless it is the reason of a line above.
  if (lines.length > 0 && error && !lines.some(({ text }) => text.includes('an error stopped the code'))) {
    const more = facts.errors.length > 1 ? ` and ${facts.errors.length - 1} more` : '';
    lines.push({ good: false, text: `An error in the code: ${described(error)}${more}`, go: error.go });
  }
  if (lines.length > 0) return lines;
  return settled ? [{ good: false, ...reason(facts, null) }] : [];
}

/** @param {Sent} sent */
const isLost = ({ outcome }) => outcome !== null && LOST.includes(outcome);

/** A line for each unknown host that data was sent to. @param {Facts} facts @returns {Line[]} */
function othersIn({ sent }) {
  /** @type {Map<string, {all: number, lost: number}>} */
  const hosts = new Map();
  for (const one of sent) {
    if (one.vendor || one.via === 'script' || one.via === 'style') continue;
    const counts = hosts.get(one.host) ?? { all: 0, lost: 0 };
    counts.all += 1;
    if (isLost(one)) counts.lost += 1;
    hosts.set(one.host, counts);
  }
  /** @type {Line[]} */
  const lines = [...hosts].slice(0, HOSTS_MAX).map(([host, { all, lost }]) => {
    const failed = lost > 0 ? `, ${lost} of them failed` : '';
    return { good: lost === 0, text: `${host}: ${all === 1 ? '1 request' : `${all} requests`} sent${failed}` };
  });
  const more = hosts.size - lines.length;
  return more > 0 ? [...lines, { good: null, text: `and requests to ${more} more hosts` }] : lines;
}

/** @param {Vendor} vendor @param {Facts} facts */
function isInvolved(vendor, { sent, code }) {
  if (sent.some((one) => one.vendor === vendor)) return true;
  // A function that two vendors share belongs to the one whose script is loaded.
  const { call } = vendor;
  const shared = call && sent.some((one) => one.vendor?.call === call);
  return vendor.loaders.some((loader) => code.includes(loader)) || Boolean(call && !shared && callOf(call).test(code) && VENDORS.findLast((other) => other.call === call) === vendor);
}

/** @param {string} call */
const callOf = (call) => new RegExp(`(?<![\\w$.])${call}(?:\\.\\w+)?\\(`);

/** @param {Vendor} vendor @param {Facts} facts @param {boolean} settled @returns {Line} */
function judgeVendor(vendor, facts, settled) {
  const { name } = vendor;
  const own = facts.sent.filter((one) => one.vendor === vendor);
  const hits = own.filter(({ event, ofCall }) => event !== null && ofCall);
  const got = hits.filter((hit) => !isLost(hit));
  const lost = hits.length - got.length;
  const before = own.filter((one) => one.event !== null && !one.ofCall && !isLost(one)).length;
  const earlier = before > 0 ? ` (${before} before the call)` : '';
  if (got.length > 0) {
    const names = got.slice(0, NAMES_MAX).map(({ event }) => (event ?? '').slice(0, NAME_UNITS_MAX));
    const more = got.length > NAMES_MAX ? ', …' : '';
    const failed = lost > 0 ? `; ${lost} failed` : '';
    return { good: lost === 0, text: `${name}: ${got.length === 1 ? '1 hit' : `${got.length} hits`} sent: ${names.join(', ')}${more}${failed}${earlier}` };
  }
  if (vendor.isContainer && own.some(({ outcome }) => outcome === 'hidden' || outcome === 'status')) {
    return { good: true, text: `${name}: its container was loaded; the tags in it have their own lines` };
  }
  if (!settled) return { good: null, text: `${name}: nothing yet` };
  if (hits.some(({ outcome }) => outcome === 'rejected')) return { good: false, text: `${name}: nothing arrived: its server refused it` };
  if (lost > 0) return { good: false, text: `${name}: nothing arrived: its server was not reached` };
  const { text, go } = reason(facts, vendor);
  return { good: false, text: `${name}: ${text}${earlier}`, go };
}

/** The most likely reason why nothing was sent, in the order in which a person would look.
 * @param {Facts} facts @param {Vendor | null} vendor @returns {{text: string, go?: (() => void) | null}} */
function reason({ sent, errors, connected, heard, code, hasJar, placeholders }, vendor) {
  const nothing = 'nothing was sent';
  if (!connected) return { text: `${nothing}: the code is not running; the timeline says why` };
  const [error] = errors;
  const loads = sent.filter((one) => one.vendor === vendor && one.event === null && one.via === 'script');
  if (vendor && loads.length > 0 && loads.every(({ outcome }) => outcome === 'failed')) {
    const hint = placeholders.length > 0 ? `; ${placeholders[0]} is still to be replaced by your own ID` : '';
    return { text: `${nothing}: its script did not load (${loads[0].host})${hint}` };
  }
  if (error) return { text: `${nothing}: an error stopped the code: ${described(error)}`, go: error.go };
  if (placeholders.length > 0) return { text: `${nothing}: ${placeholders[0]} is still to be replaced by your own ID` };
  if (vendor && loads.length === 0) return { text: `${nothing}: its script is not in the code (${vendor.loaders[0]})` };
  if (vendor && loads.every(({ outcome }) => outcome === null)) return { text: `${nothing}: its script is still loading` };
  if (vendor?.needsJar && !hasJar) return { text: `${nothing}: its script needs cookies; allow them under General` };
  if (heard === 0) return { text: `${nothing}: ${code.trim() === '' ? 'there is no code' : 'no handler is subscribed to the events of the call'}` };
  if (vendor) return { text: `${nothing}: its script was loaded, but it sends nothing; look for missing consent, or for settings of its own` };
  return { text: `${nothing}: the handlers made no requests` };
}

/** @param {Failure} error */
const described = ({ message, place }) => message + (place && ` (${place})`);

/** The verdict's place above the timeline. @param {() => Facts} facts */
export function verdict(facts) {
  const view = byId('verdict');
  const hint = [...view.children];
  let timer = 0;
  let pending = 0;
  let shown = '';
  /** 'played': its steps are done, and late requests are awaited. @type {'none' | 'played' | 'settled'} */
  let phase = 'none';

  /** @param {Line} line */
  function item({ good, text, go }) {
    const [level, sign] = good === null ? ['', '…'] : good ? ['good', '✓'] : ['bad', '✕'];
    const made = element('li', level, element('span', 'sign', sign), element('span', '', text));
    made.firstElementChild?.setAttribute('aria-hidden', 'true');
    if (go) made.append(' ', button('Show the line', go, 'place'));
    return made;
  }

  function show() {
    if (phase === 'none') return;
    const settled = phase === 'settled';
    const lines = judge(facts(), settled);
    const title = settled ? 'The call was played' : 'The call was played; listening for late requests…';
    // A screen reader reads the whole region at each change.
    const text = JSON.stringify([title, lines]);
    if (text === shown) return;
    shown = text;
    view.replaceChildren(element('h3', '', title), element('ul', '', ...lines.map(item)));
  }

  return {
    /** Something in the facts has changed. */
    changed() {
      if (phase === 'none' || pending) return;
      pending = window.setTimeout(() => {
        pending = 0;
        show();
      }, SHOWN_MS);
    },

    /** The last step of a call was played. */
    played() {
      phase = 'played';
      show();
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        phase = 'settled';
        show();
      }, SETTLE_MS);
    },

    /** A run or a call begins. */
    begin() {
      clearTimeout(timer);
      phase = 'none';
      shown = '';
      view.replaceChildren(...hint);
    },
  };
}
