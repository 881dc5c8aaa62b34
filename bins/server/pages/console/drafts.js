// @ts-check
/**
 * Code that the server does not have, kept in this browser: a reload, a crash, a failed save or a conflict
 * loses nothing.
 *
 * Each window keeps its own draft of an app, so that two windows never overwrite each other's. A window
 * holds a lock under its name while it is open. A draft whose name no window holds was left behind, and
 * is offered to the next window.
 */

/**
 * @typedef {object} Draft
 * @property {string} head
 * @property {string} bodyEnd
 * @property {number} version the version of the server's draft that was edited
 * @property {string} keptAt when, as an ISO 8601 timestamp
 */

/** How long a reloaded page waits for the lock of the page that it replaces. */
const HANDOVER_MS = 500;

/**
 * Finds this window's drafts of an app. Drafts need storage, and locks, which a browser has for secure
 * origins only. Without them no drafts are kept, and the console says so.
 *
 * @param {string} app
 * @returns {Promise<Awaited<ReturnType<typeof draftsOf>>>}
 */
export async function openDrafts(app) {
  try {
    return await draftsOf(app);
  } catch {
    return { mine: () => null, leftBehind: async () => [], keep: () => false, leave: () => false, forget() {} };
  }
}

/** @param {string} app */
async function draftsOf(app) {
  const prefix = `c2c draft ${app} `;
  const key = prefix + (await windowName());
  // If the browser refuses access, it throws here.
  localStorage.getItem(key);

  /** @param {string} name @param {Omit<Draft, 'keptAt'>} draft @returns {boolean} whether the browser took it */
  function store(name, draft) {
    try {
      localStorage.setItem(name, JSON.stringify({ ...draft, keptAt: new Date().toISOString() }));
      return true;
    } catch {
      return false;
    }
  }

  return {
    /** The draft that this window kept before a reload. */
    mine: () => read(key),

    /** Drafts of closed windows, newest first. */
    async leftBehind() {
      const open = await openWindows();
      const keys = Object.keys(localStorage).filter(
        (other) => other.startsWith(prefix) && other !== key && !open.has(other.slice(prefix.length)),
      );
      const drafts = keys.flatMap((other) => {
        const draft = read(other);
        return draft ? [{ draft, forget: () => localStorage.removeItem(other) }] : [];
      });
      return drafts.sort((one, other) => (one.draft.keptAt < other.draft.keptAt ? 1 : -1));
    },

    /** @param {Omit<Draft, 'keptAt'>} draft */
    keep: (draft) => store(key, draft),

    /** Keeps a draft as if a closed window had left it behind. @param {Omit<Draft, 'keptAt'>} draft */
    leave: (draft) => store(prefix + crypto.randomUUID(), draft),

    forget: () => localStorage.removeItem(key),
  };
}

/** @param {string} key @returns {Draft | null} */
function read(key) {
  try {
    const { head, bodyEnd, version, keptAt } = JSON.parse(localStorage.getItem(key) ?? 'null');
    const texts = [head, bodyEnd, keptAt].every((text) => typeof text === 'string');
    return texts && Number.isInteger(version) ? { head, bodyEnd, version, keptAt } : null;
  } catch {
    return null;
  }
}

/** This window's name. A reload keeps it; a duplicated tab gets another, since the name is taken. */
async function windowName() {
  const known = sessionStorage.getItem('c2c window');
  if (known && (await hold(known))) return known;
  const name = crypto.randomUUID();
  sessionStorage.setItem('c2c window', name);
  await hold(name);
  return name;
}

const LOCK = 'c2c window ';

/** Holds a window's name until the page is closed. @param {string} name @returns {Promise<boolean>} */
function hold(name) {
  return new Promise((resolve) => {
    const wait = { signal: AbortSignal.timeout(HANDOVER_MS) };
    navigator.locks
      .request(LOCK + name, wait, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}

/** The names of all windows that are open. */
async function openWindows() {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = '' }) => name.slice(LOCK.length)));
}
