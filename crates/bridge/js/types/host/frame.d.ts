/**
 * Creates the iframe. Context and widget origin travel in its name and the nonce in the URL's
 * fragment, so that none of them reaches a server, a log or a referrer.
 *
 * @param {URL} url of the document
 * @param {string} nonce
 * @param {object} boot values that the shim reads before custom code runs; `undefined` is left out
 * @param {boolean} visible
 */
export function createFrame(url: URL, nonce: string, boot: object, visible: boolean): HTMLIFrameElement;
