/** The part of `presence.js` that sends: at once, and when the visitor leaves. */
(() => {
  'use strict';

  const { searchParams } = new URL(document.currentScript.src);
  const send = (event) => {
    const body = JSON.stringify({ event, visitor: searchParams.get('visitor'), url: location.href });
    navigator.sendBeacon('https://in.presence.test/event', body);
  };
  send('start');
  addEventListener('pagehide', () => send('end'));
})();
