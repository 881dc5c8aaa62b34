// @ts-check
/** *Publish…*: the draft becomes a revision, after a look at what changes for visitors. */

import { api } from './api.js';
import { acceptance, ask } from './ask.js';
import { comparison, same } from './compare.js';
import { byId, element, moment } from './dom.js';
import { report } from './framed.js';

/** @typedef {import('./api.js').Code} Code */

const EMPTY = { head: '', bodyEnd: '' };

/**
 * @param {object} options
 * @param {any} options.app as the API describes it; kept current
 * @param {() => Code} options.code
 * @param {ReturnType<typeof import('./saving.js').saving>} options.draft
 * @param {() => number} options.version of the saved draft
 * @param {() => import('./api.js').Finding[]} options.findings of the code
 * @param {(to: string, revision: number) => void} options.published
 */
export function publishing({ app, code, draft, version, findings, published }) {
  const say = (/** @type {string} */ sentence) => (byId('message').textContent = sentence);

  async function open() {
    if (!(await draft.save())) {
      if (byId('message').textContent === 'Not saved yet.') say('Not published: you have typed on. Try again.');
      return;
    }
    const errors = findings().filter(({ severity }) => severity === 'error').length;
    if (errors > 0) return say('Not published. Fix the marked problems first.');
    const { status, body } = await api.app(app.id);
    if (status !== 200) return say(`Not published: ${body.detail}.`);
    Object.assign(app, body);
    const before = await current('live');
    if (!before) return say('Not published: the live revision could not be read. Try again.');
    show(before);
  }

  /** The code in an environment. @param {string} to @returns {Promise<Code | null>} */
  async function current(to) {
    const number = to === 'live' ? app.live : app.staged;
    if (number === null) return EMPTY;
    const { status, body } = await api.revision(app.id, number);
    return status === 200 ? body : null;
  }

  /** @param {Code} live */
  function show(live) {
    const sent = code();
    const checked = version();
    const warnings = findings().length;
    const place = app.staging ? environments(app) : null;
    const later = laterField();
    const name = app.live === null ? 'Nothing is live' : `Live: revision ${app.live}`;
    const off = app.off && element('p', 'warn', 'The app is switched off: visitors get this code when it is switched on again.');
    const changes = same(live, sent) ? element('p', 'hint', 'This code is live already.') : comparison(live, sent, [name, 'Your draft']);
    const accept = warnings > 0 && acceptance(`Publish it in spite of ${warnings === 1 ? '1 warning' : `${warnings} warnings`}`);
    ask({
      title: 'Publish',
      submit: 'Publish',
      note: 'Note for the history (optional)',
      parts: [off, changes, place, later.row, accept].filter((part) => part instanceof Node),
      async perform(note) {
        const to = place?.querySelector('input:checked')?.getAttribute('value') ?? 'live';
        const at = later.value();
        if (at && to === 'staging') return 'Not published: only a publication to visitors can be planned.';
        const replaces = to === 'live' ? app.live : app.staged;
        const { status, body } = await api.publish(app.id, { draft: checked, replaces, to, note, at });
        if (status !== 201) return failure(status, body);
        if (at) say(`Planned: revision ${body.revision} goes live ${moment(at)}.`);
        else {
          app[to === 'live' ? 'live' : 'staged'] = app.newest = body.revision;
          published(to, body.revision);
          report('published', { environment: to, revision: body.revision });
        }
        return null;
      },
    });
  }

  return { open };
}

/** @param {any} app */
function environments(app) {
  const choice = (/** @type {string} */ value, /** @type {string} */ text, /** @type {boolean} */ checked) => {
    const radio = element('input');
    radio.type = 'radio';
    radio.name = 'environment';
    radio.value = value;
    radio.checked = checked;
    return element('label', '', radio, ` ${text}`);
  };
  const staged = app.staged === null ? 'nothing is there yet' : `now revision ${app.staged}`;
  return element(
    'fieldset',
    'choices',
    element('legend', '', 'Where'),
    choice('staging', `Staging (${staged}): only the staging address has it`, true),
    choice('live', 'Live: all visitors get it', false),
  );
}

/** An optional time. */
function laterField() {
  const input = element('input');
  input.type = 'datetime-local';
  input.id = 'publish-at';
  const label = element('label', '', 'Go live at');
  label.htmlFor = input.id;
  const row = element('details', 'later', element('summary', '', 'Publish later'), element('div', 'row', label, input));
  return { row, value: () => (input.value === '' ? null : new Date(input.value).toISOString()) };
}

/** @param {number} status @param {any} body */
function failure(status, body) {
  if (body.code === 'live-conflict') {
    return `Not published: revision ${body.app.live ?? 'none'} is live by now. Close this and look at the changes again.`;
  }
  if (body.code === 'draft-conflict') return 'Not published: the draft was saved elsewhere in the meantime. Close this and compare.';
  return `Not published: ${body.detail}.`;
}
