/**
 * Measures how long the page could not react: the ticks of a timer come late while something blocks
 * the main thread. It is the first script of the page, and reports once.
 */
(() => {
  /** The shortest interval that browsers allow a timer. */
  const TICK_MS = 4;
  /** A gap up to this is usual. */
  const USUAL_MS = 20;
  const END_MS = 6000;

  const { report } = /** @type {HTMLScriptElement} */ (document.currentScript).dataset;
  let last = performance.now();
  let blocked = 0;
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const gap = now - last;
    if (gap > USUAL_MS) blocked += gap;
    longest = Math.max(longest, gap);
    last = now;
    if (now < END_MS) return;
    clearInterval(timer);
    const [{ loadEventStart: load }] = performance.getEntriesByType('navigation');
    fetch(report, { method: 'POST', body: JSON.stringify({ blocked, longest, load }) });
  }, TICK_MS);
})();
