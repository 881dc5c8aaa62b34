// @ts-check
/** Explains why an element's file did not load, as far as the element itself shows it. */

import { uncurry } from './frame.js';
import { attempt } from './report.js';

/** Imports that an explanation has room for. */
const IMPORTS_MAX = 5;

/** A static import, or an export from another module. */
const IMPORT = /(?:^|[;{}\s])(?:import|export)\b[^'"`;()]*?['"]([^'"\n]+)['"]/g;

const matchAll = uncurry(String.prototype.matchAll);
const { from } = Array;

/** @param {any} element @returns {string} the rest of a sentence, or nothing */
export const lostElement = (element) => attempt(() => explain(element)) || '';

/** @param {any} element */
function explain({ localName, src, type, integrity, crossOrigin, textContent }) {
  if (integrity) {
    return crossOrigin === null
      ? ': an element with integrity needs the attribute crossorigin here'
      : ': the file may differ from its integrity attribute';
  }
  if (localName !== 'script' || type !== 'module') return '';
  if (src) return ': a module needs a server that allows other origins (CORS)';
  const found = from(matchAll(textContent, IMPORT), (match) => match[1]).slice(0, IMPORTS_MAX);
  if (found.length === 0) return '';
  return `: it imports ${found.join(', ')}${found.length > 1 ? ', of which one did not load' : ', which did not load'}`;
}
