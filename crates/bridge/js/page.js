// @ts-check
/**
 * Sources for `mount({ page })`: information for custom code about the page around the widget.
 * Without a source, custom code gets none.
 */

import { PAGE_LIMITS } from './shared/limits.js';
import { originRule } from './host/origin.js';
import { own } from './host/own.js';
import { reducedPage } from './host/page.js';
import { PROTOCOL } from './host/protocol.js';

/**
 * @typedef {import('./host/page.js').Page} Page
 * @typedef {(use: (page?: Page) => void) => void} PageSource calls `use` once, as soon as
 *   the page is known, or known to stay unknown
 */

/**
 * The page as the widget knows it, for example from its own loader. It is reduced as described in
 * docs/protocol.md, *The page*.
 *
 * @param {Partial<Page>} page
 * @returns {PageSource}
 */
export function pageOf(page) {
  const reduced = reducedPage(page);
  return (use) => use(reduced);
}

/**
 * The page as the parent page reports it by `listen({ page: true })`. Call this in the first task of
 * the widget page's script: the parent page reports when the widget's frame has loaded. The sandboxed
 * frame waits for that, up to a second, or not at all if the widget is the top page.
 *
 * @param {readonly string[]} parentOrigins those of `mount`: other pages are ignored
 * @returns {PageSource}
 */
export function pageFromParent(parentOrigins) {
  const rules = parentOrigins.map(originRule);
  /** @type {Promise<Page | undefined>} */
  const told = new Promise((resolve) => {
    if (window.parent === window || rules.length === 0) return resolve(undefined);
    addEventListener('message', receive);

    /** @param {MessageEvent} event */
    function receive({ source, isTrusted, origin, data }) {
      if (source !== window.parent || !isTrusted || !rules.some(({ matches }) => matches(origin))) return;
      if (own(data, 'c2c') !== PROTOCOL || own(data, 'type') !== 'listening') return;
      removeEventListener('message', receive);
      const page = own(data, 'page');
      resolve(page && reducedPage(page));
    }
  });
  return (use) => {
    const late = new Promise((resolve) => setTimeout(resolve, PAGE_LIMITS.wait_ms));
    Promise.race([told, late]).then(use);
  };
}
