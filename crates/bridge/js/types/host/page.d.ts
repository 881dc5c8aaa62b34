/**
 * Reduces a page to what custom code may know of it. Texts of a wrong type and URLs that are neither
 * `http:` nor `https:`, or too long, become empty.
 *
 * @param {any} page from the widget, or from a parent page: not to be trusted
 * @returns {Page}
 */
export function reducedPage(page: any): Page;
/**
 * each text is empty if it is not known
 */
export type Page = {
    url: string;
    title: string;
    referrer: string;
};
