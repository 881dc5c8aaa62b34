/**
 * A stand-in for a container of Google Tag Manager, `https://www.googletagmanager.com/gtm.js?id=GTM-…`,
 * with three tags, each of which fires at the custom events `c2c_call_started` and `c2c_call_ended`: a
 * GA4 event, an image, and a *Custom HTML* tag. It has none of Google's code.
 */
(() => {
  'use strict';

  const MEASUREMENT_ID = 'G-ACTING';
  const TRIGGERS = ['c2c_call_started', 'c2c_call_ended'];

  const layer = (window.dataLayer ??= []);
  let started = false;

  // Tag Manager inserts its scripts before the first script of the document.
  function insertScript(src) {
    const script = document.createElement('script');
    script.async = true;
    script.src = src;
    const first = document.getElementsByTagName('script')[0];
    first.parentNode.insertBefore(script, first);
  }

  function command() {
    // Google's tag accepts only `arguments` objects as commands.
    layer.push(arguments);
  }

  /** Loads Google's tag when the container starts. */
  function startGoogleTag() {
    insertScript(`https://www.googletagmanager.com/gtag/js?id=${MEASUREMENT_ID}&l=dataLayer&cx=c`);
    command('config', MEASUREMENT_ID);
  }

  const tags = [
    function googleEvent({ event, duration, reason }) {
      command('event', event, { duration, reason, send_to: MEASUREMENT_ID });
    },

    function customImage({ event, context }) {
      const parameters = new URLSearchParams({ event, order: context.orderId, gtmcb: `${Math.random()}` });
      new Image().src = `https://pixel.test/image?${parameters}`;
    },

    // The scripts of a *Custom HTML* tag do not run as markup: each one is created again and
    // inserted.
    function customHtml({ event }) {
      const holder = document.createElement('div');
      holder.style.display = 'none';
      holder.innerHTML = `<script>new Image().src = 'https://pixel.test/html?event=${event}';</${'script'}>`;
      const written = holder.firstChild;
      const script = document.createElement('script');
      script.text = written.text;
      written.replaceWith(script);
      document.body.append(holder);
    },
  ];

  /** Nothing happens before `{event: 'gtm.js'}`, which the loader pushes. */
  function take(entry) {
    const isMessage = Object.prototype.toString.call(entry) === '[object Object]';
    if (!isMessage) return;
    if (entry.event === 'gtm.js' && !started) {
      started = true;
      startGoogleTag();
    }
    if (started && TRIGGERS.includes(entry.event)) tags.forEach((fire) => fire(entry));
  }

  const push = layer.push;
  layer.push = (...entries) => {
    const length = push.apply(layer, entries);
    entries.forEach(take);
    return length;
  };
  [...layer].forEach(take);
})();
