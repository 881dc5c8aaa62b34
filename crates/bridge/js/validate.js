// @ts-check
/**
 * Checks the widget's events against its catalogue: the `Validator` of c2c-catalogue, with the same
 * messages (crates/catalogue/src/validate.rs).
 *
 *     import { mount } from 'https://widget.example/host.js';
 *     import { validating } from 'https://widget.example/validate.js';
 *
 *     const bridge = validating(mount({ src, events: Object.keys(catalogue.events) }), catalogue);
 *     bridge.emit('chat.closed', { seconds: '42' });
 *     // TypeError: chat.closed is not as the catalogue says
 *     // /seconds: expected a number ≥ 0, got string
 *
 * In production: `validating(mount({ src, events }), catalogue, reportError)`.
 */

import { lettersOnly } from './host/letters.js';
import { CUSTOM_PREFIX, NAME_FORM } from './shared/names.js';

/**
 * The file `catalogue.json`. Its other fields are for human readers.
 *
 * @typedef {{events: Record<string, {fields?: Fields}>}} Catalogue
 */

/** @typedef {Record<string, FieldType>} Fields */

/**
 * The type of a field, or of the items of a list.
 *
 * @typedef {object} FieldType
 * @property {string} type `string`, `bool`, `integer`, `number`, `enum`, `list` or `object`
 * @property {boolean} [nullable]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string[]} [values] of an enum
 * @property {FieldType} [items] of a list
 * @property {Fields} [fields] of an object
 */

/**
 * A problem in an event, and its location: a JSON pointer (RFC 6901), empty for the whole event.
 *
 * @typedef {{pointer: string, message: string}} Problem
 */

/** @typedef {Generator<Problem, void>} Problems */

/**
 * Returns the same bridge with an `emit` that checks first. Without `onError` it throws a `TypeError`
 * whose `cause` is a list of {@link Problem}s, for development and tests. In production pass
 * `reportError`: it adds the error to the page's errors, and the event is still reported.
 *
 * @param {import('./host/mount.js').Bridge} bridge
 * @param {Catalogue} catalogue the widget's own catalogue, which is not checked
 * @param {(error: TypeError) => void} [onError] called before the event is reported; if it throws, it is not
 * @returns {import('./host/mount.js').Bridge}
 */
export function validating(bridge, catalogue, onError = refuse) {
  const { data } = validator(catalogue);

  /** @param {string} name @param {Record<string, unknown>} fields */
  function emit(name, fields) {
    // The data as it is sent: JSON leaves out undefined values and turns dates into strings.
    const problems = data(name, JSON.parse(JSON.stringify(fields) ?? 'null'));
    if (problems.length > 0) onError(unfit(name, problems));
    return bridge.emit(name, fields);
  }

  return Object.create(bridge, { emit: { value: emit, enumerable: true } });
}

/** @param {TypeError} error */
function refuse(error) {
  throw error;
}

/** @param {string} name @param {Problem[]} problems */
function unfit(name, problems) {
  const lines = problems.map(({ pointer, message }) => `\n${pointer}${pointer && ': '}${message}`);
  return new TypeError(`${name} is not as the catalogue says${lines.join('')}`, { cause: problems });
}

/**
 * Creates a checker of values read from JSON. It returns all their problems; an unknown field is one.
 *
 * @param {Catalogue} catalogue is not checked itself
 */
export function validator({ events }) {
  const known = new Map(Object.entries(events));
  const alike = new Set([...known.keys()].map(lettersOnly));

  return {
    /**
     * Returns the problems of a widget event's data. The context is optional: the data is without it
     * as the widget reports it, and with it as handlers get it.
     *
     * @param {string} name @param {unknown} data
     */
    data(name, data) {
      const event = known.get(name);
      return event ? [...inData(event, data, '', 'possible')] : [noEvent('', name)];
    },

    /**
     * Returns the problems of the envelope of a widget event or a custom event.
     *
     * @param {unknown} envelope
     */
    envelope(envelope) {
      if (!isObject(envelope)) return [mismatch('', 'an object', envelope)];
      return [...aroundData(envelope), ...inNamed(new Map(Object.entries(envelope)))];
    },
  };

  /** Checks the name of an envelope, and its data by the name.
   * @param {Map<string, unknown>} envelope @returns {Problems} */
  function* inNamed(envelope) {
    const name = envelope.get('name');
    if (!envelope.has('name')) return;
    if (typeof name !== 'string') return yield mismatch('/name', 'a string', name);
    const event = known.get(name);
    const custom = name.startsWith(CUSTOM_PREFIX) ? name.slice(CUSTOM_PREFIX.length) : null;
    if (!event && custom === null) return yield noEvent('/name', name);
    if (custom !== null && !isCustom(custom)) {
      yield { pointer: '/name', message: `${shown(custom)} is not a custom event's name` };
    }
    if (!envelope.has('data')) return;
    const data = envelope.get('data');
    yield* event ? inData(event, data, '/data', 'required') : inCustomData(data);
  }

  /** @param {string} name */
  function isCustom(name) {
    const letters = lettersOnly(name);
    return NAME_FORM.test(name) && !letters.startsWith('c2c') && !alike.has(letters);
  }
}

