/** How often something may happen: bursts, and a rate in the long run. */
/**
 * A token bucket. The returned function says whether it may happen once more, now.
 *
 * @param {number} burst how often at once
 * @param {number} rate how often per second once the burst is spent
 * @returns {(now: number, cost?: number) => boolean} `now` in milliseconds; `cost` counts as so many times
 */
export function tokenBucket(burst: number, rate: number): (now: number, cost?: number) => boolean;
