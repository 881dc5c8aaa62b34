// @ts-check
/** An app's custom code, at `/apps/{app}`: type, check, try, publish. */

import { api } from './api.js';
import { same } from './compare.js';
import { destinations } from './destinations.js';
import { button, byId, element, moment } from './dom.js';
import { openDrafts } from './drafts.js';
import { editor } from './editor.js';
import { preview } from './preview.js';
import { publishing } from './publish.js';
import { showReference } from './reference.js';
import { saving } from './saving.js';
import { may } from './session.js';
import { sharing } from './share.js';
import { tabs } from './tabs.js';

/** @typedef {import('./api.js').Code} Code @typedef {import('./api.js').Finding} Finding */

/**
 * @param {any} app as the API describes it @param {any} draft its draft @param {any} live the live revision, or null
 * @param {any} config of the page @param {boolean} runs whether the code runs at once
 */
export async function showCode(app, draft, live, config, runs) {
  const [drafts, whereTo] = await Promise.all([openDrafts(app.id), destinations(app.id)]);
  /** The draft as the server has it, as far as this window knows. */
  const saved = { head: draft.head, bodyEnd: draft.bodyEnd, version: draft.version };
  /** The code that visitors have. @type {Code | null} */
  let visitors = live;
  /** @type {Finding[]} */
  let shown = [];

  for (const id of ['head', 'body-end']) /** @type {HTMLTextAreaElement} */ (byId(id)).readOnly = !may('editor');
  const areas = {
    head: editor('head', app.snippetBytesMax, typed),
    bodyEnd: editor('body-end', app.snippetBytesMax, typed),
  };
  /** @returns {Code} */
  const code = () => ({ head: areas.head.text, bodyEnd: areas.bodyEnd.text });
  /** The revision that has this code, if it is live. */
  const published = () => (app.live !== null && visitors && same(visitors, code()) ? app.live : null);

  /** @param {Code} next */
  function fill(next) {
    areas.head.text = next.head;
    areas.bodyEnd.text = next.bodyEnd;
    stage.changed();
  }

  /** @param {Finding[]} findings @param {Code} checked */
  function showFindings(findings, checked) {
    shown = findings;
    for (const name of /** @type {const} */ (['head', 'bodyEnd'])) {
      areas[name].show(findings.filter((found) => found.area === name), checked[name]);
    }
  }

  function summary() {
    const off = app.off ? ' The app is switched off.' : '';
    if (app.live === null) return `Nothing is published yet.${off}`;
    return published() === null ? `Visitors have revision ${app.live}.${off}` : `It is live as revision ${app.live}.${off}`;
  }

  function typed() {
    stage.changed();
    keeper.typed();
  }

  /** Reads the app again, and the code that visitors have. */
  async function refresh() {
    const { status, body } = await api.app(app.id);
    if (status !== 200) return;
    const live = body.live === null ? null : await api.revision(app.id, body.live);
    if (live?.status === 200) visitors = live.body;
    Object.assign(app, body);
  }

  const keeper = saving({ id: app.id, saved, drafts, code, fill, showFindings, summary, notify, leftBehind: showLeftBehind, refresh });
  const publisher = publishing({
    app,
    code,
    draft: keeper,
    version: () => saved.version,
    findings: () => shown,
    published(to, revision) {
      if (to === 'live') visitors = { head: saved.head, bodyEnd: saved.bodyEnd };
      const effect = to === 'staging' ? 'It is in staging.' : app.off ? 'The app is switched off.' : 'It is live for visitors.';
      byId('message').textContent = `Published as revision ${revision}. ${effect}`;
      stage.restarted();
    },
  });
  byId('code-form').addEventListener('submit', (event) => {
    event.preventDefault();
    publisher.open();
  });

  /* --- Code that this browser keeps ---------------------------------------------------------- */

  async function showLeftBehind() {
    byId('notices').querySelectorAll('.left').forEach((notice) => notice.remove());
    for (const { draft: kept, forget } of await drafts.leftBehind()) {
      if (same(kept, saved)) {
        forget();
        continue;
      }
      const notice = notify(
        'draft left',
        `This browser keeps other code from ${moment(kept.keptAt)}.`,
        button('Use it', async () => {
          // The replaced code is kept instead.
          if (!drafts.leave({ ...code(), version: saved.version })) return sayNoRoom();
          fill(kept);
          forget();
          // Kept code that the server has is forgotten: the server has to have the other first.
          await keeper.save();
          showLeftBehind();
        }),
        button('Discard it', () => {
          forget();
          notice.remove();
        }),
      );
    }
  }

  function sayNoRoom() {
    byId('message').textContent = 'This browser cannot keep your code. Copy it before you replace it.';
  }

  /** Shows the code that this window kept before a reload, since the server did not have it. */
  function restoreMine() {
    const mine = drafts.mine();
    if (!mine || same(mine, saved)) return drafts.forget();
    fill(mine);
    // A save in the meantime is not overwritten: the server compares versions.
    saved.version = mine.version;
    const notice = notify(
      'draft',
      `This is your unsaved code from ${moment(mine.keptAt)}.`,
      button('Go back to the saved code', () => {
        fill(draft);
        saved.version = draft.version;
        keeper.save();
        notice.remove();
      }),
    );
    keeper.later(0);
  }

  /* --- Together ---------------------------------------------------------------------------- */

  const stage = preview({ app, config, code, areas, published, showFindings, whereTo });
  tabs(byId('code'));
  sharing(app);
  showReference(areas);
  fill(saved);
  // Compared in the text areas' form, which has no carriage returns.
  Object.assign(saved, code());
  byId('code').hidden = false;
  if (!may('publisher')) notify('role', may('editor') ? 'You can change the draft. One with the role publisher publishes it.' : 'You can look at the draft. To change it, you need the role editor.');
  keeper.saySaved();
  keeper.check();
  restoreMine();
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
