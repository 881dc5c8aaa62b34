// @ts-check
/** Reads a request of custom code: whose it is, and which events it carries. All of it is hostile text. */

import { VENDORS } from './vendors.js';

/** The fields of an event that a row has room for. */
const FIELDS_MAX = 12;

/** The most events that are read in one request: GA4 sends up to 20. */
const EVENTS_MAX = 20;

/** The most parameters that are read in a query or a line. */
const PARAMETERS_MAX = 200;

/**
 * @typedef {import('./vendors.js').Vendor} Vendor
 * @typedef {import('./vendors.js').Hit} Hit
 * @typedef {{name: string, fields: [string, string][]}} SentEvent
 * @typedef {{vendor: Vendor | null, events: SentEvent[]}} Decoded no events: it is another request of the
 *   vendor, such as the one for its script
 */

/** @param {{url: string, via: string, body: string}} request @returns {Decoded} */
export function decode({ url, via, body }) {
  if (!URL.canParse(url)) return { vendor: null, events: [] };
  const { hostname, pathname, host, search, searchParams } = new URL(url);
  const loads = via === 'script' || via === 'style' || via === 'frame';
  for (const vendor of VENDORS) {
    if (loads && vendor.loaders.some((loader) => (host + pathname + search).startsWith(loader))) return { vendor, events: [] };
    for (const hit of vendor.hits) {
      if (!hit.hosts.some((known) => hostname === known || hostname.endsWith(`.${known}`))) continue;
      if (loads || !pathname.startsWith(hit.path ?? '/')) return { vendor, events: [] };
      return { vendor, events: hit.read === 'json' ? eventsInJson(hit, body) : eventsInQuery(hit, searchParams, body) };
    }
  }
  return { vendor: null, events: [] };
}

/** @param {Hit} hit @param {URLSearchParams} query @param {string} body @returns {SentEvent[]} */
function eventsInQuery(hit, query, body) {
  const shared = parametersIn(query);
  const lines = body.split(/\r?\n/, EVENTS_MAX).filter((line) => line !== '');
  if (!hit.lines || lines.length === 0) lines.splice(0, lines.length, body);
  return lines.map((line) => eventOf(hit, [...shared, ...parametersIn(new URLSearchParams(line))]));
}

/** @param {URLSearchParams} query @returns {[string, string][]} */
const parametersIn = (query) => [...query].slice(0, PARAMETERS_MAX);

/** @param {Hit} hit @param {[string, string][]} parameters the last of a name counts @returns {SentEvent} */
function eventOf({ event, name = 'hit', fields = [] }, parameters) {
  const named = parameters.findLast(([key]) => key === event)?.[1];
  /** @type {[string, string][]} */
  const found = [];
  for (const [key, value] of parameters) {
    const prefix = fields.find((field) => key.startsWith(field));
    if (prefix === undefined || value === '') continue;
    found.push([key === prefix ? key : key.slice(prefix.length).replace(/\]$/, ''), value]);
  }
  return { name: named || name, fields: found.slice(0, FIELDS_MAX) };
}

/** @param {Hit} hit @param {string} body @returns {SentEvent[]} */
function eventsInJson({ list, event = 'event', name = 'hit', fields = [] }, body) {
  /** @type {any} */
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    // Compressed, or cut.
    return [{ name, fields: [] }];
  }
  const entries = list === undefined ? [value].flat() : value?.[list];
  if (!Array.isArray(entries)) return [{ name, fields: [] }];
  return entries.slice(0, EVENTS_MAX).map((entry) => {
    const named = entry?.[event];
    const scalars = Object.entries(entry?.[fields[0]] ?? {}).filter(([, field]) => typeof field !== 'object');
    return {
      name: typeof named === 'string' ? named : name,
      fields: scalars.slice(0, FIELDS_MAX).map(([key, field]) => /** @type {[string, string]} */ ([key, `${field}`])),
    };
  });
}
