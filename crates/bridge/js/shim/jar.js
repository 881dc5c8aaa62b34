// @ts-check
/**
 * A jar of the document's own. In an opaque origin `document.cookie`, `localStorage` and
 * `sessionStorage` throw, and much of what customers paste dies of it. Here they work; they hold
 * nothing of any real origin, and no request carries them.
 *
 * If the boot name has a jar, the host keeps it for the visitor: cookies and `localStorage` begin
 * with what it holds, and changes are told to the host.
 */

import { boot } from './boot.js';
import { cookieText, setCookie, setCookieText } from './cookies.js';
import { defineProperty, frame } from './frame.js';
import { keepJar } from './kept.js';
import { changeItem, replaceStorage, replaceStorageMethods } from './storage.js';

export function startJar() {
  defineProperty(Document.prototype, 'cookie', { get: cookieText, set: setCookieText });
  defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => true });
  replaceStorageMethods();
  const local = replaceStorage('localStorage', 'local');
  replaceStorage('sessionStorage', '');
  // Code that does not find these does without, and they could not work.
  Reflect.deleteProperty(frame, 'indexedDB');
  Reflect.deleteProperty(frame, 'cookieStore');

  const { jar } = boot;
  if (jar) {
    restore(jar.cookie, setCookie);
    restore(jar.local, (key, value) => changeItem(local, key, value));
    keepJar();
  }
}

/**
 * What was kept came with the boot name: what has not its form, or is too much, ends the list.
 * @param {any} list @param {(key: string, value: string, expires: number) => void} restoreOne
 */
function restore(list, restoreOne) {
  try {
    for (const [key, value, expires] of list) restoreOne(`${key}`, `${value}`, parseFloat(expires));
  } catch {
    // No list, or a list of no lists, or more than the storage holds.
  }
}
