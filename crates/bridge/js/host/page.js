// @ts-check
/**
 * The information about the page around the widget that custom code may have: where the visitor is,
 * and where they came from. Vendors' tags report it with each hit, and cannot see it in the sandbox.
 *
 * URLs are reduced before they leave the page that knows them, and again before they enter the
 * frame. Of a query only the parameters below remain, which advertisers put there for tags to read.
 * User names, fragments and all other parameters are removed, since pages put secrets into them.
 */

import { own } from './own.js';
import { PAGE_LIMITS } from '../shared/limits.js';

/**
 * @typedef {object} Page each text is empty if it is not known
 * @property {string} url
 * @property {string} title
 * @property {string} referrer
 */

/** Campaign parameters, and the click ids of advertisers. docs/protocol.md lists their owners. */
const CAMPAIGN =
  /^(utm_(source|medium|campaign|term|content|id|source_platform|creative_format|marketing_tactic)|gclid|gbraid|wbraid|gclsrc|dclid|gad_source|gad_campaignid|srsltid|fbclid|msclkid|ttclid|twclid|li_fat_id|epik|ScCid|rdt_cid|yclid)$/;

/**
 * Reduces a page to the parts that custom code may know. Values of a wrong type, and URLs that are too
 * long or neither `http:` nor `https:`, become empty.
 *
 * @param {any} page from the widget, or from a parent page: not to be trusted
 * @returns {Page}
 */
export function reducedPage(page) {
  const title = own(page, 'title');
  return {
    url: reducedUrl(own(page, 'url')),
    title: typeof title === 'string' ? title.slice(0, PAGE_LIMITS.title_units_max) : '',
    referrer: reducedUrl(own(page, 'referrer')),
  };
}

/** @param {unknown} text */
function reducedUrl(text) {
  if (typeof text !== 'string' || !URL.canParse(text)) return '';
  const { protocol, origin, pathname, searchParams } = new URL(text);
  if (!/^https?:$/.test(protocol)) return '';
  const query = new URLSearchParams([...searchParams].filter(([name]) => CAMPAIGN.test(name)));
  const url = origin + pathname + (query.size > 0 ? `?${query}` : '');
  return url.length > PAGE_LIMITS.url_units_max ? '' : url;
}
