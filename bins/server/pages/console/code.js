// @ts-check
/** An app's custom code, at `/apps/{app}`: type, check, save. */

import { api } from './api.js';
import { button, byId, element, moment } from './dom.js';
import { openDrafts } from './drafts.js';
import { editor } from './editor.js';
import { preview } from './preview.js';
import { showReference } from './reference.js';
import { tabs } from './tabs.js';

/** @typedef {import('./api.js').Code} Code @typedef {import('./api.js').Finding} Finding */

/** How long after the last keystroke the code is checked. */
const PAUSE_MS = 350;

/** @param {any} app as the API describes it @param {any} config of the page @param {boolean} runs whether the code runs at once */
export async function showCode(app, config, runs) {
  const drafts = await openDrafts(app.id);
  /** The newest revision that this window knows; the text areas are compared with it. */
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

  /** @param {Finding[]} findings @param {Code} checked */
  function showFindings(findings, checked) {
    for (const name of /** @type {const} */ (['head', 'bodyEnd'])) {
      areas[name].show(findings.filter((found) => found.area === name), checked[name]);
    }
  }

  /* --- Typing: a draft, and its problems --------------------------------------------------- */

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
    byId('message').textContent = 'This browser cannot keep a draft. Save before you leave this page.';
  }

  async function check() {
    const ours = ++checks;
    const checked = code();
    const { status, body } = await api.check(checked);
    // The user may have typed on meanwhile.
    if (status === 200 && ours === checks) showFindings(body.diagnostics, checked);
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
    // Text typed meanwhile gets its own findings.
    if (body.diagnostics && isShown(sent)) showFindings(body.diagnostics, sent);
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

  /** Another user saved first: both versions are kept, and a person decides. @param {number} revision */
  async function showConflict(revision) {
    const { status, body: theirs } = await api.app(app.id);
    const again = button('Overwrite it with mine', () => {
      saved.revision = theirs.revision;
      save();
    });
    const choices = status === 200 ? [button('Show theirs', () => showTheirs(theirs)), again] : [];
    notify('conflict', `Revision ${revision} was saved elsewhere after you began to edit.`, ...choices);
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
        `This browser has unsaved code from ${moment(draft.keptAt)}.`,
        button('Use it', () => {
          // The replaced code becomes a left-behind draft instead.
          const replaced = isSaved() ? null : { ...code(), revision: saved.revision };
          if (replaced && !drafts.leave(replaced)) return void sayNoRoom();
          restore(draft);
          forget();
          byId('notices').replaceChildren();
          showLeftBehind();
        }),
        button('Discard it', () => {
          forget();
          notice.remove();
        }),
      );
    }
  }

  /** @param {import('./drafts.js').Draft} draft */
  function restore(draft) {
    fill(draft);
    // Saves made since then are not overwritten: the server compares revisions.
    saved.revision = draft.revision;
    settled();
    stage.changed();
  }

  /** @param {import('./drafts.js').Draft} draft */
  function sayRestored(draft) {
    const notice = notify(
      'draft',
      `This is your unsaved code from ${moment(draft.keptAt)}.`,
      button('Go back to the saved code', () => {
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
  // Compared in the text areas' form, which has no carriage returns.
  Object.assign(saved, code());
  byId('code').hidden = false;
  const mine = drafts.mine();
  // A draft that equals the saved code has been saved; its base revision is out of date.
  if (mine && !isShown(mine)) {
    restore(mine);
    sayRestored(mine);
  } else {
    drafts.forget();
    check();
  }
  showLeftBehind();
  stage.open(runs);
  // The plain text areas can be asked for: `?editor=plain`.
  if (new URLSearchParams(location.search).get('editor') !== 'plain') enrich(areas);
}

/** Replaces the text areas by the editors of a library; if it does not load, they stay.
 * @param {Record<import('./api.js').AreaName, import('./editor.js').Editor>} areas */
async function enrich(areas) {
  const { status, body } = await api.events();
  try {
    const { rich } = await import('./rich.js');
    for (const area of Object.values(areas)) area.enrich(rich, status === 200 ? body.events : []);
  } catch (error) {
    console.warn('The editor did not load; the plain text areas stay.', error);
  }
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

/** @param {number} status @param {any} body @param {boolean} isSaved whether nothing was typed since */
function outcome(status, body, isSaved) {
  if (status === 200) {
    const since = isSaved ? '' : ' Your later changes are not saved yet.';
    return `Saved as revision ${body.revision}. It is live for visitors.${since}`;
  }
  if (status === 422) return 'Not saved. Fix the marked problems and try again.';
  if (status === 409) return 'Not saved. Resolve the conflict above; your code is still here.';
  return `Not saved: ${body.error}. Your code is still here; try again.`;
}
