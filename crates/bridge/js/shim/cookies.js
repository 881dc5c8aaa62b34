// @ts-check
/**
 * `document.cookie`, by RFC 6265 as far as a document that makes no request with cookies can tell.
 *
 * A cookie is its name. There is one document at one URL, so `Path` and `Domain` would part nothing:
 * a cookie that a browser would refuse for its `Domain` is refused, and then both are forgotten, as
 * are `Secure`, `SameSite` and `Partitioned`. Code that deletes a cookie with another path than it
 * was set with deletes it.
 *
 * Vendors probe for the widest domain that takes a cookie: they try suffixes of the host, the
 * shortest first, and write into their ids how many labels the first one had that worked. So one
 * that belongs to no single site must be refused. The list of public suffixes has some ten thousand
 * entries and changes every week; `DOMAINS` knows its two great kinds, a single label and a category
 * under a country. If it is mistaken (`github.io` is taken, `com.ai` refused), a vendor counts one
 * label more or less, and nothing else happens: no other document has these cookies.
 */

import { create, eachKey, exec, ownKeys } from './frame.js';
import { noteChange } from './kept.js';
import { watcher } from './watcher.js';

const COOKIES_MAX = 180;
const COOKIE_UNITS_MAX = 4096;

const REFUSED = /[\0-\x08\n-\x1f\x7f]|;\s*httponly\b/i;
const PAIR = /^\s*([^;=]*?)\s*(?:=\s*([^;]*?)\s*)?(?:;|$)/;
// Of several attributes of one name the last one counts: so these look from the end.
const MAX_AGE = /^[^]*;\s*max-age\s*=([^;]*)/i;
const EXPIRES = /^[^]*;\s*expires\s*=([^;]*)/i;

const { hostname } = location;
/** Those of the host's ends that a cookie may have as its domain, the whole host first. */
const DOMAINS = `${hostname}|${hostname.replace(/[^.]+\.(?!(com?|org|net|gov|ac)\.[a-z][a-z]$)(?=.*\.\D)/g, "$'|")}`;
/** Finds a domain that is none of them (<https://www.rfc-editor.org/rfc/rfc6265#section-5.3>, step 6). */
const FOREIGN = RegExp(`;\\s*domain\\s*=\\s*(?!\\.?(${DOMAINS})\\s*(;|$))[^;\\s]`, 'i');

const { now: timeNow, parse: timeOf } = Date;

/**
 * In the order in which they were made, by `=` and the name: so none looks like the index of an
 * array, which would come first. `expires` is NaN, before which no time is, if there is none.
 * @type {Record<PropertyKey, {name: string, value: string, expires: number}>}
 */
const cookies = create(null);

/** What reading `document.cookie` gives. Forgets what has expired. */
export function cookieText() {
  let text = '';
  eachKey(cookies, (key) => {
    const { name, value, expires } = cookies[key];
    if (expires <= timeNow()) delete cookies[key];
    else text += (text && '; ') + (name && name + '=') + value;
  });
  return text;
}

/** What assigning to `document.cookie` does. @param {string} text */
export function setCookieText(text) {
  text = `${text}`;
  if (exec(REFUSED, text)) return refuseCookie();
  if (exec(FOREIGN, text)) return;
  const pair = exec(PAIR, text);
  const maxAge = exec(MAX_AGE, text);
  const date = exec(EXPIRES, text);
  const expires = maxAge ? timeNow() + maxAge[1] * 1000 : date ? timeOf(date[1]) : NaN;
  // Without a `=` all of it is the value.
  if (pair[2] === undefined) setCookie('', pair[1], expires);
  else setCookie(pair[1], pair[2], expires);
}

/** @param {string} name may be empty @param {string} value @param {number} expires */
export function setCookie(name, value, expires) {
  const key = '=' + name;
  const text = name + value;
  if (text.length > COOKIE_UNITS_MAX) return refuseCookie();
  if (expires <= timeNow()) return deleteCookie(key);
  if (!text) return;
  if (!cookies[key]) {
    // Makes room first where nobody misses anything.
    cookieText();
    const keys = ownKeys(cookies);
    if (keys.length === COOKIES_MAX) deleteCookie(keys[0]);
  }
  cookies[key] = { name, value, expires };
  noteChange('cookie', name, value, expires < Infinity ? expires : null);
}

/** @param {PropertyKey} key */
function deleteCookie(key) {
  if (cookies[key]) noteChange('cookie', cookies[key].name, null, null);
  delete cookies[key];
}

function refuseCookie() {
  watcher.jarRefused?.('cookie refused');
}
