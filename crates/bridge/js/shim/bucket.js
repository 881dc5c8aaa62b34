// @ts-check
/** Rate limits: a burst, and a number per second. */

import { now } from './frame.js';

/**
 * @param {number} burst
 * @param {number} perSecond
 * @returns {(reserve: number) => boolean} takes a token, if `reserve` others are left
 */
export function tokenBucket(burst, perSecond) {
  let tokens = burst;
  let refilled = 0;
  return (reserve) => {
    const time = now();
    tokens += ((time - refilled) / 1000) * perSecond;
    if (tokens > burst) tokens = burst;
    refilled = time;
    if (tokens < 1 + reserve) return false;
    tokens -= 1;
    return true;
  };
}
