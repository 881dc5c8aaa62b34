// @ts-check
/**
 * Whether what the widget reports is as its catalogue says: the `Validator` of c2c-catalogue, in the
 * same words (crates/catalogue/src/validate.rs).
 *
 *     import { mount } from 'https://widget.example/host.js';
 *     import { validating } from 'https://widget.example/validate.js';
 *
 *     const bridge = validating(mount({ src }), catalogue);
 *     bridge.emit('call_ended', { duration: '42', reason: 'user_hangup' });
 *     // TypeError: call_ended is not as the catalogue says
 *     // /duration: expected a number ≥ 0, got string
 *
 * For visitors: `validating(mount({ src }), catalogue, reportError)`.
 */

import { CUSTOM_PREFIX, NAME_FORM, lettersOnly } from './host/letters.js';

/**
 * The file `catalogue.json`; what else is in it is for people.
 *
 * @typedef {{events: Record<string, {fields?: Fields}>}} Catalogue
 */

/** @typedef {Record<string, FieldType>} Fields */

/**
 * A field, or the items of a list.
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
 * What is wrong in an event, and where: a JSON pointer (RFC 6901), empty for all of it.
 *
 * @typedef {{pointer: string, message: string}} Problem
 */

/** @typedef {Generator<Problem, void>} Problems */

/**
 * The same bridge with an `emit` that checks first. Without `onError` it throws a `TypeError`, whose
 * `cause` is a list of {@link Problem}s: what development and tests need. In production whoever watches the
 * page's errors is told (`reportError`), and the event is reported all the same.
 *
 * @param {import('./host/mount.js').Bridge} bridge
 * @param {Catalogue} catalogue the widget's own: it is not checked
 * @param {(error: TypeError) => void} [onError] called before the event is reported, which it is unless this throws
 * @returns {import('./host/mount.js').Bridge}
 */
export function validating(bridge, catalogue, onError = refuse) {
  const { data } = validator(catalogue);

  /** @param {string} name @param {Record<string, unknown>} fields */
  function emit(name, fields) {
    // What is sent: JSON leaves out what is undefined, and a date is a text.
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
 * Checks values that were read from JSON, and gives all their problems. An unknown field is one.
 *
 * @param {Catalogue} catalogue is not checked
 */
export function validator({ events }) {
  const known = new Map(Object.entries(events));
  const alike = new Set([...known.keys()].map(lettersOnly));

  return {
    /**
     * The problems of a widget event's data, as the widget reports it and as handlers get it: its
     * context may be there or not.
     *
     * @param {string} name @param {unknown} data
     */
    data(name, data) {
      const event = known.get(name);
      return event ? [...inData(event, data, '', 'possible')] : [noEvent('', name)];
    },

    /**
     * The problems of an envelope, of a widget event or of a custom event.
     *
     * @param {unknown} envelope
     */
    envelope(envelope) {
      if (!isObject(envelope)) return [mismatch('', 'an object', envelope)];
      return [...aroundData(envelope), ...inNamed(new Map(Object.entries(envelope)))];
    },
  };

  /** What else is in an envelope goes by its name. @param {Map<string, unknown>} envelope @returns {Problems} */
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

/* --- Where the problems are ---------------------------------------------------------------- */

const TIMESTAMP = 'a time as 2026-03-01T12:00:00.125Z';
const ID = 'a UUID of version 7, in small letters';
const CONTEXT = 'an object with texts';

/** @type {FieldType} */
const SEQ = { type: 'integer', min: 0 };

/** The fields of an envelope, in words. */
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

/** The keys of a custom event's data are nobody else's business. @param {unknown} data @returns {Problems} */
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
 * @param {'possible' | 'required'} [context] what `context` is, if it is no field like any other
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

/* --- What a value may be ------------------------------------------------------------------- */

/** A value without others inside. @param {FieldType} type @param {any} value */
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

/** RFC 3339, with capital letters, at most 9 digits of a second and no leap seconds. @param {string} text */
function isTimestamp(text) {
  const form =
    /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
  const [, year, month, day] = (form.exec(text) ?? []).map(Number);
  // The calendar repeats after 400 years; `Date` takes years before 100 for others.
  return 1 <= day && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** RFC 9562, section 5.7, as it is printed. @param {string} text */
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
 * In the order in which the crate tells problems.
 * @template T @param {Record<string, T>} object
 */
const entries = (object) => Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1));

/**
 * Of the right kind but not the right value: then the value says more than its kind.
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

/** What a stranger wrote, in quotes: not too much of it, and nothing that steers a terminal. @param {string} text */
function shown(text) {
  const all = [...text];
  const cut = all.slice(0, 40).join('');
  const escaped = cut.replace(
    /(?! )["\\\p{C}\p{Z}\p{Grapheme_Extend}]/gu,
    (found) => ESCAPES[found] ?? `\\u{${found.codePointAt(0)?.toString(16)}}`,
  );
  return `"${escaped}"${all.length > 40 ? '…' : ''}`;
}
