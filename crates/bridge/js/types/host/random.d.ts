/** Randomness that nobody guesses. */
/** @param {number} words of 32 bits */
export function randomHex(words: number): string;
