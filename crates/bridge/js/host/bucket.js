// @ts-check
/** Rate limits: a burst, and a long-term rate. */

/**
 * Creates a token bucket. The returned function takes a token, and returns whether there was one.
 *
 * @param {number} burst how often at once
 * @param {number} rate how often per second once the burst is spent
 * @returns {(now: number, cost?: number) => boolean} `now` in milliseconds; `cost` in tokens
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
