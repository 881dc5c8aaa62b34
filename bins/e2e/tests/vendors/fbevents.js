/**
 * A stand-in for Meta's pixel, `https://connect.facebook.net/en_US/fbevents.js`. It has none of
 * Meta's code. `config.js` replaces the second script, which it loads for each pixel.
 */
(() => {
  'use strict';

  const VERSION = '2.9.339';
  const COOKIE_MS = 90 * 24 * 60 * 60 * 1000;

  const { fbq } = window;
  /** @type {Map<string, {locked: boolean, cookies: boolean}>} by the id of a pixel */
  const pixels = new Map();
  let revoked = false;
  let browserId = null;

  // ---- cookies ----

  /** A read that throws finds nothing. @param {string} name */
  function readCookie(name) {
    try {
      return document.cookie.split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    } catch {
      return undefined;
    }
  }

  function writeCookie(name, value, domain) {
    const expires = new Date(Date.now() + COOKIE_MS).toUTCString();
    try {
      document.cookie = `${name}=${value};expires=${expires};domain=.${domain};SameSite=Lax;path=/`;
    } catch {
      // Treated as if it could not be read back.
    }
  }

  /**
   * The id of the browser. The domains are tried from the last label upward, and the index of the
   * first one whose cookie can be read back is a part of the id. If there is none, the id lasts as
   * long as the page.
   */
  function findBrowserId() {
    const known = readCookie('_fbp');
    if (known) return known;
    const labels = location.hostname.split('.');
    const rest = `${Date.now()}.${Math.floor(Math.random() * 999999999)}${Math.floor(Math.random() * 999999999)}`;
    let value = '';
    for (let index = 0; index < labels.length; index++) {
      value = `fb.${index}.${rest}`;
      writeCookie('_fbp', value, labels.slice(labels.length - 1 - index).join('.'));
      if (readCookie('_fbp') === value) break;
    }
    return value;
  }

  // ---- hits ----

  /** Sends a hit, which is an image, at once. */
  function send(id, { cookies }, event, given = {}, { eventID } = {}) {
    if (cookies) browserId ??= findBrowserId();
    const parameters = new URLSearchParams({
      id,
      ev: event,
      dl: location.href,
      rl: document.referrer,
      // It reports only that it is in a frame.
      if: `${top !== self}`,
      ts: `${Date.now()}`,
      v: VERSION,
      rqm: 'GET',
    });
    if (browserId) parameters.set('fbp', browserId);
    if (eventID) parameters.set('eid', eventID);
    for (const [key, value] of Object.entries(given)) parameters.set(`cd[${key}]`, `${value}`);
    new Image().src = `https://www.facebook.com/tr/?${parameters}`;
  }

  // ---- calls ----

  function init(id) {
    if (pixels.has(id)) return;
    pixels.set(id, { locked: true, cookies: false });
    const script = document.createElement('script');
    script.async = true;
    script.src = `https://connect.facebook.net/signals/config/${id}?v=${VERSION}&r=stable&domain=${location.hostname}`;
    const first = document.getElementsByTagName('script')[0];
    first.parentNode.insertBefore(script, first);
  }

  const isLocked = () => revoked || [...pixels.values()].some(({ locked }) => locked);

  function call(...given) {
    const [method, ...rest] = given;
    if (method === 'consent') {
      revoked = rest[0] === 'revoke';
      if (!revoked) drain();
    } else if (method === 'init' && !pixels.has(rest[0])) {
      init(rest[0]);
    } else if (isLocked()) {
      // Nothing is sent before the pixel's second script has run, nor without consent.
      fbq.queue.push(given);
    } else if (method === 'track' || method === 'trackCustom') {
      for (const [id, pixel] of pixels) send(id, pixel, ...rest);
    }
  }

  /** Makes the queued calls; those that still have to wait are queued again. */
  function drain() {
    for (const given of fbq.queue.splice(0)) call(...given);
  }

  fbq.instance = {
    optIn(id, feature) {
      if (feature === 'FirstPartyCookies') pixels.get(id).cookies = true;
    },
    configLoaded(id) {
      pixels.get(id).locked = false;
      drain();
    },
  };
  // From now on the function of the snippet calls this one, and pushes nothing itself.
  fbq.callMethod = call;
  drain();
})();
