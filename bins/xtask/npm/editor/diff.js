// @ts-nocheck
/**
 * The part of jsdiff that the console uses (bins/server/pages/console/compare.js).
 * `cargo xtask assets` bundles it into bins/server/pages/diff.js.
 */

export { diffLines } from 'diff';
