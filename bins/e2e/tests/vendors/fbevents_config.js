/** A stand-in for a pixel's settings, `https://connect.facebook.net/signals/config/<id>`, which say that it may send. */
(() => {
  'use strict';

  const id = new URL(document.currentScript.src).pathname.split('/').at(-1);
  // A pixel has its own cookies only if its settings say so.
  window.fbq.instance.optIn(id, 'FirstPartyCookies');
  window.fbq.instance.configLoaded(id);
})();
