/**
 * A stand-in for the many SDKs that test whether something is present and then use it: our own
 * vendor, at `presence.test`. `presence_module.js` is the part of it that sends.
 */
(() => {
  'use strict';

  const NAME = 'presence_id';
  const ignore = () => {};

  /** The features that it tests. Each is tested only by its name, as is common, and its getter is
   * not expected to throw. */
  const looks = {
    caches: () => 'caches' in window && caches.open(NAME).catch(ignore),
    serviceWorker: () => 'serviceWorker' in navigator && navigator.serviceWorker.getRegistrations().catch(ignore),
    cookieStore: () => 'cookieStore' in window && cookieStore.get(NAME),
    storage: () => 'storage' in navigator && navigator.storage.persisted(),
    indexedDB: () => 'indexedDB' in window && openDatabase(),
  };

  function openDatabase() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME);
      opening.onsuccess = () => resolve(opening.result.close());
      opening.onerror = () => reject(opening.error);
    });
  }

  /** The id is kept in two places: if one loses it, the other still has it. */
  function visitorId() {
    const cookie = document.cookie.match(/presence_id=([\w-]+)/)?.[1];
    const id = cookie ?? localStorage.getItem(NAME) ?? crypto.randomUUID();
    document.cookie = `${NAME}=${id}; path=/; max-age=31536000; secure; samesite=lax`;
    localStorage.setItem(NAME, id);
    return id;
  }

  /** Loads the rest of it, another script, before the first one of the document. */
  function loadModule(id) {
    const script = document.createElement('script');
    script.src = `https://cdn.presence.test/module.js?visitor=${id}`;
    const first = document.getElementsByTagName('script')[0];
    first.parentNode.insertBefore(script, first);
  }

  async function start() {
    for (const look of Object.values(looks)) await look();
    loadModule(visitorId());
  }

  start();
})();
