// @ts-check
/**
 * How the last run of an app's code ended in this browser. Code that stalls or hangs the page may not
 * run by itself when the console is opened again: a person must be able to change it.
 *
 * A page that hangs can say nothing any more, so it is written down beforehand that a run has begun, and
 * crossed out when the page has been calm for a while with the code running. A page that waits for
 * that writes the time every half second: from an old time the next one knows that it hangs or is gone.
 *
 * Nothing is kept of runs that ended well. Without storage nothing is kept at all.
 */

/** @typedef {'stalled' | 'hung' | 'lost'} BadEnd `lost`: nobody knows */

const PREFIX = 'c2c run ';
/** Of so many apps it is known how their last run ended. */
const RUNS_MAX = 50;
/** How long the code runs until it is known to leave the page alone. */
const CALM_MS = 3000;
const BEAT_MS = 500;
/** A page that has been silent for so long hangs, or is gone: timers of hidden pages come once a second. */
const SILENT_MS = 2500;

/** @param {string} app */
export function runsOf(app) {
  const key = PREFIX + app;
  let beat = 0;
  let calm = 0;
  /** When this page last wrote that it runs. */
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
    // A page that has had no turn for a while was left because of that.
    if (beat && performance.now() - written < SILENT_MS) endWell();
  });

  return {
    /** The code is about to run, or to get something to do. */
    running,
    /** The code runs. It is over with `endWell` unless more comes. */
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

    /** How the last run ended, if it ended badly. Another window's run is awaited until that is known.
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
    // The browser keeps nothing: then each opening runs the code.
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

/** Forgets the oldest. */
function makeRoom() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  if (keys.length < RUNS_MAX) return;
  const oldest = keys.reduce((one, other) => (read(other).at < read(one).at ? other : one));
  localStorage.removeItem(oldest);
}
