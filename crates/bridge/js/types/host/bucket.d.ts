/** Rate limits: a burst, and a long-term rate. */
/**
 * Creates a token bucket. The returned function takes a token, and returns whether there was one.
 *
 * @param {number} burst how often at once
 * @param {number} rate how often per second once the burst is spent
 * @returns {(now: number, cost?: number) => boolean} `now` in milliseconds; `cost` in tokens
 */
export function tokenBucket(burst: number, rate: number): (now: number, cost?: number) => boolean;
