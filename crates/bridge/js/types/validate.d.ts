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
export function validating(bridge: import("./host/mount.js").Bridge, catalogue: Catalogue, onError?: (error: TypeError) => void): import("./host/mount.js").Bridge;
/**
 * Checks values that were read from JSON, and gives all their problems. An unknown field is one.
 *
 * @param {Catalogue} catalogue is not checked
 */
export function validator({ events }: Catalogue): {
    /**
     * The problems of a widget event's data, as the widget reports it and as handlers get it: its
     * context may be there or not.
     *
     * @param {string} name @param {unknown} data
     */
    data(name: string, data: unknown): Problem[];
    /**
     * The problems of an envelope, of a widget event or of a custom event.
     *
     * @param {unknown} envelope
     */
    envelope(envelope: unknown): Problem[];
};
/**
 * The file `catalogue.json`; what else is in it is for people.
 */
export type Catalogue = {
    events: Record<string, {
        fields?: Fields;
    }>;
};
export type Fields = Record<string, FieldType>;
/**
 * A field, or the items of a list.
 */
export type FieldType = {
    /**
     * `string`, `bool`, `integer`, `number`, `enum`, `list` or `object`
     */
    type: string;
    nullable?: boolean | undefined;
    min?: number | undefined;
    max?: number | undefined;
    /**
     * of an enum
     */
    values?: string[] | undefined;
    /**
     * of a list
     */
    items?: FieldType | undefined;
    /**
     * of an object
     */
    fields?: Record<string, FieldType> | undefined;
};
/**
 * What is wrong in an event, and where: a JSON pointer (RFC 6901), empty for all of it.
 */
export type Problem = {
    pointer: string;
    message: string;
};
export type Problems = Generator<Problem, void>;
