// @ts-check
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
export function watchStarvation(interval, signal, look) {
  const { scheduler } = /** @type {any} */ (globalThis);
  // A page may have a variable of that name.
  if (typeof scheduler?.postTask !== 'function') return;
  const { port1, port2 } = new MessageChannel();
  let answered = true;
  port1.onmessage = () => (answered = true);

  const later = () => scheduler.postTask(watch, { __proto__: null, delay: interval, priority: 'user-blocking' });

  function watch() {
    if (signal.aborted) return port1.close();
    later();
    look(answered);
    if (answered) port2.postMessage((answered = false));
  }
  later();
}
