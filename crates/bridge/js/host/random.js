// @ts-check
/** Randomness that nobody guesses, and hexadecimal digits. */

/** The browser's generator is asked seldom: a call costs more than what it gives. */
const words = new Uint16Array(128);
let left = 0;

/** The last 16 bits of a number, as four digits. @param {number} number */
export const hexOf = (number) => ((number & 0xffff) + 0x10000).toString(16).slice(1);

/** @param {number} count of words of 16 bits */
export function randomHex(count) {
  let text = '';
  while (count-- > 0) {
    if (left === 0) left = crypto.getRandomValues(words).length;
    text += hexOf(words[--left]);
  }
  return text;
}
