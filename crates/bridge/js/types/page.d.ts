/**
 * @typedef {import('./host/page.js').Page} Page
 * @typedef {(use: (page?: Page) => void) => void} PageSource calls `use` once, as soon as
 *   the page is known, or known to stay unknown
 */
/**
 * The page as the widget knows it, for example from its own loader. It is reduced as docs/protocol.md
 * says, *The page*.
 *
 * @param {Partial<Page>} page
 * @returns {PageSource}
 */
export function pageOf(page: Partial<Page>): PageSource;
/**
 * The page as the parent page tells it by `listen({ page: true })`. Call this in the first task of
 * the widget page's script: the parent page speaks when the widget's frame has loaded. The frame
 * waits for it, up to a second; it waits for nothing where the widget is on top.
 *
 * @param {readonly string[]} parentOrigins those of `mount`: no other page is believed
 * @returns {PageSource}
 */
export function pageFromParent(parentOrigins: readonly string[]): PageSource;
export type Page = import("./host/page.js").Page;
/**
 * calls `use` once, as soon as
 *  the page is known, or known to stay unknown
 */
export type PageSource = (use: (page?: Page) => void) => void;
