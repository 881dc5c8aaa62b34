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
export function validating(bridge: import("./host/mount.js").Bridge, catalogue: Catalogue, onError?: (error: TypeError) => void): import("./host/mount.js").Bridge;
/**
 * Creates a checker of values read from JSON. It returns all their problems; an unknown field is one.
 *
 * @param {Catalogue} catalogue is not checked itself
 */
export function validator({ events }: Catalogue): {
    /**
     * Returns the problems of a widget event's data. The context is optional: the data is without it
     * as the widget reports it, and with it as handlers get it.
     *
     * @param {string} name @param {unknown} data
     */
    data(name: string, data: unknown): Problem[];
    /**
     * Returns the problems of the envelope of a widget event or a custom event.
     *
     * @param {unknown} envelope
     */
    envelope(envelope: unknown): Problem[];
};
/**
 * The file `catalogue.json`. Its other fields are for human readers.
 */
export type Catalogue = {
    events: Record<string, {
        fields?: Fields;
    }>;
};
export type Fields = Record<string, FieldType>;
/**
 * The type of a field, or of the items of a list.
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
 * A problem in an event, and its location: a JSON pointer (RFC 6901), empty for the whole event.
 */
export type Problem = {
    pointer: string;
    message: string;
};
export type Problems = Generator<Problem, void>;