/* --- Problems and their locations ---------------------------------------------------------- */

const TIMESTAMP = 'a time as 2026-03-01T12:00:00.125Z';
const ID = 'a UUID of version 7, in small letters';
const CONTEXT = 'an object with texts';

/** @type {FieldType} */
const SEQ = { type: 'integer', min: 0 };

/** Descriptions of the fields of an envelope. */
const ENVELOPE = { name: 'a string', data: 'an object', timestamp: TIMESTAMP, id: ID, seq: 'an integer ≥ 0' };

/** @param {Record<string, unknown>} envelope @returns {Problems} */
function* aroundData(envelope) {
  for (const [key, value] of entries(envelope)) {
    if (key === 'timestamp') yield* inText(value, '/timestamp', TIMESTAMP, isTimestamp);
    else if (key === 'id') yield* inText(value, '/id', ID, isId);
    else if (key === 'seq') yield* inValue(SEQ, value, '/seq');
    else if (key !== 'name' && key !== 'data') yield unknown(below('', key));
  }
  for (const [key, expected] of Object.entries(ENVELOPE)) {
    if (!Object.hasOwn(envelope, key)) yield missing(`/${key}`, expected);
  }
}

/**
 * @param {unknown} value @param {string} at @param {string} expected @param {(text: string) => boolean} holds
 * @returns {Problems}
 */
function* inText(value, at, expected, holds) {
  if (typeof value !== 'string') yield mismatch(at, expected, value);
  else if (!holds(value)) yield { pointer: at, message: `expected ${expected}, got ${shown(value)}` };
}

/**
 * @param {{fields?: Fields}} event @param {unknown} data @param {string} at
 * @param {'possible' | 'required'} context
 * @returns {Problems}
 */
function* inData({ fields = {} }, data, at, context) {
  if (isObject(data)) yield* inObject(fields, data, at, context);
  else yield mismatch(at, 'an object', data);
}

/** Checks a custom event's data: all keys but `context` are free. @param {unknown} data @returns {Problems} */
function* inCustomData(data) {
  if (!isObject(data)) yield mismatch('/data', 'an object', data);
  else if (Object.hasOwn(data, 'context')) yield* inContext(data.context, '/data/context');
  else yield missing('/data/context', CONTEXT);
}

/** @param {unknown} context @param {string} at @returns {Problems} */
function* inContext(context, at) {
  if (!isObject(context)) return yield mismatch(at, CONTEXT, context);
  for (const [key, value] of entries(context)) {
    if (typeof value !== 'string') yield mismatch(below(at, key), 'a string', value);
  }
}

/**
 * @param {Fields} fields @param {Record<string, unknown>} object @param {string} at
 * @param {'possible' | 'required'} [context] set unless `context` is an ordinary field
 * @returns {Problems}
 */
function* inObject(fields, object, at, context) {
  for (const [key, value] of entries(object)) {
    const place = below(at, key);
    if (Object.hasOwn(fields, key)) yield* inValue(fields[key], value, place);
    else if (context && key === 'context') yield* inContext(value, place);
    else yield unknown(place);
  }
  for (const [name, type] of entries(fields)) {
    if (!Object.hasOwn(object, name)) yield missing(below(at, name), sentence(type));
  }
  if (context === 'required' && !Object.hasOwn(object, 'context')) yield missing(below(at, 'context'), CONTEXT);
}

