// @ts-check
/**
 * The requests of a run, as rows of the timeline. An event that a vendor's request carries has a row of
 * its own; the vendor's other requests are folded into one row, as are those to an unknown host.
 */

import { button } from './dom.js';
import { decode } from './decode.js';

/** Requests whose answer is awaited; older ones are forgotten. */
const AWAITED_MAX = 1000;

/** Requests of a run that are remembered for the verdict. */
const REMEMBERED_MAX = 2000;

/** Requests that a folded row lists; it counts older ones. */
const LISTED_MAX = 100;

/** Fields of an event that fit into a title, and the length of each. */
const TITLE_FIELDS_MAX = 3;
const TITLE_UNITS_MAX = 100;

const FAILED = 'failed: the server was not reached, or its answer may not be read here (CORS); the request itself may have arrived';

/** What came back, and how good that is. @type {Record<string, (status: number | null) => [string, import('./rows.js').Level]>} */
const OUTCOMES = {
  status: (status) => [`answered ${status}`, (status ?? 0) < 400 ? 'good' : 'bad'],
  hidden: () => ['answered', 'good'],
  unshown: () => ['sent; no image came back, which some pixels do on purpose', ''],
  queued: () => ['handed to the browser, which sends it in any case', 'good'],
  full: () => ['not sent: too much is waiting to be sent', 'bad'],
  open: () => ['connected', 'good'],
  failed: () => [FAILED, 'bad'],
};

/** What is not seen of a request's kind. @type {Record<string, string>} */
const UNSEEN = {
  frame: 'requests from inside the frame are not shown',
  worker: 'requests from inside the worker are not shown',
  socket: 'messages on the socket are not shown',
};

/** Letters and digits: `callEnded`, `call_ended` and `call-ended` are one name. @param {string} name */
const letters = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * @typedef {{id: number, via: string, method: string, url: string, body: string, seq: number | null}} Request
 * @typedef {{name: string, seq: number, item: HTMLElement}} Known an event of the widget
 * @typedef {{vendor: import('./vendors.js').Vendor | null, event: string | null, host: string, via: string,
 *   outcome: string | null, ofCall: boolean}} Sent `ofCall`: since the call began
 *
 * @param {import('./rows.js').Rows} rows
 */
