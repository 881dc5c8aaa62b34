/**
 * Returns the locations that a stack names, the innermost first. The frame may have forged the stack.
 * @typedef {{source: string | null, line: number | null, column: number | null}} Place
 * @param {string} stack
 * @returns {Place[]}
 */
export function placesIn(stack: string): Place[];
/**
 * Removes the parts of a URL that may identify the visitor: query, fragment, user. If it holds data or
 * names an object, only the scheme remains.
 * @param {string} text
 */
export function bareUrl(text: string): string | null;
/** @param {unknown} value @returns {value is string} */
export function isText(value: unknown): value is string;
/** @param {unknown} value @returns {value is number} */
export function isNumber(value: unknown): value is number;
/**
 * Returns the locations that a stack names, the innermost first. The frame may have forged the stack.
 */
export type Place = {
    source: string | null;
    line: number | null;
    column: number | null;
};
