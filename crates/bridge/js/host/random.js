// @ts-check
/** Unguessable randomness, and hexadecimal digits. */

/** Random words in stock: a call of the browser's generator costs more than the words. */
const words = new Uint16Array(128);
let left = 0;

/** Returns the last 16 bits of a number, as four digits. @param {number} number */
export const hexOf = (number) => ((number & 0xffff) + 0x10000).toString(16).slice(1);

/** @param {number} count of 16-bit words */
export function randomHex(count) {
  let text = '';
  while (count-- > 0) {
    if (left === 0) left = crypto.getRandomValues(words).length;
    text += hexOf(words[--left]);
  }
  return text;
}
