// @ts-check
/** How often something may happen: bursts, and a rate in the long run. */

/**
 * A token bucket. The returned function says whether it may happen once more, now.
 *
 * @param {number} burst how often at once
 * @param {number} rate how often per second once the burst is spent
 * @returns {(now: number, cost?: number) => boolean} `now` in milliseconds; `cost` counts as so many times
 */
export function tokenBucket(burst, rate) {
  let tokens = burst;
  /** @type {number | undefined} */
  let last;
  return (now, cost = 1) => {
    tokens = Math.min(burst, tokens + ((now - (last ?? now)) / 1000) * rate);
    last = now;
    if (tokens < cost) return false;
    tokens -= cost;
    return true;
  };
}
