// @ts-check
/** Maps a line of the compiled document to the line that a person typed. */

/**
 * @typedef {{line: number, column: number}} Place
 * @typedef {{area: import('./api.js').AreaName, line: number, column: number}} Found
 * @typedef {(source: string | null, line: number | null, column: number | null) => Found | null} Locate
 */

/**
 * @param {{links: {sandbox: string}, areas: Record<import('./api.js').AreaName, {start: Place, end: Place}>}} preview
 * @returns {Locate}
 */
export function placesOf({ links, areas }) {
  return (source, line, column) => {
    if (source !== links.sandbox || line === null) return null;
    const at = { line, column: column ?? 1 };
    for (const area of /** @type {const} */ (['head', 'bodyEnd'])) {
      const { start, end } = areas[area];
      if (isBefore(at, start) || isBefore(end, at)) continue;
      const isFirst = at.line === start.line;
      return {
        area,
        line: at.line - start.line + 1,
        column: isFirst ? at.column - start.column + 1 : at.column,
      };
    }
    return null;
  };
}

/** @param {Place} one @param {Place} other */
const isBefore = (one, other) =>
  one.line < other.line || (one.line === other.line && one.column < other.column);
