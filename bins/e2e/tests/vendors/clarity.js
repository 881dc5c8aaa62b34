/**
 * A stand-in for Microsoft Clarity, `https://www.clarity.ms/tag/<id>`. It has none of Microsoft's code.
 */
(() => {
  'use strict';

  const UPLOAD = 'https://k.clarity.ms/collect';
  const UPLOAD_DELAY_MS = 100;

  /** It does not start without each of these, nor where the visitor asks for privacy. */
  const canStart = () =>
    typeof Promise !== 'undefined' &&
    'MutationObserver' in window &&
    'createTreeWalker' in document &&
    'now' in performance &&
    typeof WeakMap !== 'undefined' &&
    navigator.globalPrivacyControl !== true;

  // ---- ids ----

  /** A read that throws finds nothing. @param {string} name */
  function readCookie(name) {
    try {
      return document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    } catch {
      return undefined;
    }
  }

  /** The domains are tried from the end, each with two labels or more. Exceptions of the last write
   * are not caught. */
  function writeCookie(name, value, days) {
    const cookie = `${name}=${value};expires=${new Date(Date.now() + days * 864e5).toUTCString()};path=/`;
    const labels = location.hostname.split('.');
    for (let at = labels.length - 2; at >= 0; at--) {
      try {
        document.cookie = `${cookie};domain=.${labels.slice(at).join('.')}`;
      } catch {
        break;
      }
      if (readCookie(name) === value) return;
    }
    document.cookie = cookie;
  }

  function visitor() {
    const user = readCookie('_clck')?.split('^')[0] ?? Math.random().toString(36).slice(2);
    writeCookie('_clck', `${user}^2^0^1^0`, 365);
    const session = readCookie('_clsk')?.split('^')[0] ?? Math.random().toString(36).slice(2);
    writeCookie('_clsk', `${session}^${Date.now()}^1^1^k.clarity.ms/collect`, 1);
    return { user, session };
  }

  // ---- recording ----

  /** Counts the nodes and the changes. */
  function record() {
    const found = { nodes: 0, changes: 0 };
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
    while (walker.nextNode()) found.nodes++;
    new MutationObserver((changes) => (found.changes += changes.length)).observe(document, { childList: true, subtree: true });
    return found;
  }

  function start() {
    const { user, session } = visitor();
    const found = record();
    const payload = (isLast) => JSON.stringify({ e: ['0.8.65', user, session, isLast ? 1 : 0, location.href], a: [found] });
    setTimeout(() => {
      const request = new XMLHttpRequest();
      request.open('POST', UPLOAD);
      request.withCredentials = true;
      request.send(payload(false));
    }, UPLOAD_DELAY_MS);
    addEventListener('pagehide', () => navigator.sendBeacon(UPLOAD, payload(true)));
  }

  if (canStart()) start();
})();
