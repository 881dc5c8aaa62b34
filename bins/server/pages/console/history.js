// @ts-check
/**
 * Counts the entries that a run adds to the tab's history, which the console shares with the frames
 * inside it. The console itself adds none.
 *
 * A full history does not grow, so entries added to it cannot be seen.
 */

const LOOK_MS = 500;

/** @param {(added: number) => void} onGrowth gets the number of entries that the run has added so far */
export function watchHistory(onGrowth) {
  let last = history.length;
  let added = 0;

  setInterval(() => {
    const grown = history.length - last;
    last = history.length;
    // It shrinks when a removed frame takes its entries along, or a step back is followed by
    // another navigation.
    if (grown <= 0) return;
    added += grown;
    onGrowth(added);
  }, LOOK_MS);

  return {
    /** Begins a new run, which has added nothing yet. */
    begin() {
      last = history.length;
      added = 0;
    },
  };
}
