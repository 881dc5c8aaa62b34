/**
 * Context and widget origin travel in the frame's name and the nonce in the fragment, so that none
 * of them reaches a server, a log or a referrer.
 *
 * @param {string} src
 * @param {string} nonce
 * @param {object} boot what the shim reads before custom code runs; `undefined` is left out
 * @param {boolean} visible
 */
export function createFrame(src: string, nonce: string, boot: object, visible: boolean): HTMLIFrameElement;
