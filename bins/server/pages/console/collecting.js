// @ts-check
/** *Collect events*: whether an app takes events, and how long it keeps them. */

import { api } from './api.js';
import { byId } from './dom.js';
import { clearErrors, showProblem } from './fields.js';
import { tell } from './framed.js';
import { may } from './session.js';
import { isFramed } from './surface.js';

/** @typedef {{mode: 'off' | 'refuse' | 'mark', bodyDays: number, metaDays: number, searchKeys: string[]}} Collect */

const FIELDS = { bodyDays: 'collect-body-days', metaDays: 'collect-meta-days', searchKeys: 'collect-keys' };

/** @param {any} app @param {() => Promise<void>} refresh reads the integrations again */
export function collecting(app, refresh) {
  const form = /** @type {HTMLFormElement & {elements: {mode: RadioNodeList}}} */ (byId('collect-form'));
  const field = (/** @type {keyof typeof FIELDS} */ name) => /** @type {HTMLInputElement} */ (byId(FIELDS[name]));
  let edited = 0;
  let isShown = false;
  const changes = may('owner') && !isFramed;
  /** @type {HTMLFieldSetElement} */ (byId('collect-fields')).disabled = !changes;
  byId('collect-reason').hidden = may('owner');

  form.addEventListener('input', () => tell('dirty', { dirty: true }));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save();
  });

  /** @returns {Collect} */
  const typed = () => ({
    mode: /** @type {Collect['mode']} */ (form.elements.mode.value),
    bodyDays: Number(field('bodyDays').value),
    metaDays: Number(field('metaDays').value),
    searchKeys: field('searchKeys').value.split(/[\s,]+/).filter(Boolean),
  });

  /** @param {Collect} settings */
  function fill({ mode, bodyDays, metaDays, searchKeys }) {
    form.elements.mode.value = mode;
    field('bodyDays').value = `${bodyDays}`;
    field('metaDays').value = `${metaDays}`;
    field('searchKeys').value = searchKeys.join(' ');
  }

  async function save() {
    clearErrors(form);
    const { status, body } = await api.collect(app.id, typed(), edited);
    const message = status === 412 ? await explainConflict() : status === 200 ? 'Saved.' : `Not saved. ${showProblem(body.detail, FIELDS)}`;
    if (status === 200) {
      tell('dirty', { dirty: false });
      // Each change raises the version by one.
      edited += 1;
      await refresh();
    }
    byId('collect-message').textContent = message;
  }

  /** The form keeps what was typed; saving again is a decision. */
  async function explainConflict() {
    const { status, body } = await api.integrations(app.id);
    if (status !== 200) return `Not saved: ${body.detail}.`;
    edited = body.collectVersion;
    return `Not saved: this was changed elsewhere in the meantime (${inWords(body.collect)}). Yours is still here; save again to replace the other.`;
  }

  /** Shows the settings; what a person has begun to change stays. @param {Collect} settings @param {number} version */
  return (settings, version) => {
    if (isShown) return;
    isShown = true;
    edited = version;
    fill(settings);
  };
}

/** @param {Collect} settings */
const inWords = ({ mode, bodyDays, metaDays, searchKeys }) =>
  `${{ off: 'off', refuse: 'only as in the catalogue', mark: 'all, with marks' }[mode]}, ${bodyDays} and ${metaDays} days, keys ${searchKeys.join(', ') || 'none'}`;
