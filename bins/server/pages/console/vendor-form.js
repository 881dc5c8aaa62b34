// @ts-check
/** The part of an endpoint's form for Google Analytics and Meta: credentials, which are never shown, and the mapping. */

import { byId } from './dom.js';
import { showError } from './fields.js';

/**
 * @typedef {object} Vendor
 * @property {'ga4' | 'meta'} kind
 * @property {string} name
 * @property {number} inFlightMax
 * @property {unknown} [mapping]
 * @property {string} [measurementId]
 * @property {string} [apiSecret]
 * @property {string} [region]
 * @property {string} [datasetId]
 * @property {string} [accessToken]
 * @property {string | null} [testEventCode]
 * @typedef {import('./endpoints.js').Endpoint} Endpoint
 */

/** Credentials that a new endpoint needs. */
const NEEDED = ['endpoint-measurement', 'endpoint-api-secret', 'endpoint-dataset', 'endpoint-access-token'];

export function vendorForm() {
  const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
  const typed = (/** @type {string} */ id) => input(id).value.trim();
  const noCode = input('endpoint-no-test-code');
  const placeholders = new Map(NEEDED.map((id) => [id, input(id).placeholder]));

  /** @param {Endpoint | null} endpoint null for a new one */
  function fill(endpoint) {
    for (const id of NEEDED) {
      input(id).value = '';
      input(id).required = endpoint === null;
      input(id).placeholder = endpoint === null ? (placeholders.get(id) ?? '') : 'stays as it is';
    }
    const region = input('endpoint-region');
    /** @type {HTMLOptionElement} */ (region.firstElementChild).hidden = endpoint === null;
    region.value = endpoint === null ? 'global' : '';
    input('endpoint-test-code').value = '';
    noCode.checked = false;
    byId('endpoint-no-test-code-row').hidden = endpoint === null;
    const mapping = endpoint?.mapping ?? null;
    input('endpoint-mapping').value = mapping === null ? '' : JSON.stringify(mapping, null, 2);
    /** @type {HTMLDetailsElement} */ (byId('endpoint-mapping-more')).open = false;
  }

  /** The mapping that was typed; undefined if none was, null after saying why it cannot be read. */
  function mapping() {
    const text = typed('endpoint-mapping');
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      showError('endpoint-mapping', `this is no JSON: ${/** @type {Error} */ (error).message}`);
      return null;
    }
  }

  /** What was typed, or null after saying what is wrong with it. What is left out stays as it is.
   * @param {Vendor['kind']} kind @param {string} name @param {number} inFlightMax @returns {Vendor | null} */
  function read(kind, name, inFlightMax) {
    const mapped = mapping();
    if (mapped === null) return null;
    const credentials = kind === 'ga4' ? google() : meta();
    const given = Object.entries(credentials).filter(([, value]) => value !== '');
    return { kind, name, inFlightMax, ...(mapped === undefined ? {} : { mapping: mapped }), ...Object.fromEntries(given) };
  }

  const google = () => ({ measurementId: typed('endpoint-measurement'), apiSecret: typed('endpoint-api-secret'), region: typed('endpoint-region') });

  const meta = () => ({
    datasetId: typed('endpoint-dataset'),
    accessToken: typed('endpoint-access-token'),
    testEventCode: noCode.checked ? null : typed('endpoint-test-code'),
  });

  return { fill, read };
}
