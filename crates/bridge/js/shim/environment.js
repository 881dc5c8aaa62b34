// @ts-check
/**
 * The environment: a document of opaque origin that vendors' scripts take for a browser's.
 *
 * Such scripts were written for pages of a real origin, and they test before they use. In an opaque
 * origin most of these tests succeed and the use then throws, or never answers. So with a jar one
 * rule holds for everything that belongs to an origin: **it is there and works, or it is absent.**
 * docs/sdks.md has the table, row by row; the jar's own halves are `cookies.js` and `storage.js`.
 *
 * Nothing here is a real origin's: no request carries it, and the host's checks read none of it.
 *
 * If the boot name has a jar, the host keeps it for the visitor: cookies and `localStorage` begin
 * with what it holds, and the host is told of changes.
 */

import { boot } from './boot.js';
import { cookieText, setCookie, setCookieText } from './cookies.js';
import { defineAccessor, defineReplaceable, frame, page } from './frame.js';
import { keepJar } from './kept.js';
import { changeItem, replaceStorage, replaceStorageMethods } from './storage.js';

const documents = Document.prototype;

/** Present on the window or the navigator, and unusable in an opaque origin. Code that does not find them does without. */
const ABSENT = 'indexedDB caches cookieStore SharedWorker locks serviceWorker storage storageBuckets'.split(' ');

export function startEnvironment() {
  for (const name of ABSENT) {
    Reflect.deleteProperty(frame, name);
    Reflect.deleteProperty(Navigator.prototype, name);
  }
  // Google's scripts read and write no cookie where this is the text "null".
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
  // It came with the boot name: an entry that has not its form, or is too much, ends the reading.
  try {
    for (const [key, value, expires] of jar.cookie) setCookie(`${key}`, `${value}`, parseFloat(expires));
    for (const [key, value] of jar.local) changeItem(local, `${key}`, `${value}`);
  } catch {
    // No list, or a list of no lists, or more than the storage holds.
  }
  keepJar();
}
