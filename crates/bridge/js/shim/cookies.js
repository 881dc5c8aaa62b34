// @ts-check
/**
 * `document.cookie` by RFC 6265, as far as a document that makes no request with cookies can observe.
 *
 * A cookie is identified by its name. There is one document at one URL, so `Path` and `Domain` would
 * separate nothing: a cookie that a browser would refuse for its `Domain` is refused, and otherwise
 * both are ignored, as are `Secure`, `SameSite` and `Partitioned`. Code that deletes a cookie with a
 * path other than the one it was set with does delete it.
 *
 * Vendors probe for the widest domain that accepts a cookie: they try suffixes of the host, the
 * shortest first, and write the number of labels of the first that works into their ids. So a suffix
 * that belongs to no single site must be refused. The public suffix list has some ten thousand
 * entries and changes every week; `DOMAINS` covers its two main kinds, a single label and a category
 * under a country. If it is wrong (`github.io` is accepted, `com.ai` refused), a vendor's count is off
 * by one label, and nothing else happens: no other document has these cookies.
 */

import { create, eachKey, exec, ownKeys } from './frame.js';
import { noteChange } from './kept.js';
import { watcher } from './watcher.js';

const COOKIES_MAX = 180;
const COOKIE_UNITS_MAX = 4096;

const REFUSED = /[\0-\x08\n-\x1f\x7f]|;\s*httponly\b/i;
const PAIR = /^\s*([^;=]*?)\s*(?:=\s*([^;]*?)\s*)?(?:;|$)/;
// The last of several attributes with the same name counts, so these search from the end.
const MAX_AGE = /^[^]*;\s*max-age\s*=([^;]*)/i;
const EXPIRES = /^[^]*;\s*expires\s*=([^;]*)/i;

const { hostname } = location;
/** The suffixes of the host that a cookie may have as its domain, the whole host first. */
const DOMAINS = `${hostname}|${hostname.replace(/[^.]+\.(?!(com?|org|net|gov|ac)\.[a-z][a-z]$)(?=.*\.\D)/g, "$'|")}`;
/** Matches a domain that is none of them (<https://www.rfc-editor.org/rfc/rfc6265#section-5.3>, step 6). */
const FOREIGN = RegExp(`;\\s*domain\\s*=\\s*(?!\\.?(${DOMAINS})\\s*(;|$))[^;\\s]`, 'i');

const { now: timeNow, parse: timeOf } = Date;

/**
 * The cookies in order of creation, keyed by `=` and the name: no such key looks like an array index,
 * which would come first. `expires` is NaN, which never passes, if there is none.
 * @type {Record<PropertyKey, {name: string, value: string, expires: number}>}
 */
const cookies = create(null);

/** Returns the value of `document.cookie`. Removes expired cookies. */
export function cookieText() {
  let text = '';
  eachKey(cookies, (key) => {
    const { name, value, expires } = cookies[key];
    if (expires <= timeNow()) delete cookies[key];
    else text += (text && '; ') + (name && name + '=') + value;
  });
  return text;
}

/** Handles an assignment to `document.cookie`. @param {string} text */
export function setCookieText(text) {
  text = `${text}`;
  if (exec(REFUSED, text)) return refuseCookie();
  if (exec(FOREIGN, text)) return;
  const pair = exec(PAIR, text);
  const maxAge = exec(MAX_AGE, text);
  const date = exec(EXPIRES, text);
  const expires = maxAge ? timeNow() + maxAge[1] * 1000 : date ? timeOf(date[1]) : NaN;
  // Without a `=` the whole pair is the value.
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
    // Makes room by removing expired cookies first.
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
