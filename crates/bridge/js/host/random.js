// @ts-check
/** Randomness that nobody guesses. */

/** @param {number} words of 32 bits */
export function randomHex(words) {
  let text = '';
  for (const word of crypto.getRandomValues(new Uint32Array(words))) text += (word + 2 ** 32).toString(16).slice(1);
  return text;
}
