// @ts-check
/** An app's history, at `/apps/{app}/history`: its state, its revisions, and who did what. */

import { api } from './api.js';
import { ask, confirmInFrame } from './ask.js';
import { comparison } from './compare.js';
import { announce, button, byId, element, moment } from './dom.js';
import { report } from './framed.js';
import { needs } from './session.js';
import { isFramed } from './surface.js';

/** @typedef {import('./api.js').Code} Code */
/** @typedef {{number: number, createdAt: string, author: string, note: string, copyOf: number | null}} Mark */

const EMPTY = { head: '', bodyEnd: '' };

/** @param {any} app as the API describes it */
export async function showHistory(app) {
  /** The revisions that are listed. @type {Mark[]} */
  let marks = [];
  let more = true;
  let oldest = /** @type {number | null} */ (null);

  /** The names of endpoints, by their ids. @type {Map<string, string>} */
  let endpoints = new Map();
  const endpointName = (/** @type {string} */ id) => `the endpoint ${endpoints.get(id) ?? id}`;

  async function readEndpoints() {
    const { status, body } = await api.integrations(app.id);
    if (status === 200) endpoints = new Map(body.endpoints.map((/** @type {any} */ one) => [one.id, one.name]));
  }

  /* --- The state, and what changes it ---------------------------------------------------------- */

  async function refresh() {
    const { status, body } = await api.app(app.id);
    if (status === 200) Object.assign(app, body);
    marks = [];
    oldest = null;
    byId('audit').replaceChildren();
    showState();
    await Promise.all([showMore(), showPlans(), showAudit()]);
  }

  function showState() {
    const live = app.live === null ? 'Nothing is published yet: visitors get an empty sandbox.' : `Visitors have revision ${app.live}.`;
    const off = app.off && `Switched off since ${moment(app.off.at)} by ${app.off.by}: visitors get an empty sandbox.${app.off.reason ? ` Reason: ${app.off.reason}` : ''}`;
    const state = byId('state');
    state.dataset.off = `${app.off !== null}`;
    const change = app.off ? button('Switch on…', askSwitch, 'primary') : button('Switch off…', askSwitch);
    needs('publisher', change);
    change.id = 'switch';
    state.replaceChildren(element('p', '', off || live), change);
    const staging = byId('staging-state');
    staging.hidden = !app.staging;
    if (!app.staging) return;
    const open = element('a', '', 'Open the staging page');
    open.href = app.stagingLinks.parent;
    if (isFramed) open.target = '_blank';
    const sentence = app.staged === null ? 'Nothing is in staging.' : `Revision ${app.staged} is in staging. `;
    const promote = app.staged === null || app.staged === app.live ? [] : [needs('publisher', button(`Put revision ${app.staged} live…`, askPromotion))];
    staging.replaceChildren(element('p', '', sentence, ...(app.staged === null ? [] : [open])), ...promote);
  }

  function askSwitch() {
    const off = app.off === null;
    const effect = off
      ? 'All visitors get an empty sandbox at once. The code, its history and staging stay as they are.'
      : app.live === null
        ? 'Nothing is published, so visitors get an empty sandbox.'
        : `Visitors get revision ${app.live} again.`;
    ask({
      title: off ? `Switch off the code of ${app.name}?` : `Switch on the code of ${app.name}?`,
      submit: off ? 'Switch off' : 'Switch on',
      note: 'Reason (optional)',
      parts: [element('p', '', effect)],
      perform: async (reason) => outcome(await api.switchTo(app.id, off, reason), 200, off ? 'Switched off.' : 'Switched on.'),
    });
  }

  async function askPromotion() {
    const before = await codeOf(app.live);
    const after = await codeOf(app.staged);
    if (!before || !after) return announce('The revisions could not be read.');
    ask({
      title: `Put revision ${app.staged} live`,
      submit: 'Put it live',
      note: null,
      parts: [comparison(before, after, [liveName(), `Staging: revision ${app.staged}`])],
      perform: async () => published(await api.promote(app.id, app.staged, app.live), 200, 'It is live for visitors.'),
    });
  }

  /** @param {Mark} mark */
  async function askRestoration(mark) {
    const before = await codeOf(app.live);
    const after = await codeOf(mark.number);
    if (!before || !after) return announce('The revisions could not be read.');
    ask({
      title: `Restore revision ${mark.number}`,
      submit: 'Restore it',
      note: 'Note for the history (optional)',
      parts: [
        element('p', 'hint', 'Its code goes live as a new revision. Your draft stays as it is.'),
        comparison(before, after, [liveName(), `Revision ${mark.number}`]),
      ],
      perform: async (note) =>
        published(await api.rollBack(app.id, mark.number, app.live, note), 201, `Revision ${mark.number} is live again.`),
    });
  }

  const liveName = () => (app.live === null ? 'Nothing is live' : `Live: revision ${app.live}`);

  /** @param {import('./api.js').Reply} reply @param {number} expected @param {string} done */
  async function outcome({ status, body }, expected, done) {
    if (status !== expected) return `Not done: ${body.detail}.`;
    announce(done);
    await refresh();
    return null;
  }

  /** The same for a revision that goes live. @type {typeof outcome} */
  async function published(reply, expected, done) {
    const failure = await outcome(reply, expected, done);
    if (failure === null) report('published', { environment: 'live', revision: app.live });
    return failure;
  }

  /* --- Revisions ------------------------------------------------------------------------------- */

  async function showMore() {
    const last = marks.at(-1)?.number ?? null;
    const { status, body } = await api.revisions(app.id, last);
    if (status !== 200) return void (byId('revisions').textContent = 'The revisions could not be loaded. Reload the page to try again.');
    marks.push(...body.revisions);
    more = body.more;
    byId('revisions').replaceChildren(...marks.map(revision));
    byId('no-revisions').hidden = marks.length > 0;
    byId('more-revisions').hidden = !more;
    fillSelects();
  }

  /** @param {Mark} mark */
  function revision(mark) {
    const badges = [mark.number === app.live && 'Live', mark.number === app.staged && 'Staging'].filter(Boolean);
    const copy = mark.copyOf === null ? '' : `Restored revision ${mark.copyOf}. `;
    const compare = button('Compare', () => showComparison(app.live ?? mark.number, mark.number), 'small');
    compare.setAttribute('aria-label', `Compare revision ${mark.number} with the live one`);
    const restore = needs('publisher', button('Restore…', () => askRestoration(mark), 'small'));
    restore.setAttribute('aria-label', `Restore revision ${mark.number}`);
    return element(
      'li',
      '',
      element('div', 'revision', element('b', '', `Revision ${mark.number}`), ...badges.map((text) => element('span', 'badge', `${text}`))),
      element('p', 'hint', `${moment(mark.createdAt)} by ${mark.author}`),
      element('p', 'note', copy + mark.note),
      element('div', 'row', compare, ...(mark.number === app.live ? [] : [restore])),
    );
  }

  /* --- Comparison of any two ------------------------------------------------------------------- */

  const selects = /** @type {HTMLSelectElement[]} */ (['compare-one', 'compare-other'].map((id) => byId(id)));

  function fillSelects() {
    byId('compare-revisions').hidden = marks.length === 0;
    for (const select of selects) {
      const chosen = select.value;
      const choices = [element('option', '', 'The draft'), ...marks.map(({ number }) => element('option', '', `Revision ${number}`))];
      choices.forEach((choice, at) => (choice.value = at === 0 ? 'draft' : `${marks[at - 1].number}`));
      select.replaceChildren(...choices);
      if (choices.some(({ value }) => value === chosen)) select.value = chosen;
      // At first from the live revision to the draft.
      else if (select === selects[0] && app.live !== null) select.value = `${app.live}`;
    }
  }

  /** @param {number} one @param {number} other */
  async function showComparison(one, other) {
    selects[0].value = `${one}`;
    selects[1].value = `${other}`;
    await compareChosen();
    byId('comparison').scrollIntoView({ block: 'nearest' });
  }

  async function compareChosen() {
    const chosen = selects.map((select) => select.value);
    const names = /** @type {[string, string]} */ (chosen.map((value) => (value === 'draft' ? 'The draft' : `Revision ${value}`)));
    const [one, other] = await Promise.all(chosen.map((value) => (value === 'draft' ? draft() : codeOf(Number(value)))));
    // Other choices may have been made in the meantime.
    if (selects.some((select, at) => select.value !== chosen[at])) return;
    byId('comparison').replaceChildren(one && other ? comparison(one, other, names) : element('p', '', 'These could not be read. Try again.'));
  }

  async function draft() {
    const { status, body } = await api.draft(app.id);
    return status === 200 ? /** @type {Code} */ (body) : null;
  }

  /** @param {number | null} number @returns {Promise<Code | null>} */
  async function codeOf(number) {
    if (number === null) return EMPTY;
    const { status, body } = await api.revision(app.id, number);
    return status === 200 ? body : null;
  }

  /* --- Plans and the audit trail ------------------------------------------------------------------ */

  async function showPlans() {
    const { status, body } = await api.plans(app.id);
    const plans = status === 200 ? body.plans : [];
    byId('plans').replaceChildren(
      ...plans.map((/** @type {any} */ plan) => {
        const what = plan.task === 'publish' ? `Revision ${plan.revision} goes live` : `Revision ${plan.revision} is restored`;
        const cancel = button('Cancel this', () => cancelPlan(plan, what), 'small');
        return element('li', '', element('span', '', `${what} on ${moment(plan.at)}, planned by ${plan.plannedBy}.`), cancel);
      }),
    );
    byId('plans').hidden = plans.length === 0;
  }

  /** @param {any} plan @param {string} what is planned */
  function cancelPlan(plan, what) {
    const parts = [element('p', '', `${what} on ${moment(plan.at)}, unless you cancel this.`)];
    confirmInFrame({
      title: 'Cancel the plan?',
      submit: 'Cancel the plan',
      note: null,
      parts,
      async perform() {
        const { status, body } = await api.cancelPlan(app.id, plan.task);
        const failure = status === 204 ? null : `Not cancelled: ${body.detail}.`;
        announce(failure ?? 'The plan was cancelled.');
        await refresh();
        return failure;
      },
    });
  }

  async function showAudit() {
    const { status, body } = await api.audit(app.id, oldest);
    if (status !== 200) return;
    oldest = body.entries.at(-1)?.seq ?? oldest;
    byId('audit').append(
      ...inGroups(body.entries).map((entries) =>
        element('li', '', element('time', 'hint', moment(entries[0].at)), element('span', '', `${entries[0].actor} ${inWords(entries[0], entries.length, endpointName)}`)),
      ),
    );
    byId('more-audit').hidden = !body.more;
  }

  byId('more-revisions').addEventListener('click', showMore);
  byId('more-audit').addEventListener('click', showAudit);
  selects.forEach((select) => select.addEventListener('change', compareChosen));
  await readEndpoints();
  await refresh();
  byId('history').hidden = false;
}