/** @param {FieldType} type @param {unknown} value @param {string} at @returns {Problems} */
function* inValue(type, value, at) {
  const { items, fields } = type;
  if (items && Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* inValue(items, item, `${at}/${index}`);
  } else if (fields && isObject(value)) {
    yield* inObject(fields, value, at);
  } else if (!accepts(type, value)) {
    yield mismatch(at, sentence(type), value, type);
  }
}

/* --- Allowed values ------------------------------------------------------------------------ */

/** Returns whether a value without inner values has this type. @param {FieldType} type @param {any} value */
function accepts({ type, nullable = false, min = -Infinity, max = Infinity, values = [] }, value) {
  if (value === null) return nullable;
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isSafeInteger(value) && min <= value && value <= max;
    case 'number':
      return typeof value === 'number' && min <= value && value <= max;
    default:
      return values.includes(value);
  }
}

/** RFC 3339 with capital letters, at most 9 fractional digits and no leap seconds. @param {string} text */
function isTimestamp(text) {
  const form =
    /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
  const [, year, month, day] = (form.exec(text) ?? []).map(Number);
  // The calendar repeats after 400 years; `Date` reads years before 100 as other years.
  return 1 <= day && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** Accepts RFC 9562, section 5.7, in printed form. @param {string} text */
const isId = (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/* --- In words ------------------------------------------------------------------------------ */

/** A type as part of a sentence: `a number ≥ 0 or null`. @param {FieldType} type @returns {string} */
function sentence(type) {
  const { type: name, nullable, min, max, values } = type;
  if (nullable) return `${sentence({ ...type, nullable: false })} or null`;
  if (values) return values.map(quoted).join(' or ');
  const article = name === 'integer' || name === 'object' ? 'an' : 'a';
  return min !== undefined && max !== undefined
    ? `${article} ${name} from ${min} to ${max}`
    : `${article} ${words(type)}`;
}

/** A type as in a table: `number ≥ 0 | null`. @param {FieldType} type @returns {string} */
function words(type) {
  const { type: name, nullable, min, max, values, items } = type;
  if (nullable) return `${words({ ...type, nullable: false })} | null`;
  if (values) return values.map(quoted).join(' | ');
  if (items) return `list of (${words(items)})`;
  if (min === undefined) return max === undefined ? name : `${name} ≤ ${max}`;
  return max === undefined ? `${name} ≥ ${min}` : `${name} ${min}–${max}`;
}

/** @param {string} text */
const quoted = (text) => JSON.stringify(text);

/** @param {string} at @param {string} key */
const below = (at, key) => `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * Returns the entries in the order in which the crate reports problems.
 * @template T @param {Record<string, T>} object
 */
const entries = (object) => Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1));

/**
 * Names the type that a value has, or the value itself if only its type is right.
 * @param {string} pointer @param {string} expected @param {unknown} value @param {FieldType} [type]
 */
function mismatch(pointer, expected, value, type) {
  let got = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value === 'boolean' ? 'bool' : typeof value;
  if (type?.values && typeof value === 'string') got = shown(value);
  if (/^(integer|number)$/.test(type?.type ?? '') && typeof value === 'number') got = String(value);
  return { pointer, message: `expected ${expected}, got ${got}` };
}

/** @param {string} pointer @param {string} expected */
const missing = (pointer, expected) => ({ pointer, message: `is missing; expected ${expected}` });

/** @param {string} pointer */
const unknown = (pointer) => ({ pointer, message: 'is not a field that the catalogue knows' });

/** @param {string} pointer @param {string} name */
const noEvent = (pointer, name) => ({ pointer, message: `there is no event ${shown(name)}` });

/** @type {Record<string, string>} */
const ESCAPES = { '\0': '\\0', '\t': '\\t', '\n': '\\n', '\r': '\\r', '"': '\\"', '\\': '\\\\' };

/** Quotes untrusted text: shortened, and with nothing that controls a terminal. @param {string} text */
function shown(text) {
  const all = [...text];
  const cut = all.slice(0, 40).join('');
  const escaped = cut.replace(
    /(?! )["\\\p{C}\p{Z}\p{Grapheme_Extend}]/gu,
    (found) => ESCAPES[found] ?? `\\u{${found.codePointAt(0)?.toString(16)}}`,
  );
  return `"${escaped}"${all.length > 40 ? '…' : ''}`;
}
