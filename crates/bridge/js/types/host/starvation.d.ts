/**
 * Detects a flood that keeps the page's own tasks waiting, through any channel.
 *
 * A frame in another process can make a browser queue tasks in this one faster than they run: by
 * messages, by changes of its name, by taking the focus, by scrolling to itself. Timers and messages
 * then wait behind all of them, but tasks of the scheduler's highest priority still run. So such a
 * task, at intervals, posts a task of normal priority and checks whether the last one has run.
 *
 * Chromium is the only engine in which such floods stall a page (docs/isolation.md), and it has the
 * scheduler; without a scheduler, nothing is checked.
 *
 * @param {number} interval in milliseconds
 * @param {AbortSignal} signal stops the checks
 * @param {(answered: boolean) => void} look called at each interval
 */
export function watchStarvation(interval: number, signal: AbortSignal, look: (answered: boolean) => void): void;
