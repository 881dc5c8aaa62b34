// @ts-check
/**
 * The live preview: the text areas' code, published or not, in the real widget in a real parent page. A
 * preview's widget brings a port (pages/preview.js): reports for the timeline come over it, and steps to
 * play go back.
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

/** The pause between steps of a whole call, so that a person can follow it in the widget. */
const PAUSE_MS = 900;

/** How long a run's widget may take to bring its port. */
const CONNECT_MS_MAX = 10_000;

/** How many other messages this window tolerates in a run: as many as the host (docs/protocol.md). */
const STRAY_MESSAGES_MAX = 1000;

/** How many of them the timeline counts. */
const TOLD_STRAYS_MAX = 20;

/** Reasons why nothing runs when the console is opened, as texts in the preview's place. */
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
 * @param {() => number | null} options.published the revision that has this code, if it is live
 * @param {(findings: import('./api.js').Finding[], checked: import('./api.js').Code) => void} options.showFindings
 * @param {(name: string) => string} options.whereTo the endpoints that would get an event of a visitor, in words
 */
export function preview({ app, config, code, areas, published, showFindings, whereTo }) {
  let frame = /** @type {HTMLIFrameElement} */ (byId('live'));
  const log = timeline(areas, app.jar !== 'none', whereTo);
  const context = contextFields(changed);
  const record = runsOf(app.id);
  const entries = watchHistory((added) => log.add({ type: 'history', added }));
  /** Whether nothing runs until a person starts it. */
  let held = false;
  /** Whether the frame runs the current text areas and context fields. */
  let isCurrent = false;
  let runs = 0;
  /** The newest run: the port of its widget, or null if none comes.
   * @type {Promise<MessagePort | null>} */
  let running = Promise.resolve(null);
  /** @type {MessagePort | null} */
  let port = null;
  /** The preview whose port is accepted, the callback that waits for it, and the origin of the page in
   * the frame. */
  let expected = { path: '', connected: (/** @type {MessagePort | null} */ _) => {}, parentOrigin: '' };
  let strays = 0;

  /** @param {string} sentence */
  const say = (sentence) => (byId('run-state').textContent = sentence);

  function changed() {
    if (isCurrent) say('Changed since the last run. Run it or play a call to try the change.');
    isCurrent = false;
  }

  /** Starts the first run. @param {boolean} wanted false: the console opens without a run */
  async function open(wanted) {
    held = true;
    const reason = wanted ? await record.lastEnd() : 'asked';
    // The user may have pressed the button meanwhile.
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

  /** Runs the code again after a publication. */
  function restarted() {
    if (!held) run();
  }

  /** Runs the current code. */
  function run() {
    held = false;
    showHeld();
    isCurrent = true;
    running = begin(++runs);
  }

  /** @param {number} ours the number of this run @returns {typeof running} */
  async function begin(ours) {
    const revision = published();
    const origin = revision === null ? 'your draft' : `revision ${revision}`;
    const sent = code();
    const { status, body } = await api.preview(app.id, sent);
    if (ours !== runs) return null;
    // Text typed meanwhile gets its own findings.
    if (body.diagnostics && isCurrent) showFindings(body.diagnostics, sent);
    if (status !== 201) {
      isCurrent = false;
      say(status === 422 ? 'Not run. Fix the marked problems first.' : `Not run: ${body.detail}.`);
      return null;
    }
    if (isCurrent) say(`Runs ${origin}. Its tags are real: they send real data.`);
    log.begin(`Runs ${origin}`, placesOf(body), sent, body.diagnostics);
    entries.begin();
    disconnect();
    record.running();
    /** @type {typeof running} */
    const widget = new Promise((connected) => {
      const { widget, parent } = body.links;
      expected = { path: new URL(widget).pathname, connected, parentOrigin: new URL(parent).origin };
      setTimeout(connected, CONNECT_MS_MAX, null);
    });
    // Not `src`: a run must not add a history entry.
    frame.contentWindow?.location.replace(body.links.parent + context.query());
    const connected = await widget;
    if (ours !== runs) return null;
    if (connected === null) fail('no_widget');
    return connected;
  }

  /** Drops the widget's port: nothing is played to it or heard from it any more. */
  function disconnect() {
    port?.close();
    port = null;
    strays = 0;
  }

  /** @param {string} reason */
  function fail(reason) {
    isCurrent = false;
    record.endWell();
    say('Not connected. The timeline shows the reason.');
    log.add({ type: 'state', status: 'failed', reason });
  }

  /* --- The widget's port ------------------------------------------------------------------- */

  /** @param {MessageEvent} event */
  function isOffer({ source, isTrusted, origin, data, ports }) {
    // The widget is the first frame of the page in our frame. A look-alike in the sandbox has
    // another window and another origin. `source` is checked first, because reading `data` is the
    // costly part of a flood.
    if (source === null || source !== frame.contentWindow?.[0]) return false;
    if (!isTrusted || origin !== config.widgetOrigin) return false;
    return data?.type === 'c2c-preview' && data.path === expected.path && ports.length === 1;
  }

  /** @param {import('../host/machine.js').State} state the state of the widget's frame */
  function note({ status, reason }) {
    if (reason === 'stalled' || reason === 'hung') record.endBadly(reason);
    else if (status === 'ready') record.ready();
    // The console itself is well in all other cases.
    else if (status === 'failed') record.endWell();
  }

  const giveFocusBack = keepFocus(
    () => frame,
    () => expected.parentOrigin && frame.contentWindow?.postMessage({ c2c: 1, type: 'look' }, expected.parentOrigin),
  );

  /** Whether the page in our frame reports a stolen focus, by `listen()`. @param {MessageEvent} event */
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

  /** Removes the frame immediately: a navigation would have to wait for its turn. @param {string} reason */
  function removeFrame(reason) {
    const fresh = /** @type {HTMLIFrameElement} */ (frame.cloneNode());
    frame.replaceWith(fresh);
    frame = fresh;
    port?.close();
    fail(reason);
  }

  guardScroll(() => frame, new AbortController().signal, () => removeFrame('scrolled'));

  /** Counts other messages. Custom code can post to this window without end, and runs as soon as the
   * console is opened, but the user must be able to type a fix. @param {MessageEvent} event */
  function countStray({ source, origin }) {
    // A closed window has no source; messages of extensions to themselves have this window, and a page around this
    // one has its own.
    if (source === window || source === window.parent) return;
    strays += 1;
    // Only the frame of custom code has an opaque origin here.
    if (origin === 'null' && strays <= TOLD_STRAYS_MAX) log.add({ type: 'stray' });
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
    const current = runs;
    if (name === 'whole') log.callBegins();
    const rating = Number(/** @type {HTMLSelectElement} */ (byId('play-rating')).value);
    for (const [at, step] of stepsOf(name, duration, rating).entries()) {
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      // To this run's widget only: running something else meanwhile ends the play.
      if (ours !== plays || current !== runs) return;
      record.ready();
      widget.postMessage(step);
    }
    if (name === 'whole' && current === runs) log.callPlayed();
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

  return { open, restarted, changed };
}

/** A button's steps. @param {string} name @param {number} duration @param {number} rating @returns {Step[]} */
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
