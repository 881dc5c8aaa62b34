// @ts-check
/** The iframe element: the attributes that confine it, and the data for its document. */

import { PROTOCOL } from './protocol.js';

/**
 * The attributes that confine the frame, together with the headers of its document. c2c-policy has the
 * same list; a test compares the two.
 */
const FRAME_ATTRIBUTES = [
  ['sandbox', 'allow-scripts'],
  ['referrerpolicy', 'no-referrer'],
  ['credentialless', ''],
];

/**
 * Rendered but invisible: tags wait for visibility, which `display: none` never gives. Fixed, so that
 * custom code that scrolls to itself does not scroll the page.
 */
const INVISIBLE = 'position:fixed;top:0;left:0;width:1px;height:1px;border:0;opacity:0;pointer-events:none';

/**
 * Creates the iframe. Context and widget origin travel in its name and the nonce in the URL's
 * fragment, so that none of them reaches a server, a log or a referrer.
 *
 * @param {URL} url of the document
 * @param {string} nonce
 * @param {object} boot values that the shim reads before custom code runs; `undefined` is left out
 * @param {boolean} visible
 */
export function createFrame(url, nonce, boot, visible) {
  url.hash = nonce;
  const iframe = document.createElement('iframe');
  for (const [name, value] of FRAME_ATTRIBUTES) iframe.setAttribute(name, value);
  iframe.name = JSON.stringify({ c2c: PROTOCOL, origin: location.origin, ...boot });
  iframe.title = 'custom code';
  if (!visible) {
    iframe.inert = true;
    // Scroll bars would fill it, and Chromium then reports that its document has no height.
    iframe.scrolling = 'no';
    iframe.style.cssText = INVISIBLE;
  }
  iframe.src = url.href;
  return iframe;
}
