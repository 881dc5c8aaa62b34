// @ts-check
/**
 * Keeps the draft on the server the same as the text areas: a while after the last keystroke it is saved by
 * itself. Until the server has it, this browser keeps it.
 */

import { api } from './api.js';
import { comparison, same } from './compare.js';
import { button, byId, element, moment } from './dom.js';
import { tell } from './framed.js';

/** @typedef {import('./api.js').Code} Code */

/** How long after the last keystroke the draft is saved. */
const PAUSE_MS = 350;
/** How long after a failure it is tried again. */
const RETRY_MS = 5000;

/**
 * @param {object} options
 * @param {string} options.id of the app
 * @param {Code & {version: number}} options.saved the draft that the server has
 * @param {Awaited<ReturnType<typeof import('./drafts.js').openDrafts>>} options.drafts
 * @param {() => Code} options.code the code in the text areas
 * @param {(next: Code) => void} options.fill changes the text areas
 * @param {(findings: import('./api.js').Finding[], checked: Code) => void} options.showFindings
 * @param {() => string} options.summary a sentence about what visitors have
 * @param {(kind: string, sentence: string, ...actions: Node[]) => HTMLElement} options.notify
 * @param {() => void} options.leftBehind the browser keeps code that it can offer
 * @param {() => Promise<void>} options.refresh reads the app again, since somewhere else it has changed
 */
export function saving({ id, saved, drafts, code, fill, showFindings, summary, notify, leftBehind, refresh }) {
  let timer = 0;
  /** @type {Promise<boolean> | null} */
  let running = null;
  let conflict = false;
  let checks = 0;

  const isSaved = () => same(saved, code());

  /** @param {string} sentence */
  const say = (sentence) => (byId('message').textContent = sentence);

  const saySaved = () => say(`Draft saved. ${summary()}`);

  function keepHere() {
    if (isSaved()) drafts.forget();
    else if (!drafts.keep({ ...code(), version: saved.version })) return false;
    return true;
  }

  function typed() {
    tell('dirty', { dirty: !isSaved() });
    if (!conflict) say('Not saved yet.');
    later(PAUSE_MS);
  }

  /** @param {number} ms */
  function later(ms) {
    clearTimeout(timer);
    timer = window.setTimeout(save, ms);
  }

  /** Saves what was typed. @returns {Promise<boolean>} whether the server has all of it */
  async function save() {
    clearTimeout(timer);
    const kept = keepHere();
    if (running) await running;
    if (conflict) return check();
    tell('dirty', { dirty: !isSaved() });
    if (isSaved()) {
      saySaved();
      return true;
    }
    running = send(kept);
    const done = await running;
    running = null;
    return done;
  }

  /** @param {boolean} kept whether this browser keeps it, too */
  async function send(kept) {
    const sent = code();
    say('Saving…');
    checks += 1;
    const { status, body } = await api.saveDraft(id, sent, saved.version);
    if (status === 200) return accepted(sent, body.version, body.diagnostics);
    if (status === 412 && same(body.draft, sent)) return accepted(sent, body.draft.version, null);
    if (status === 412) return showConflict(body.draft);
    const where = kept ? 'Your code is kept in this browser' : 'Do not leave this page';
    // A later attempt of the same cannot succeed if the server understood and rejected it.
    const again = status === 0 || status >= 500;
    if (again) later(RETRY_MS);
    say(`Not saved: ${body.detail}. ${where}${again ? '; the next attempt is in a few seconds' : ''}.`);
    return false;
  }

  /** @param {Code} sent @param {number} version @param {import('./api.js').Finding[] | null} findings */
  function accepted(sent, version, findings) {
    Object.assign(saved, sent, { version });
    keepHere();
    tell('dirty', { dirty: !isSaved() });
    // Text typed meanwhile gets its own findings.
    if (!isSaved()) return false;
    if (findings) showFindings(findings, sent);
    saySaved();
    return true;
  }

  /** Checks without saving. */
  async function check() {
    const ours = ++checks;
    const checked = code();
    const { status, body } = await api.check(checked);
    // The user may have typed on meanwhile.
    if (status === 200 && ours === checks) showFindings(body.diagnostics, checked);
    return false;
  }

  /** The draft was saved elsewhere in the meantime: a person decides, and both texts are kept.
   * @param {any} theirs the draft as the API describes it */
  function showConflict(theirs) {
    conflict = true;
    say('Not saved. Resolve the conflict above; your code is still here.');
    check();
    const refreshed = refresh();
    const end = async (/** @type {Code} */ other) => {
      if (!drafts.leave({ head: other.head, bodyEnd: other.bodyEnd, version: theirs.version })) {
        return void say('This browser cannot keep the other code. Copy it before you go on.');
      }
      conflict = false;
      Object.assign(saved, { head: theirs.head, bodyEnd: theirs.bodyEnd, version: theirs.version });
      notice.remove();
      if (other !== theirs) fill(theirs);
      // The sentence after saving is about the app as it is now.
      await refreshed;
      // Kept code that the server has is forgotten: the server has to have the other first.
      await save();
      leftBehind();
    };
    const notice = notify(
      'conflict',
      `The draft was saved in another window or by another person (${theirs.savedBy}, ${moment(theirs.savedAt)}) after you began to edit.`,
      button('Compare', () => showComparison(theirs, code())),
      button('Keep mine', () => end(theirs)),
      button('Take theirs', () => end(code())),
    );
    return false;
  }

  addEventListener('pagehide', keepHere);
  addEventListener('keydown', (event) => {
    if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save();
  });

  return { typed, save, check, isSaved, later, saySaved };
}

/** @param {Code} theirs @param {Code} mine */
function showComparison(theirs, mine) {
  byId('compare-body').replaceChildren(
    element('p', 'hint', 'Nothing is lost: this browser keeps the version that you do not choose.'),
    comparison(theirs, mine, ['Theirs', 'Yours']),
  );
  /** @type {HTMLDialogElement} */ (byId('compare')).showModal();
}
