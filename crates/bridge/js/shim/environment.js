// @ts-check
/**
 * The environment: makes a document of opaque origin look like an ordinary one to vendors' scripts.
 *
 * Such scripts were written for pages with a real origin, and they test features before use. In an
 * opaque origin most of these tests succeed and the use then throws, or never answers. So with a jar
 * one rule holds for every feature that belongs to an origin: **it is there and works, or it is
 * absent.** docs/sdks.md has the table, row by row; `cookies.js` and `storage.js` implement the jar.
 *
 * None of this belongs to a real origin: no request carries it, and the host's checks do not use it.
 *
 * If the boot name has a jar, the host keeps it for the visitor: cookies and `localStorage` start
 * with its content, and changes are sent to the host.
 */

import { boot } from './boot.js';
import { cookieText, setCookie, setCookieText } from './cookies.js';
import { defineAccessor, defineReplaceable, frame, page } from './frame.js';
import { keepJar } from './kept.js';
import { changeItem, replaceStorage, replaceStorageMethods } from './storage.js';

const documents = Document.prototype;

/** Properties of the window or the navigator that are unusable in an opaque origin. Code that does not
 * find them works without them. */
const ABSENT = 'indexedDB caches cookieStore SharedWorker locks serviceWorker storage storageBuckets'.split(' ');

export function startEnvironment() {
  for (const name of ABSENT) {
    Reflect.deleteProperty(frame, name);
    Reflect.deleteProperty(Navigator.prototype, name);
  }
  // Google's scripts read and write no cookie if this is the text "null".
  defineReplaceable('origin', () => location.origin);
  defineAccessor(documents, 'cookie', cookieText, setCookieText);
  replaceStorageMethods();
  const local = replaceStorage('localStorage', 'local');
  replaceStorage('sessionStorage', '');

  const { title, referrer = '' } = boot.page;
  if (title) page.title = title;
  defineAccessor(documents, 'referrer', () => referrer);

  const { jar } = boot;
  if (!jar) return;
  // It came with the boot name: an entry that is malformed or does not fit ends the reading.
  try {
    for (const [key, value, expires] of jar.cookie) setCookie(`${key}`, `${value}`, parseFloat(expires));
    for (const [key, value] of jar.local) changeItem(local, `${key}`, `${value}`);
  } catch {
    // Not a list of lists, or more than the storage holds.
  }
  keepJar();
}
