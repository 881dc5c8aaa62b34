/**
 * A stand-in for a session recorder such as Datadog RUM's. It has none of Datadog's code.
 *
 * `window.RUM_SETTINGS` configures it, and `RUM.isRecording` shows that it has begun.
 */
(() => {
  'use strict';

  const INTAKE = 'https://browser-intake-datadoghq.com/api/v2/rum?ddsource=browser';
  const SESSION_COOKIE = '_dd_s';

  const rum = (window.RUM = { isRecording: false });

  function readSession() {
    const pair = document.cookie.split('; ').find((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
    return new URLSearchParams(pair?.slice(SESSION_COOKIE.length + 1));
  }

  function writeSession(session) {
    document.cookie = `${SESSION_COOKIE}=${session};path=/;samesite=strict;max-age=31536000`;
  }

  /** Where no cookie can be written and read back, there is no session, and nothing is ever sent. */
  function canStore() {
    const name = `dd_cookie_test_${Math.random()}`;
    try {
      document.cookie = `${name}=1;path=/;max-age=60`;
      const written = document.cookie.includes(`${name}=1`);
      document.cookie = `${name}=;path=/;max-age=0`;
      return written;
    } catch {
      return false;
    }
  }

  /** Several tabs write one cookie, each in its turn. */
  function inTurn(change) {
    // Locks are used where present: a request that is never granted, or is refused, ends here.
    if (navigator.locks) navigator.locks.request(SESSION_COOKIE, change);
    else change();
  }

  function start() {
    const session = readSession();
    if (!session.has('aid')) session.set('aid', crypto.randomUUID());
    session.set('expire', `${Date.now() + 15 * 60 * 1000}`);
    writeSession(session);
    record(session.get('aid'));
  }

  /** Events are lines of JSON, sent when the visitor leaves. */
  function record(anonymousId) {
    const events = [{ type: 'view', view: { url: location.href, referrer: document.referrer }, usr: { anonymous_id: anonymousId } }];
    addEventListener('pagehide', () => {
      navigator.sendBeacon(INTAKE, events.splice(0).map((event) => JSON.stringify(event)).join('\n'));
    });
    rum.isRecording = true;
  }

  if (canStore()) inTurn(start);
})();
