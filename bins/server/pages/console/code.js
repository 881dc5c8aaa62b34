// @ts-check
/** An app's custom code, at `/apps/{app}`: type, see what is wrong, save. */

import { api } from './api.js';
import { button, byId, element, moment } from './dom.js';
import { openDrafts } from './drafts.js';
import { editor } from './editor.js';
import { preview } from './preview.js';
import { showReference } from './reference.js';
import { tabs } from './tabs.js';

/** @typedef {import('./api.js').Code} Code @typedef {import('./api.js').Finding} Finding */

/** How long after the last key the code is checked. */
const PAUSE_MS = 350;

/** @param {any} app as the API describes it @param {any} config of the page @param {boolean} runs whether the code runs at once */
export async function showCode(app, config, runs) {
  const drafts = await openDrafts(app.id);
  /** The newest revision that this window knows: what the text areas are compared with. */
  const saved = { head: app.head, bodyEnd: app.bodyEnd, revision: app.revision };

  const areas = {
    head: editor('head', app.snippetBytesMax, typed),
    bodyEnd: editor('body-end', app.snippetBytesMax, typed),
  };
  /** @returns {Code} */
  const code = () => ({ head: areas.head.text, bodyEnd: areas.bodyEnd.text });
  /** @param {Code} other */
  const isShown = (other) => areas.head.text === other.head && areas.bodyEnd.text === other.bodyEnd;
  const isSaved = () => isShown(saved);

  /** @param {Code} next */
  function fill(next) {
    areas.head.text = next.head;
    areas.bodyEnd.text = next.bodyEnd;
  }

  /** @param {Finding[]} findings */
  function showFindings(findings) {
    for (const [name, area] of Object.entries(areas)) area.show(findings.filter((found) => found.area === name));
  }

  /* --- Typing: a draft, and what is wrong with it ------------------------------------------ */

  let pause = 0;
  let checks = 0;

  function typed() {
    stage.changed();
    byId('message').textContent = isSaved() ? '' : 'Not saved yet; a draft is kept.';
    clearTimeout(pause);
    pause = window.setTimeout(settled, PAUSE_MS);
  }

  function settled() {
    keepDraft();
    check();
  }

  function keepDraft() {
    if (isSaved()) drafts.forget();
    else if (!drafts.keep({ ...code(), revision: saved.revision })) sayNoRoom();
  }

  function sayNoRoom() {
    byId('message').textContent = 'This browser has no room for a draft: save before you leave this page.';
  }

  async function check() {
    const ours = ++checks;
    const { status, body } = await api.check(code());
    // Meanwhile somebody may have typed on.
    if (status === 200 && ours === checks) showFindings(body.diagnostics);
  }

  addEventListener('pagehide', keepDraft);

  /* --- Saving ------------------------------------------------------------------------------ */

  let saving = false;

  async function save() {
    if (saving) return;
    saving = true;
    clearTimeout(pause);
    keepDraft();
    checks += 1;
    byId('message').textContent = 'Saving…';
    const sent = code();
    const { status, body } = await api.save(app.id, sent, saved.revision);
    saving = false;
    // What was typed meanwhile has findings of its own.
    if (body.diagnostics && isShown(sent)) showFindings(body.diagnostics);
    if (status === 200) {
      Object.assign(saved, sent, { revision: body.revision });
      byId('notices').replaceChildren();
      keepDraft();
      showLeftBehind();
      stage.saved();
    }
    if (status === 409) await showConflict(body.revision);
    byId('message').textContent = outcome(status, body, isSaved());
  }

  byId('code-form').addEventListener('submit', (event) => {
    event.preventDefault();
    save();
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save();
  });

  /** Somebody else saved: both versions are kept, and a person decides. @param {number} revision */
  async function showConflict(revision) {
    const { status, body: theirs } = await api.app(app.id);
    const again = button('Save mine over it', () => {
      saved.revision = theirs.revision;
      save();
    });
    const choices = status === 200 ? [button('Show theirs', () => showTheirs(theirs)), again] : [];
    notify('conflict', `Revision ${revision} was saved in another window, after you began to edit.`, ...choices);
  }

  /* --- Drafts ------------------------------------------------------------------------------ */

  async function showLeftBehind() {
    for (const { draft, forget } of await drafts.leftBehind()) {
      if (draft.head === saved.head && draft.bodyEnd === saved.bodyEnd) {
        forget();
        continue;
      }
      const notice = notify(
        'draft',
        `Unsaved code of ${moment(draft.keptAt)} was left in this browser.`,
        button('Use it', () => {
          // What it replaces is left behind in its place.
          const replaced = isSaved() ? null : { ...code(), revision: saved.revision };
          if (replaced && !drafts.leave(replaced)) return void sayNoRoom();
          restore(draft);
          forget();
          byId('notices').replaceChildren();
          showLeftBehind();
        }),
        button('Throw it away', () => {
          forget();
          notice.remove();
        }),
      );
    }
  }

  /** @param {import('./drafts.js').Draft} draft */
  function restore(draft) {
    fill(draft);
    // Whoever saved since then is not overwritten: the server compares.
    saved.revision = draft.revision;
    settled();
    stage.changed();
  }

  /** @param {import('./drafts.js').Draft} draft */
  function sayRestored(draft) {
    const notice = notify(
      'draft',
      `This is your unsaved code of ${moment(draft.keptAt)}.`,
      button('Go back to what is saved', () => {
        fill(app);
        saved.revision = app.revision;
        settled();
        stage.changed();
        notice.remove();
      }),
    );
  }

  /* --- Together ---------------------------------------------------------------------------- */

  const stage = preview({ app, config, code, areas, isSaved, showFindings, revision: () => saved.revision });
  tabs(byId('code'));
  showReference(areas);
  fill(saved);
  // As the text areas give it back: they know no carriage return.
  Object.assign(saved, code());
  byId('code').hidden = false;
  const mine = drafts.mine();
  // What is saved by now was edited from a revision that is past.
  if (mine && !isShown(mine)) {
    restore(mine);
    sayRestored(mine);
  } else {
    drafts.forget();
    check();
  }
  showLeftBehind();
  stage.open(runs);
}

/** A notice above the text areas. @param {string} kind @param {string} sentence @param {...Node} actions */
function notify(kind, sentence, ...actions) {
  if (kind === 'conflict') byId('notices').querySelector('.conflict')?.remove();
  const notice = element('div', `notice ${kind}`, element('p', '', sentence), ...actions);
  notice.setAttribute('role', 'status');
  byId('notices').append(notice);
  return notice;
}

/** @param {{head: string, bodyEnd: string, revision: number}} theirs */
function showTheirs({ head, bodyEnd, revision }) {
  byId('theirs-title').textContent = `Revision ${revision}`;
  /** @type {HTMLTextAreaElement} */ (byId('theirs-head')).value = head;
  /** @type {HTMLTextAreaElement} */ (byId('theirs-body-end')).value = bodyEnd;
  /** @type {HTMLDialogElement} */ (byId('theirs')).showModal();
}

/** @param {number} status @param {any} body @param {boolean} isSaved whether nobody typed meanwhile */
function outcome(status, body, isSaved) {
  if (status === 200) {
    const since = isSaved ? '' : ' What you typed since is not saved yet.';
    return `Saved as revision ${body.revision}. Visitors get it from now on.${since}`;
  }
  if (status === 422) return 'Not saved: mend what is marked, then save again.';
  if (status === 409) return 'Not saved yet: choose above. Your code is still here.';
  return `Not saved: ${body.error}. Your code is still here: try again.`;
}
