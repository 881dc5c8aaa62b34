// @ts-check
/** Explains why an element's file did not load, as far as the element itself shows it. */

import { exec } from './frame.js';
import { attempt } from './report.js';

/** Imports that an explanation has room for. */
const IMPORTS_MAX = 5;

/** A static import, or an export from another module. */
const IMPORT = /(?:^|[;{}\s])(?:import|export)\b[^'"`;()]*?['"]([^'"\n]+)['"]/g;

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
  let imports = '';
  let found = 0;
  IMPORT.lastIndex = 0;
  for (let match; found < IMPORTS_MAX && (match = exec(IMPORT, textContent)); found++) imports += (found ? ', ' : '') + match[1];
  if (!found) return '';
  return `: it imports ${imports}, ${found > 1 ? 'of which one' : 'which'} did not load`;
}
