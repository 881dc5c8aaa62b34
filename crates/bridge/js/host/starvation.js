// @ts-check
/**
 * Notices that a flood keeps the page's own tasks waiting, through whatever channel it comes.
 *
 * A frame in another process can make a browser queue tasks in this one faster than they are done:
 * by messages, by changes of its name, by taking the focus, by scrolling to itself. Timers and
 * messages then wait behind all of them, but tasks of the scheduler's highest priority go on. So one
 * of these, at intervals, posts a task of the usual priority and looks whether the last one has run.
 *
 * Chromium is the one engine in which such floods stall a page (docs/isolation.md), and has the
 * scheduler; where there is none, nothing is looked at.
 *
 * @param {number} interval in milliseconds
 * @param {AbortSignal} signal when to stop
 * @param {(answered: boolean) => void} look is called at each interval
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
