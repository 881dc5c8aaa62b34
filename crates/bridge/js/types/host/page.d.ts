/**
 * Reduces a page to the parts that custom code may know. Values of a wrong type, and URLs that are too
 * long or neither `http:` nor `https:`, become empty.
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
