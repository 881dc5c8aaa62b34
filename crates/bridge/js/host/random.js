// @ts-check
/** Randomness that nobody guesses. */

/** @param {number} length in bytes */
export function randomHex(length) {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) text += (byte + 256).toString(16).slice(1);
  return text;
}
