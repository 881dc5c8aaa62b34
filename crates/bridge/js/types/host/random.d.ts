/** @param {number} count of words of 16 bits */
export function randomHex(count: number): string;
export function hexOf(number: number): string;
