/** Randomness that nobody guesses. */
/** @param {number} length in bytes */
export function randomHex(length: number): string;