export function requestsIn(rows) {
  /** By request number. @type {Map<number, {sent: Sent[], answered: (outcome: string, status: number | null) => void}>} */
  const awaited = new Map();
  /** The events of the widget in this run, the newest first. @type {Known[]} */
  let events = [];
  /** The rows of folded requests. @type {Map<string, ReturnType<typeof fold>>} */
  let folds = new Map();
  /** @type {Sent[]} */
  let all = [];
  let inCall = false;

  /** The event that led to a request. @param {number | null} seq @param {string} [name] of the event it carries */
  function causeOf(seq, name) {
    const certain = events.find((event) => event.seq === seq);
    if (certain || name === undefined) return certain;
    const wanted = letters(name);
    return events.find((event) => letters(event.name) === wanted);
  }

  /** @param {HTMLElement} item @param {Known | undefined} cause */
  function link(item, cause) {
    if (cause) item.append(button(`for ${cause.name}`, () => rows.show(cause.item), 'place'));
  }

  /** A row for an event that a vendor gets. @param {Request} request @param {string} vendor @param {import('./decode.js').SentEvent} event */
  function addHit(request, vendor, { name, fields }) {
    const words = fields.slice(0, TITLE_FIELDS_MAX).map(([key, value]) => `${key} ${value}`);
    const title = [vendor, name, ...words].map((word) => word.slice(0, TITLE_UNITS_MAX)).join(' · ');
    const row = rows.add('request', title, { ...described(request), fields: Object.fromEntries(fields) });
    row.item.dataset.vendor = vendor;
    row.note('sent; no answer yet');
    link(row.item, causeOf(request.seq, name));
    return row;
  }

  /** A row for requests without events. @param {string} name @param {Known | undefined} cause */
  function fold(name, cause) {
    /** @type {Entry[]} */
    const entries = [];
    const counts = { all: 0, waiting: 0, failed: 0 };
    const row = rows.add('request', name, () => entries.map(({ request, text }) => ({ ...described(request), answer: text })));
    link(row.item, cause);
    const show = () => {
      const [{ request, text, level }] = entries;
      if (counts.all === 1) {
        row.rename(`${name} · ${nameOf(request)}`);
        row.note(text, level);
      } else {
        row.rename(`${name} · ${counts.all} requests`);
        row.note(summary(counts), counts.failed > 0 ? 'bad' : counts.waiting > 0 ? '' : 'good');
      }
    };
    return {
      /** @param {Request} request @returns {(text: string, level: import('./rows.js').Level) => void} */
      add(request) {
        /** @type {Entry} */
        const entry = { request, text: 'no answer yet', level: '' };
        entries.push(entry);
        if (entries.length > LISTED_MAX) entries.shift();
        counts.all += 1;
        counts.waiting += 1;
        show();
        let isFirst = true;
        return (text, level) => {
          Object.assign(entry, { text, level });
          if (isFirst) counts.waiting -= 1;
          if (isFirst && level === 'bad') counts.failed += 1;
          isFirst = false;
          show();
        };
      },
      row,
    };
  }

  return {
    begin() {
      awaited.clear();
      events = [];
      folds = new Map();
      all = [];
      inCall = false;
    },

    /** A document begins, whose requests are numbered anew. */
    restart: () => awaited.clear(),

    /** A call begins. */
    callBegins() {
      inCall = true;
      for (const sent of all) sent.ofCall = false;
    },

    /** Notes an event of the widget. @param {Known} event */
    sent: (event) => void events.unshift(event),

    /** @param {Request} request */
    request(request) {
      const { vendor, events: carried } = decode(request);
      const about = carried.map((event) => addHit(request, vendor?.name ?? '', event));
      const names = carried.length > 0 ? carried.map(({ name }) => name) : [null];
      /** @type {Sent[]} */
      const sent = names.map((event) => ({ vendor, event, host: hostOf(request.url), via: request.via, outcome: null, ofCall: inCall }));
      all.push(...sent);
      if (all.length > REMEMBERED_MAX) all.splice(0, all.length - REMEMBERED_MAX);
      let show = (/** @type {string} */ text, /** @type {import('./rows.js').Level} */ level) => about.forEach((row) => row.note(text, level));
      if (about.length === 0) {
        const name = vendor?.name ?? sent[0].host;
        const key = `${name} ${request.seq}`;
        let row = folds.get(key);
        // It may have been cleared.
        if (!row?.row.item.isConnected) folds.set(key, (row = fold(name, causeOf(request.seq))));
        show = row.add(request);
      }
      awaited.set(request.id, {
        sent,
        answered(outcome, status) {
          const [text, level] = OUTCOMES[outcome](status);
          show([text, UNSEEN[request.via]].filter(Boolean).join('; '), level);
        },
      });
      if (awaited.size > AWAITED_MAX) awaited.delete(awaited.keys().next().value ?? 0);
    },

    /** @param {{id: number, outcome: string, status: number | null}} answer */
    answer({ id, outcome, status }) {
      const known = awaited.get(id);
      if (!known) return;
      const ended = outcome === 'status' && (status ?? 0) >= 400 ? 'rejected' : outcome;
      for (const sent of known.sent) sent.outcome = ended;
      known.answered(outcome, status);
    },

    /** All requests of this run, one for each event that they carry. */
    all: () => all,
  };
}

/** @typedef {{request: Request, text: string, level: import('./rows.js').Level}} Entry */

/** @param {{waiting: number, failed: number}} counts */
function summary({ waiting, failed }) {
  const parts = [failed && `${failed} failed`, waiting && `${waiting} without an answer yet`].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'all answered';
}

/** @param {string} url */
const hostOf = (url) => (URL.canParse(url) ? new URL(url).host || new URL(url).protocol : url.slice(0, 60));

/** @param {Request} request */
function nameOf({ method, url }) {
  if (!URL.canParse(url)) return method;
  const { pathname } = new URL(url);
  return `${method} ${pathname.length > 60 ? `${pathname.slice(0, 60)}…` : pathname}`;
}

/** A request in detail. @param {Request} request */
function described({ method, via, url, body }) {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return {
    [method]: parsed ? parsed.origin + parsed.pathname : url,
    via,
    query: parsed ? Object.fromEntries(parsed.searchParams) : {},
    ...(body && { body }),
  };
}
