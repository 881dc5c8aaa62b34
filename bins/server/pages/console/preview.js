// @ts-check
/**
 * The live preview: what is in the text areas, saved or not, in the real widget in a real parent
 * page. The widget of a preview brings a port (pages/preview.js): what happens comes over it into
 * the timeline, and what is to be played goes back.
 */

import { api } from './api.js';
import { contextFields } from './context.js';
import { byId } from './dom.js';
import { keepFocus } from './focus.js';
import { watchHistory } from './history.js';
import { guardScroll } from '../scroll.js';
import { placesOf } from './places.js';
import { runsOf } from './runs.js';
import { timeline } from './timeline.js';

/** @typedef {{step: string, reason?: string, duration?: number, rating?: number}} Step */

/** A whole call is played with pauses, so that one can follow it in the widget. */
const PAUSE_MS = 900;

/** How long the widget of a run may take to bring its port. */
const CONNECT_MS_MAX = 10_000;

/** How many other messages this window bears in a run: as many as the host (docs/protocol.md). */
const STRAY_MESSAGES_MAX = 1000;

/** Why nothing runs when the console is opened: what is said in the preview's place. */
const NOT_RUN = {
  asked: 'You opened this app without running its code.',
  stalled: 'The last run of this code in this browser stalled the page, and was stopped. Change the code first, or run it as it is.',
  hung: 'The last run of this code in this browser hung: it did not answer. Change the code first, or run it as it is.',
  lost: 'The last run of this code in this browser did not end: the page may have hung, or crashed. Change the code first, or run it as it is.',
};

/**
 * @param {object} options
 * @param {any} options.app
 * @param {{widgetOrigin: string}} options.config
 * @param {() => import('./api.js').Code} options.code
 * @param {Record<import('./api.js').AreaName, import('./editor.js').Editor>} options.areas
 * @param {() => boolean} options.isSaved
 * @param {() => number} options.revision
 * @param {(findings: import('./api.js').Finding[]) => void} options.showFindings
 */
