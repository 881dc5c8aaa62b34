/**
 * A stand-in for Microsoft Advertising's tag, `https://bat.bing.com/bat.js`. It has none of Microsoft's
 * code.
 */
(() => {
  'use strict';

  const VISITOR_SECONDS = 33696e3;
  const tag = window.UET_TAG;

  // ---- ids ----

  /** Exceptions from reading cookies are not caught. @param {string} name */
  const readCookie = (name) => document.cookie.match(new RegExp(`(?:^|; )${name}=([0-9a-f]{32})`))?.[1];

  /** Writes to the shortest domain that accepts a cookie, of two labels or more; an IPv4 address and
   * `localhost` have none. */
  function writeCookie(name, value, seconds) {
    const expires = new Date(Date.now() + seconds * 1000).toUTCString();
    const labels = location.hostname.split('.');
    const hasDomain = labels.length > 1 && !/^\d+$/.test(labels.at(-1));
    for (let at = labels.length - 2; hasDomain && at >= 0; at--) {
      document.cookie = `${name}=${value};expires=${expires};domain=.${labels.slice(at).join('.')};path=/`;
      if (readCookie(name) === value) return;
    }
    document.cookie = `${name}=${value};expires=${expires};path=/`;
  }

  /** `localStorage` mirrors the cookies, with its own expiry; without it the hit is still sent. */
  const mirror = {
    read(name) {
      try {
        return new Date() < new Date(localStorage.getItem(`${name}_exp`)) ? localStorage.getItem(name) : null;
      } catch {
        return null;
      }
    },
    write(name, value, seconds) {
      try {
        localStorage.setItem(name, value);
        localStorage.setItem(`${name}_exp`, new Date(Date.now() + seconds * 1000).toUTCString());
      } catch {
        // The cookie is still there.
      }
    },
  };

  function keepId(name, seconds) {
    const id = readCookie(name) ?? mirror.read(name) ?? crypto.randomUUID().replaceAll('-', '');
    writeCookie(name, id, seconds);
    mirror.write(name, id, seconds);
    return id;
  }

  // ---- hits ----

  /** In a frame the referrer's page is reported as the page. */
  function page() {
    if (window === top) return { p: location.href, r: document.referrer };
    return { p: document.referrer || location.href, r: '', ifm: '1' };
  }

  function parameters(event) {
    const ids = { sid: keepId('_uetsid', 24 * 60 * 60), vid: keepId('_uetvid', VISITOR_SECONDS) };
    return new URLSearchParams({ ti: tag.ti, Ver: '2', ...ids, tl: document.title, ...page(), evt: event });
  }

  function sendPageLoad() {
    new Image().src = `https://bat.bing.com/action/0?${parameters('pageLoad')}`;
    addEventListener('pagehide', () => {
      navigator.sendBeacon(`https://bat.bing.com/actionp/0?${parameters('pageHide')}`);
    });
  }

  /** It polls for a body, and for the end of parsing. */
  function whenParsed(then) {
    if (document.body && document.readyState !== 'loading') then();
    else setTimeout(whenParsed, 5, then);
  }

  whenParsed(sendPageLoad);
})();
