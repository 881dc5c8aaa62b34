// @ts-check
/**
 * What a run adds to the tab's history, which the console shares with the frames inside it. The
 * console adds nothing itself.
 *
 * A full history does not grow: what is added to it cannot be seen.
 */

const LOOK_MS = 500;

/** @param {(added: number) => void} onGrowth is told how many entries the run has added so far */
export function watchHistory(onGrowth) {
  let last = history.length;
  let added = 0;

  setInterval(() => {
    const grown = history.length - last;
    last = history.length;
    // It shrinks where a frame that goes takes its entries along, and where a step back is followed by another way.
    if (grown <= 0) return;
    added += grown;
    onGrowth(added);
  }, LOOK_MS);

  return {
    /** A new run, which has added nothing. */
    begin() {
      last = history.length;
      added = 0;
    },
  };
}
