/**
 * A stand-in for Google's tag, `https://www.googletagmanager.com/gtag/js?id=G-…`.
 *
 * It decides like the real one wherever an opaque origin makes a difference. It is based on the
 * tag's observable behavior; it has none of Google's code.
 */
(() => {
  'use strict';

  const HIT_URL = 'https://www.google-analytics.com/g/collect';
  const BATCH_DELAY_MS = 5000;
  const BATCH_EVENTS_MAX = 20;
  const ENGAGED_MS = 1000;
  const SCROLL_PERCENT = 90;
  const SESSION_SECONDS = 30 * 60;
  const COOKIE_MS = 63072e6;
  /** Parameters of a command that are not sent as parameters of an event. */
  const RESERVED = ['send_to', 'send_page_view', 'page_location', 'page_title', 'page_referrer'];

  // The tag finds its id and its data layer in its own element's URL.
  const address = new URL(document.currentScript.src).searchParams;
  const id = address.get('id');
  const layer = (window[address.get('l') ?? 'dataLayer'] ??= []);

  const seconds = () => Math.floor(Date.now() / 1000);
  const random = () => Math.floor(Math.random() * 0x7fffffff);

  // ---- cookies ----

  // Cookies are read and written only where `window.origin` is not the text "null".
  const hasCookies = () => window.origin !== 'null';
  const cookieText = () => (hasCookies() ? document.cookie : '');

  /** @param {string} name */
  function readCookie(name) {
    const pair = cookieText().split('; ').find((pair) => pair.startsWith(`${name}=`));
    return pair?.slice(name.length + 1);
  }

  /**
   * The domains to try, from the shortest to the host itself. A single label and an IPv4 address
   * have none.
   */
  function domains() {
    const labels = location.hostname.split('.');
    if (labels.length === 4 && /^\d+$/.test(labels[3])) return ['none'];
    const found = [];
    for (let at = labels.length - 2; at >= 0; at--) found.push(labels.slice(at).join('.'));
    return [...found, 'none'];
  }

  /**
   * Writes a cookie. It counts as written if the cookies changed, or if it can be read back.
   * @param {string} name @param {string} value @param {string} domain @param {string} [attribute]
   */
  function writeCookie(name, value, domain, attribute = '') {
    const before = cookieText();
    const expires = new Date(Date.now() + COOKIE_MS).toUTCString();
    const at = domain === 'none' ? '' : `domain=${domain}; `;
    if (hasCookies()) document.cookie = `${name}=${value}; ${attribute}path=/; expires=${expires}; ${at}`;
    return cookieText() !== before || readCookie(name) === value;
  }

  /** Uses the first domain that accepts a cookie. @param {string} name @param {string} value */
  const keepCookie = (name, value) => domains().some((domain) => writeCookie(name, value, domain));

  /**
   * Deletes and sets the session's cookie: the first text has two `Expires`, and the last one
   * counts.
   * @param {string} name @param {string} value
   */
  function replaceCookie(name, value) {
    const past = 'expires=Thu, 01 Jan 1970 00:00:00 GMT; ';
    return domains().some((domain) => {
      writeCookie(name, 'deleted', domain, past);
      return writeCookie(name, value, domain);
    });
  }

  // ---- consent ----

  /** The settings of `gtag('consent', …)`; storage without a setting is granted. */
  const consent = {};
  const isGranted = (storage) => consent[storage] !== 'denied';

  /** `G1`, then a digit for ads and one for analytics; absent as long as consent was never used. */
  const consentText = () => `G1${+isGranted('ad_storage')}${+isGranted('analytics_storage')}`;

  // ---- visitor ----

  /** The values of this page load, unless a cookie has others. */
  const visitor = { client: `${random()}.${seconds()}`, start: seconds(), count: 1, isNew: true };

  /**
   * Synchronizes `visitor` and the cookies. Without a cookie that can be read back the hit is
   * dropped silently; where consent is denied, no cookie is read or written, and the hit is sent.
   * @returns {boolean} whether a hit may go
   */
  function identify() {
    if (!isGranted('analytics_storage')) return true;
    const known = readCookie('_ga')?.match(/^GA1\.\d+\.(\d+\.\d+)$/)?.[1];
    if (known) visitor.client = known;
    if (!keepCookie('_ga', `GA1.1.${visitor.client}`)) return false;
    const name = `_ga_${id.replace('G-', '')}`;
    const session = readCookie(name)?.match(/^GS2\.1\.s(\d+)\$o(\d+)\$g\d\$t(\d+)/);
    if (session) continueSession(...session.slice(1).map(Number));
    visitor.isNew = !session;
    const { start, count } = visitor;
    return replaceCookie(name, `GS2.1.s${start}$o${count}$g0$t${seconds()}$j60$l0$h0`);
  }

  /** A session ends half an hour after its last hit. */
  function continueSession(start, count, last) {
    const isOver = seconds() - last > SESSION_SECONDS;
    visitor.start = isOver ? seconds() : start;
    visitor.count = isOver ? count + 1 : count;
  }

  // ---- hits ----

  /** The fields that `gtag('set', …)` and the parameters of `config` add to every event. */
  const fields = {};
  let configured = false;
  let requests = 0;
  const pageLoad = random();
  let queue = { shared: '', events: [] };
  let timer = 0;

  /** A URL without its port and fragment. @param {string} text */
  function reportedUrl(text) {
    const { protocol, hostname, pathname, search } = new URL(text);
    return `${protocol}//${hostname}${pathname}${search}`;
  }

  /** 0 on top, 1 in a frame whose top can be read, 2 in any other frame. */
  function frameKind() {
    if (top === self) return 0;
    try {
      return top.location.href ? 1 : 2;
    } catch {
      return 2;
    }
  }

  /** The parameters that the events of a batch have in common. */
  function sharedParameters(given) {
    const shared = new URLSearchParams({ v: '2', tid: id, _p: `${pageLoad}` });
    if (Object.keys(consent).length > 0) shared.set('gcs', consentText());
    const { client, start, count } = visitor;
    const known = { cid: fields.client_id ?? client, ul: navigator.language.toLowerCase(), sr: `${screen.width}x${screen.height}` };
    const page = {
      dl: reportedUrl(given.page_location || fields.page_location || location.href),
      dr: given.page_referrer || fields.page_referrer || document.referrer,
      dt: given.page_title || fields.page_title || document.title,
    };
    const all = { ...known, frm: frameKind(), sid: fields.session_id ?? start, sct: count, seg: 0, ...page };
    for (const [name, value] of Object.entries(all)) if (value !== '') shared.set(name, value);
    return shared.toString();
  }

  /** `ep.` for a text, `epn.` for a number; other values are omitted here. */
  function eventParameters(name, given, flags) {
    const parameters = new URLSearchParams({ en: name, ...flags });
    for (const [key, value] of Object.entries(given)) {
      if (RESERVED.includes(key)) continue;
      if (typeof value === 'number') parameters.set(`epn.${key}`, `${value}`);
      if (typeof value === 'string') parameters.set(`ep.${key}`, value);
    }
    return parameters.toString();
  }

  /** A single event is in the URL with the rest; several are lines of the body. */
  function post(shared, events) {
    const url = `${HIT_URL}?${shared}&_s=${++requests}`;
    const [whole, body] = events.length === 1 ? [`${url}&${events[0]}`, ''] : [url, events.join('\r\n')];
    const options = { method: 'POST', mode: 'no-cors', credentials: 'include', keepalive: true };
    try {
      fetch(whole, { ...options, cache: 'no-store', redirect: 'follow', body }).catch(() => {});
    } catch {
      navigator.sendBeacon(whole, body);
    }
  }

  function flush() {
    clearTimeout(timer);
    if (queue.events.length > 0) post(queue.shared, queue.events);
    queue = { shared: '', events: [] };
  }

  /** Queues an event with others, unless their shared parameters differ. */
  function enqueue(shared, event) {
    if (queue.events.length > 0 && queue.shared !== shared) flush();
    if (queue.events.length === 0) timer = setTimeout(flush, BATCH_DELAY_MS);
    queue.shared = shared;
    if (queue.events.push(event) === BATCH_EVENTS_MAX) flush();
  }

  /** @param {string} name @param {Record<string, unknown>} [given] */
  function track(name, given = {}) {
    const isElsewhere = given.send_to !== undefined && given.send_to !== id;
    // A document that was not loaded from a network sends nothing, either.
    if (!configured || isElsewhere || !/^https?:$/.test(location.protocol)) return;
    if (!identify()) return;
    const shared = sharedParameters(given);
    if (name !== 'page_view') return enqueue(shared, eventParameters(name, given, {}));
    const event = eventParameters(name, given, visitor.isNew ? { _fv: 1, _nsi: 1, _ss: 1 } : {});
    // The page view waits only for the browser's client hints, where it has them.
    hints.then(() => post(shared, [event]));
  }

  const hints = Promise.resolve(navigator.userAgentData?.getHighEntropyValues(['platformVersion'])).catch(() => {});

  // ---- automatic events ----

  /** How far the visitor has scrolled. For a document without a height it is NaN, which is not below
   * anything. */
  function scrolledPercent() {
    const { scrollTop, scrollHeight } = document.scrollingElement;
    return ((scrollTop + document.documentElement.clientHeight) / scrollHeight) * 100;
  }

  function watchScrolling() {
    const type = 'onscrollend' in window ? 'scrollend' : 'scroll';
    const check = () => {
      if (scrolledPercent() < SCROLL_PERCENT) return;
      for (const event of [type, 'resize']) removeEventListener(event, check);
      track('scroll', { percent_scrolled: SCROLL_PERCENT });
    };
    for (const event of [type, 'resize']) addEventListener(event, check);
    // At once, without any scrolling, and without waiting for the document.
    setTimeout(check, 0);
  }

  let engagedMs = 0;
  let engagedSince = 0;

  /** The time counts while the document is visible and has the focus. */
  function runClock() {
    if (engagedSince) engagedMs += performance.now() - engagedSince;
    const isEngaged = document.hasFocus() && document.visibilityState === 'visible';
    engagedSince = isEngaged ? performance.now() : 0;
  }

  function watchEngagement() {
    runClock();
    for (const type of ['focus', 'blur', 'pageshow']) addEventListener(type, runClock);
    document.addEventListener('visibilitychange', runClock);
    // No other code sends queued events when the visitor leaves.
    addEventListener('pagehide', () => {
      runClock();
      if (engagedMs >= ENGAGED_MS && navigator.sendBeacon) track('user_engagement');
      flush();
    });
  }

  // ---- commands ----

  const commands = {
    js() {},
    set(given, value) {
      Object.assign(fields, typeof given === 'string' ? { [given]: value } : given);
    },
    consent(kind, given) {
      // A default does not change an earlier decision.
      Object.assign(consent, kind === 'default' ? { ...given, ...consent } : given);
    },
    config(target, given = {}) {
      if (target !== id || configured) return;
      configured = true;
      Object.assign(fields, given);
      if (given.send_page_view !== false) track('page_view');
      watchScrolling();
      watchEngagement();
    },
    event: track,
  };

  /** Commands are `arguments` objects. Other entries, such as `{event: …}`, are Tag Manager's. */
  function take(entry) {
    const isCommand = Object.prototype.toString.call(entry) === '[object Arguments]';
    if (isCommand && Object.hasOwn(commands, entry[0])) commands[entry[0]](...Array.from(entry).slice(1));
  }

  const push = layer.push;
  layer.push = (...entries) => {
    const length = push.apply(layer, entries);
    entries.forEach(take);
    return length;
  };
  [...layer].forEach(take);
})();
