// @ts-check
/**
 * How the last run of an app's code ended in this browser. Code that stalls or hangs the page may not
 * run automatically when the console is opened again: a person must be able to change it.
 *
 * A page that hangs can no longer record anything. So it records that a run has begun beforehand, and
 * removes the record once it has been calm for a while with the code running. Until then it writes the
 * time every half second: an old time tells the next page that this one hangs or is gone.
 *
 * Runs that ended well leave no record. Without storage there are no records at all.
 */

/** @typedef {'stalled' | 'hung' | 'lost'} BadEnd `lost`: unknown */

const PREFIX = 'c2c run ';
/** The most apps for which the end of the last run is recorded. */
const RUNS_MAX = 50;
/** How long the code must run calmly until the run counts as good. */
const CALM_MS = 3000;
const BEAT_MS = 500;
/** A page silent for this long hangs or is gone: timers of hidden pages fire once a second. */
const SILENT_MS = 2500;

/** @param {string} app */
export function runsOf(app) {
  const key = PREFIX + app;
  let beat = 0;
  let calm = 0;
  /** When this page last wrote the time. */
  let written = 0;

  function running() {
    stop();
    writeBeat();
    beat = window.setInterval(writeBeat, BEAT_MS);
  }

  function writeBeat() {
    written = performance.now();
    write(key, 'running');
  }

  function stop() {
    clearInterval(beat);
    clearTimeout(calm);
    beat = 0;
  }

  function endWell() {
    stop();
    write(key, null);
  }

  addEventListener('pagehide', () => {
    // A page that has had no turn for a while was probably closed because it hung.
    if (beat && performance.now() - written < SILENT_MS) endWell();
  });

  return {
    /** The code is about to run, or to get an event. */
    running,
    /** The code runs. The run ends with `endWell` unless more comes. */
    ready() {
      running();
      calm = window.setTimeout(endWell, CALM_MS);
    },
    endWell,

    /** @param {'stalled' | 'hung'} end */
    endBadly(end) {
      stop();
      write(key, end);
    },

    /** How the last run ended, if it ended badly. Waits while another window's run may still end.
     * @returns {Promise<BadEnd | null>} */
    async lastEnd() {
      for (;;) {
        const { end, at } = read(key);
        if (end === 'stalled' || end === 'hung') return end;
        if (end !== 'running') return null;
        const age = Date.now() - at;
        if (!(age >= 0 && age <= SILENT_MS)) return 'lost';
        await new Promise((resolve) => setTimeout(resolve, BEAT_MS / 5));
      }
    },
  };
}

/** @param {string} key @param {string | null} end */
function write(key, end) {
  try {
    localStorage.removeItem(key);
    if (end === null) return;
    makeRoom();
    localStorage.setItem(key, JSON.stringify({ end, at: Date.now() }));
  } catch {
    // The browser stores nothing, so each opening runs the code.
  }
}

/** @param {string} key @returns {{end: unknown, at: number}} */
function read(key) {
  try {
    const { end, at = 0 } = JSON.parse(localStorage.getItem(key) ?? '{}');
    return { end, at: Number(at) };
  } catch {
    return { end: null, at: 0 };
  }
}

/** Removes the oldest record if there are too many. */
function makeRoom() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  if (keys.length < RUNS_MAX) return;
  const oldest = keys.reduce((one, other) => (read(other).at < read(one).at ? other : one));
  localStorage.removeItem(oldest);
}
