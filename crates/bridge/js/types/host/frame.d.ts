/**
 * Context and widget origin travel in the frame's name and the nonce in the fragment, so that none
 * of them reaches a server, a log or a referrer.
 *
 * @param {URL} url of the document
 * @param {string} nonce
 * @param {object} boot what the shim reads before custom code runs; `undefined` is left out
 * @param {boolean} visible
 */
export function createFrame(url: URL, nonce: string, boot: object, visible: boolean): HTMLIFrameElement;