/** Entries one by one, but saves of the draft by the same person that follow each other as one group.
 * @param {any[]} entries */
function inGroups(entries) {
  /** @type {any[][]} */
  const groups = [];
  for (const entry of entries) {
    const first = groups.at(-1)?.[0];
    const joins = first?.action === 'draftSaved' && entry.action === 'draftSaved' && first.actor === entry.actor;
    if (joins) groups.at(-1)?.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** The endpoints whose owners have to delete events, too.
 * @param {string[]} names */
function sentTo(names) {
  return names.length === 0 ? '' : `; sent before, or may have been, to ${names.join(', ')}`;
}

/** An entry of the audit log, without its actor.
 * @param {any} entry @param {number} times @param {(id: string) => string} endpointName */
function inWords(entry, times, endpointName) {
  const why = (/** @type {string} */ text) => (text ? `: ${text}` : '');
  switch (entry.action) {
    case 'created':
      return 'created the app';
    case 'imported':
      return 'brought the app here with its history';
    case 'configured':
      return 'changed the settings';
    case 'draftSaved':
      return times === 1 ? 'saved the draft' : `saved the draft ${times} times`;
    case 'published':
      return `published revision ${entry.revision}${entry.environment === 'staging' ? ' to staging' : ''}${why(entry.note)}`;
    case 'promoted':
      return `put revision ${entry.revision} live from staging`;
    case 'rolledBack':
      return `restored revision ${entry.to} as revision ${entry.revision}${why(entry.note)}`;
    case 'switchedOff':
      return `switched the code off${why(entry.reason)}`;
    case 'switchedOn':
      return `switched the code on${why(entry.reason)}`;
    case 'planned':
      return entry.task === 'publish' ? `planned revision ${entry.revision}` : `planned the return to revision ${entry.revision}`;
    case 'cancelled':
      return entry.task === 'publish' ? 'cancelled the planned publication' : 'cancelled the planned return';
    case 'carriedOut':
      return `put revision ${entry.revision} live as planned`;
    case 'previewLinkMade':
      return `made a preview link that lasts until ${moment(entry.expires)}`;
    case 'previewLinkRevoked':
      return 'revoked a preview link';
    case 'collectConfigured':
      return `changed how events are collected: ${{ off: 'off', refuse: 'as in the catalogue', mark: 'all, with marks' }[/** @type {'off'} */ (entry.settings.mode)] ?? entry.settings.mode}`;
    case 'endpointAdded':
      return `added the endpoint ${entry.name} at ${entry.host}`;
    case 'endpointChanged':
      return `changed the endpoint ${entry.name} at ${entry.host}`;
    case 'endpointMoved':
      return moveInWords(entry, endpointName(entry.endpoint));
    case 'endpointSecretAdded':
      return `made a new key for ${endpointName(entry.endpoint)}`;
    case 'endpointSecretRemoved':
      return `ended a key of ${endpointName(entry.endpoint)}`;
    case 'replayed':
      return `sent ${entry.deliveries} deliveries to ${endpointName(entry.endpoint)} again`;
    case 'eventsForgotten':
      return `deleted the content of ${entry.events} events on request${sentTo((entry.sentTo ?? []).map(endpointName))}`;
    case 'eventTokenMade':
      return `made a token with which ${entry.name} sends events until ${moment(entry.expires)}`;
    case 'eventTokenRevoked':
      return 'revoked a token with which a backend sent events';
    case 'deleted':
      return 'deleted the app';
    case 'restored':
      return 'brought the deleted app back';
    default:
      return entry.action;
  }
}

/** @param {{state: string, agreed?: string, reason: string}} entry @param {string} endpoint */
function moveInWords({ state, agreed, reason }, endpoint) {
  const why = reason ? `: ${reason}` : '';
  if (state === 'active' && agreed === 'skipped' && reason) return `let events go to ${endpoint} without asking it${why}`;
  const words = { active: `let events go to ${endpoint}`, paused: `paused ${endpoint}`, disabled: `disabled ${endpoint}${why}`, removed: `removed ${endpoint}` };
  return words[/** @type {keyof typeof words} */ (state)] ?? `changed ${endpoint}: ${state}${why}`;
}
