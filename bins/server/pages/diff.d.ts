/** The part of jsdiff in diff.js (see bins/xtask/npm/editor), as far as compare.js needs its types. */

export interface Part {
  value: string;
  added: boolean;
  removed: boolean;
}
/** The parts of two texts in order; undefined if the comparison took longer than `timeout` milliseconds. */
export function diffLines(one: string, other: string, options: { timeout: number }): Part[] | undefined;
