/** @param {number} count of 16-bit words */
export function randomHex(count: number): string;
export function hexOf(number: number): string;
