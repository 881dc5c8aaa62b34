// @ts-check
/** The form of an endpoint: where it is, its name, and the events that go there. */

import { byId, element } from './dom.js';
import { clearErrors, showError } from './fields.js';
import { vendorForm } from './vendor-form.js';

/**
 * @typedef {{kind: 'webhook', name: string, url?: string, format: string, filter: string[], inFlightMax: number, scheme?: string}} Webhook
 * @typedef {Webhook | import('./vendor-form.js').Vendor} Typed
 * @typedef {import('./endpoints.js').Endpoint} Endpoint
 * @typedef {HTMLFormElement & {elements: Record<'kind' | 'events' | 'format' | 'scheme', RadioNodeList>}} Form
 */

/** The fields by the names that the API uses. */
export const FIELDS = {
  name: 'endpoint-name',
  url: 'endpoint-url',
  inFlightMax: 'endpoint-in-flight',
  filter: 'endpoint-custom',
  mapping: 'endpoint-mapping',
};

/** The requests at a time, unless a person says otherwise. */
const IN_FLIGHT = 8;

const CUSTOM = 'custom:';
/** A name that custom code can emit; the server has more rules (crates/names). */
const NAME = /^[A-Za-z][\w.-]*$/;

/** @param {{name: string, summary: string}[]} events of the catalogue */
export function endpointForm(events) {
  const form = /** @type {Form} */ (byId('endpoint-form'));
  const field = (/** @type {Exclude<keyof typeof FIELDS, 'mapping'>} */ name) => /** @type {HTMLInputElement} */ (byId(FIELDS[name]));
  const known = byId('endpoint-known');
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...known.querySelectorAll('input')]);

  const vendors = vendorForm();
  /** The endpoint that is changed. @type {Endpoint | null} */
  let changed = null;

  function showFields() {
    byId('endpoint-names').hidden = form.elements.events.value === 'all';
    for (const part of /** @type {NodeListOf<HTMLFieldSetElement>} */ (form.querySelectorAll('[data-kind]'))) {
      // A part that is disabled needs nothing.
      part.hidden = part.disabled = !part.dataset.kind?.split(' ').includes(form.elements.kind.value);
    }
  }
  form.addEventListener('change', showFields);

  /** @param {string} name @param {string} summary @param {boolean} isChosen */
  function box(name, summary, isChosen) {
    const made = element('input');
    made.type = 'checkbox';
    made.value = name;
    made.checked = isChosen;
    return element('label', '', made, element('span', '', element('code', '', name), ' ', element('span', 'hint', summary)));
  }

  /** Fills the form for a new endpoint, or for one that is changed. @param {Endpoint | null} endpoint */
  function fill(endpoint) {
    clearErrors(form);
    changed = endpoint;
    form.elements.kind.value = endpoint?.kind ?? 'webhook';
    byId('endpoint-kinds').hidden = endpoint !== null;
    vendors.fill(endpoint);
    const names = endpoint?.filter ?? ['*'];
    const isAll = names[0] === '*';
    const custom = isAll ? [] : names.filter((name) => name.startsWith(CUSTOM));
    // The filter may name events that the catalogue had once.
    const others = isAll ? [] : names.filter((name) => !custom.includes(name) && !events.some((event) => event.name === name));
    field('name').value = endpoint?.name ?? '';
    field('url').value = '';
    field('url').required = endpoint === null;
    field('url').placeholder = endpoint === null ? 'https://crm.example/hooks/c2c' : 'stays as it is';
    byId('endpoint-url-hint').textContent = endpoint === null
      ? 'Requests go there by https. It may hold a secret: the console shows its host only.'
      : `Leave it empty to keep the one at ${endpoint.host}. Another one has to agree before it gets events.`;
    form.elements.events.value = isAll ? 'all' : 'some';
    known.replaceChildren(
      ...events.map(({ name, summary }) => box(name, summary, names.includes(name))),
      ...others.map((name) => box(name, 'not in the catalogue', true)),
    );
    field('filter').value = custom.map((name) => name.slice(CUSTOM.length)).join(' ');
    form.elements.format.value = endpoint?.format ?? 'standard';
    form.elements.scheme.value = 'v1';
    byId('endpoint-schemes').hidden = endpoint !== null;
    field('inFlightMax').value = `${endpoint?.inFlightMax ?? IN_FLIGHT}`;
    /** @type {HTMLDetailsElement} */ (byId('endpoint-more')).open = false;
    showFields();
  }

  /** The names of the filter, or null after saying what is wrong with them. */
  function filter() {
    if (form.elements.events.value === 'all') return ['*'];
    const custom = field('filter').value.split(/[\s,]+/).filter(Boolean).map((name) => name.replace(CUSTOM, ''));
    const wrong = custom.find((name) => !NAME.test(name));
    if (wrong !== undefined) {
      showError(FIELDS.filter, `“${wrong}” is not an event’s name. Names begin with a letter, and contain only letters, digits, “_”, “-” and “.”`);
      return null;
    }
    const names = [...boxes().filter(({ checked }) => checked).map(({ value }) => value), ...custom.map((name) => CUSTOM + name)];
    if (names.length > 0) return names;
    showError(FIELDS.filter, 'choose an event above, or type the name of a custom one');
    return null;
  }

  /** What was typed, or null after saying what is wrong with it. @returns {Typed | null} */
  function read() {
    clearErrors(form);
    const name = field('name').value.trim();
    const kind = /** @type {Endpoint['kind']} */ (form.elements.kind.value);
    if (kind !== 'webhook') return vendors.read(kind, name, changed?.inFlightMax ?? IN_FLIGHT);
    const names = filter();
    if (names === null) return null;
    const url = field('url').value.trim();
    return {
      kind,
      name,
      ...(url === '' ? {} : { url }),
      format: form.elements.format.value,
      filter: names,
      inFlightMax: Number(field('inFlightMax').value),
      ...(changed === null ? { scheme: form.elements.scheme.value } : {}),
    };
  }

  return { form, fill, read };
}
