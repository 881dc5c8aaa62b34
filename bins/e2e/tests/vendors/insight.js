/**
 * A stand-in for LinkedIn's tag, `https://snap.licdn.com/li.lms-analytics/insight.min.js`. It has none
 * of LinkedIn's code.
 */
(() => {
  'use strict';

  const NAME = 'li_adsId';

  /** Works without storage that throws or is missing. */
  function storedId() {
    try {
      const id = localStorage.getItem(NAME) ?? crypto.randomUUID();
      localStorage.setItem(NAME, id);
      return id;
    } catch {
      return '';
    }
  }

  /** Consent is read from a cookie, and exceptions are not caught. */
  const consentCookie = () => document.cookie.match(/li_gc=([^;]*)/)?.[1] ?? '';

  // In a frame the referrer's page, if there is one, is reported as the page.
  const url = self !== top && document.referrer ? document.referrer : location.href;

  const parameters = new URLSearchParams({ v: '2', fmt: 'js', pid: window._linkedin_partner_id, time: `${Date.now()}`, url });
  if (consentCookie() !== 'denied') parameters.set(NAME, storedId());
  new Image().src = `https://px.ads.linkedin.com/collect?${parameters}`;
})();
