/**
 * A stand-in for LinkedIn's tag, `https://snap.licdn.com/li.lms-analytics/insight.min.js`. It has none
 * of LinkedIn's code.
 */
(() => {
  'use strict';

  const NAME = 'li_adsId';

  /** Storage that throws, or is not there, is done without. */
  function storedId() {
    try {
      const id = localStorage.getItem(NAME) ?? crypto.randomUUID();
      localStorage.setItem(NAME, id);
      return id;
    } catch {
      return '';
    }
  }

  /** Consent is read from a cookie, and nothing catches what that throws. */
  const consentCookie = () => document.cookie.match(/li_gc=([^;]*)/)?.[1] ?? '';

  // In a frame the page is taken to be the one that the referrer names, if there is one.
  const url = self !== top && document.referrer ? document.referrer : location.href;

  const parameters = new URLSearchParams({ v: '2', fmt: 'js', pid: window._linkedin_partner_id, time: `${Date.now()}`, url });
  if (consentCookie() !== 'denied') parameters.set(NAME, storedId());
  new Image().src = `https://px.ads.linkedin.com/collect?${parameters}`;
})();
