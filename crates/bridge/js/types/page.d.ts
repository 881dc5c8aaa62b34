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
export function pageOf(page: Partial<Page>): PageSource;
/**
 * The page as the parent page reports it by `listen({ page: true })`. Call this in the first task of
 * the widget page's script: the parent page reports when the widget's frame has loaded. The sandboxed
 * frame waits for that, up to a second, or not at all if the widget is the top page.
 *
 * @param {readonly string[]} parentOrigins those of `mount`: other pages are ignored
 * @returns {PageSource}
 */
export function pageFromParent(parentOrigins: readonly string[]): PageSource;
export type Page = import("./host/page.js").Page;
/**
 * calls `use` once, as soon as
 *  the page is known, or known to stay unknown
 */
export type PageSource = (use: (page?: Page) => void) => void;