export function preview({ app, config, code, areas, isSaved, revision, showFindings }) {
  let frame = /** @type {HTMLIFrameElement} */ (byId('live'));
  const log = timeline(areas);
  const context = contextFields(changed);
  const record = runsOf(app.id);
  const entries = watchHistory((added) => log.add({ type: 'history', added }));
  /** Whether nothing runs until a person says so. */
  let held = false;
  /** Whether the frame runs what the text areas and the context fields say. */
  let isCurrent = false;
  let runs = 0;
  /** The newest run: the port of its widget, or null if it does not come to that.
   * @type {Promise<MessagePort | null>} */
  let running = Promise.resolve(null);
  /** @type {MessagePort | null} */
  let port = null;
  /** Which preview's port is taken, who waits for it, and the origin of the page in the frame. */
  let expected = { path: '', connected: (/** @type {MessagePort | null} */ _) => {}, parentOrigin: '' };
  let strays = 0;

  /** @param {string} sentence */
  const say = (sentence) => (byId('run-state').textContent = sentence);

  function changed() {
    if (isCurrent) say('Changed since. Run it, or play a call, to try the change.');
    isCurrent = false;
  }

  /** The run with which the console opens. @param {boolean} wanted false: it is opened without one */
  async function open(wanted) {
    held = true;
    const reason = wanted ? await record.lastEnd() : 'asked';
    // A person may have pressed the button meanwhile.
    if (!held) return;
    if (reason === null) return run();
    byId('held-text').textContent = NOT_RUN[reason];
    showHeld();
    say('Not run.');
  }

  function showHeld() {
    byId('held').hidden = !held;
    frame.hidden = held;
    byId('no-run').hidden = held;
  }

  /** After a save. */
  function saved() {
    if (!held) run();
  }

  /** Runs the code as it stands. */
  function run() {
    held = false;
    showHeld();
    isCurrent = true;
    running = begin(++runs);
  }

  /** @param {number} ours the number of this run @returns {typeof running} */
  async function begin(ours) {
    const origin = isSaved() ? `revision ${revision()}` : 'your unsaved code';
    const { status, body } = await api.preview(app.id, code());
    if (ours !== runs) return null;
    // What was typed meanwhile has findings of its own.
    if (body.diagnostics && isCurrent) showFindings(body.diagnostics);
    if (status !== 201) {
      isCurrent = false;
      say(status === 422 ? 'Not run: mend what is marked first.' : `Not run: ${body.error}.`);
      return null;
    }
    if (isCurrent) say(`Runs ${origin}. Its tags are real: they send real data.`);
    log.begin(`Runs ${origin}`, placesOf(body));
    entries.begin();
    disconnect();
    record.running();
    /** @type {typeof running} */
    const widget = new Promise((connected) => {
      const { widget, parent } = body.links;
      expected = { path: new URL(widget).pathname, connected, parentOrigin: new URL(parent).origin };
      setTimeout(connected, CONNECT_MS_MAX, null);
    });
    // Not `src`: a run is no step to go back to.
    frame.contentWindow?.location.replace(body.links.parent + context.query());
    const connected = await widget;
    if (ours !== runs) return null;
    if (connected === null) fail('no_widget');
    return connected;
  }

  /** Nobody plays or hears what the widget says from now on. */
  function disconnect() {
    port?.close();
    port = null;
    strays = 0;
  }

  /** @param {string} reason */
  function fail(reason) {
    isCurrent = false;
    record.endWell();
    say('Not connected: the timeline says why.');
    log.add({ type: 'state', status: 'failed', reason });
  }

  /* --- The widget's port ------------------------------------------------------------------- */

  /** @param {MessageEvent} event */
  function isOffer({ source, isTrusted, origin, data, ports }) {
    // The widget is the first frame of the page in our frame. A look-alike in the sandbox has
    // another window and another origin. `source` first: reading `data` of a flood is what costs.
    if (source === null || source !== frame.contentWindow?.[0]) return false;
    if (!isTrusted || origin !== config.widgetOrigin) return false;
    return data?.type === 'c2c-preview' && data.path === expected.path && ports.length === 1;
  }

  /** @param {import('../host/machine.js').State} state of the widget's frame */
  function note({ status, reason }) {
    if (reason === 'stalled' || reason === 'hung') record.endBadly(reason);
    else if (status === 'ready') record.ready();
    // The console itself is well, whatever else the code did.
    else if (status === 'failed') record.endWell();
  }

  const giveFocusBack = keepFocus(
    () => frame,
    () => expected.parentOrigin && frame.contentWindow?.postMessage({ c2c: 1, type: 'look' }, expected.parentOrigin),
  );

  /** The page in our frame says so, by `listen()`. @param {MessageEvent} event */
  function isTheft({ source, isTrusted, origin, data }) {
    if (source === null || source !== frame.contentWindow) return false;
    return isTrusted && origin === expected.parentOrigin && data?.c2c === 1 && data.type === 'focus_stolen';
  }

  addEventListener('message', (event) => {
    if (isTheft(event)) return giveFocusBack();
    if (!isOffer(event)) return countStray(event);
    disconnect();
    port = event.ports[0];
    port.onmessage = ({ data }) => {
      if (data.type === 'state') note(data);
      log.add(data);
    };
    expected.connected(port);
  });

  /** At once: a navigation would have to wait for its turn. @param {string} reason */
  function removeFrame(reason) {
    const fresh = /** @type {HTMLIFrameElement} */ (frame.cloneNode());
    frame.replaceWith(fresh);
    frame = fresh;
    port?.close();
    fail(reason);
  }

  guardScroll(() => frame, new AbortController().signal, () => removeFrame('scrolled'));

  /** Custom code can post to this window without end, and it runs as soon as the console is opened:
   * who wants to mend it must be able to type. @param {MessageEvent} event */
  function countStray({ source }) {
    // A window that is gone has no source; what extensions say to themselves comes from this one.
    if (source === window) return;
    strays += 1;
    if (strays === STRAY_MESSAGES_MAX + 1) removeFrame('flooded');
  }

  /* --- Playing ----------------------------------------------------------------------------- */

  let plays = 0;

  /** @param {string} name */
  async function play(name) {
    const ours = ++plays;
    if (name === 'loaded' || !isCurrent) run();
    if (name === 'loaded') return;
    const widget = await running;
    if (widget === null) return;
    const duration = Math.max(0, Number(/** @type {HTMLInputElement} */ (byId('play-seconds')).value));
    const rating = Number(/** @type {HTMLSelectElement} */ (byId('play-rating')).value);
    for (const [at, step] of stepsOf(name, duration, rating).entries()) {
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (ours !== plays) return;
      // To this run's widget: who runs something else meanwhile ends the play.
      record.ready();
      widget.postMessage(step);
    }
  }

  for (const pressed of document.querySelectorAll('[data-play]')) {
    pressed.addEventListener('click', () => play(/** @type {HTMLElement} */ (pressed).dataset.play ?? ''));
  }
  byId('run').addEventListener('submit', (event) => {
    event.preventDefault();
    plays += 1;
    run();
  });
  byId('run-held').addEventListener('click', run);
  byId('clear').addEventListener('click', log.clear);

  return { open, saved, changed };
}

/** What a button plays. @param {string} name @param {number} duration @param {number} rating @returns {Step[]} */
function stepsOf(name, duration, rating) {
  const survey = { step: 'survey', duration, rating };
  switch (name) {
    case 'whole':
      return [{ step: 'started' }, { step: 'ended', reason: 'remote_hangup', duration }, survey];
    case 'user_hangup':
    case 'remote_hangup':
      return [{ step: 'ended', reason: name, duration }];
    case 'survey':
      return [survey];
    default:
      return [{ step: name, duration }];
  }
}
