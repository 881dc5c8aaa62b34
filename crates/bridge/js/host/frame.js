// @ts-check
/** The element: what holds the frame, and what it brings to its document. */

import { PROTOCOL } from './protocol.js';

/**
 * What holds the frame, together with the headers of its document. c2c-policy has the same list; a
 * test compares the two.
 */
const FRAME_ATTRIBUTES = [
  ['sandbox', 'allow-scripts'],
  ['referrerpolicy', 'no-referrer'],
  ['credentialless', ''],
];

/**
 * Rendered, but not to be seen: tags wait for visibility, and `display: none` never has it. Fixed, so
 * that custom code that scrolls to itself does not scroll the page.
 */
const INVISIBLE = 'position:fixed;top:0;left:0;width:1px;height:1px;border:0;opacity:0;pointer-events:none';

/**
 * Context and widget origin travel in the frame's name and the nonce in the fragment, so that none
 * of them reaches a server, a log or a referrer.
 *
 * @param {URL} url of the document
 * @param {string} nonce
 * @param {object} boot what the shim reads before custom code runs; `undefined` is left out
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
    // Scroll bars would take all of it, and Chromium then says that its document has no height.
    iframe.scrolling = 'no';
    iframe.style.cssText = INVISIBLE;
  }
  iframe.src = url.href;
  return iframe;
}
