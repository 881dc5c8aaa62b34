// @ts-check
/** The reference widget: a small click-to-call card with a simulated call. */

import catalogue from './catalogue.js';
import { contextFromQuery, mount } from './host.js';
import { pageFromParent } from './page.js';
import { validating } from './validate.js';

/** How long the simulated agent stays on the line, in seconds; `c2c_agent_seconds` overrides it. */
const AGENT_SECONDS = 120;

const config = JSON.parse(document.body.dataset.config ?? '');
const query = new URLSearchParams(location.search);
// Immediately, because the parent page sends its message once this page has loaded.
const page = pageFromParent(config.parentOrigins);

// Only in the console's live preview, whose widget page names the console.
const preview = config.console ? (await import('./preview.js')).connect(config.console) : null;

const { context } = contextFromQuery(location.search);

/** @type {ReturnType<typeof validating> | null} */
let bridge = null;
/** Events from before there is a bridge. @type {[name: string, fields: Record<string, unknown>][]} */
const early = [];

/** Starts the custom code. @param {string | null} draft the address of a draft in place of the published code */
async function start(draft) {
  const mounted = mount({
    src: draft ?? config.src,
    events: Object.keys(catalogue.events),
    app: config.app,
    // Storage of a draft ends with the page.
    jar: config.keepJar && draft === null ? (await import('./jar.js')).keptJar : undefined,
    // A draft's events are not those of visitors.
    collect: config.collect && draft === null ? (await import('./collect.js')).collectTo({ url: config.collect, page }) : undefined,
    context,
    page,
    parentOrigins: config.parentOrigins,
    ...preview?.options,
  });
  // An event that breaks the catalogue's rules is a mistake in this script. A preview does not send
  // it; on a visitor's page the call goes on, and the page's error handlers get a report.
  bridge = validating(mounted, catalogue, preview?.refuse ?? reportError);
  for (const [name, fields] of early.splice(0)) emit(name, fields);
}

/** Asks the page of a preview link, which may have opened the window. @param {Window} opener */
async function linkedDraft(opener) {
  const { draftFrom, showMark } = await import('./linked.js');
  const draft = await draftFrom(opener, config.app, config.src);
  if (draft !== null) showMark();
  return draft;
}

// The opener of another origin can be reached, but not read. Most visitors have none, and wait for nothing.
const opener = preview === null ? window.top?.opener : null;
// The widget works while it waits for an answer. Without one, whatever the reason, visitors get what is published.
if (opener) linkedDraft(opener).catch(() => null).then(start);
else await start(null);

/** @param {string} name @param {Record<string, unknown>} fields */
function emit(name, fields) {
  if (bridge === null) return void early.push([name, fields]);
  const known = bridge.emit(name, fields);
  preview?.sent({ ...known, data: { ...fields, context } });
}

/** @template {HTMLElement} T @param {string} selector @returns {T} */
const find = (selector) => /** @type {T} */ (document.querySelector(selector));

const card = find('.card');
const status = find('#status');
const timer = find('#timer');

/** Shows one step: its section and nothing else. The first control gets the focus, since the control that
 * had it is gone; but a visitor who is typing elsewhere keeps it.
 * @param {'idle' | 'calling' | 'survey' | 'thanks'} step @param {string} sentence */
function show(step, sentence) {
  card.dataset.step = step;
  for (const section of card.querySelectorAll('section')) section.hidden = section.dataset.for !== step;
  status.textContent = sentence;
  if (document.hasFocus()) find(`[data-for="${step}"] :is(button, input)`).focus();
}

/** @type {{startedAt: number, clock: number, agent: number} | null} */
let call = null;

function startCall() {
  const agentSeconds = Number(query.get('c2c_agent_seconds')) || AGENT_SECONDS;
  call = {
    startedAt: performance.now(),
    clock: window.setInterval(showTime, 250),
    agent: window.setTimeout(() => endCall('remote_hangup'), agentSeconds * 1000),
  };
  showTime();
  show('calling', 'You are connected.');
  emit('call_started', { destinationId: null, routingKey: null, hasFormValues: false });
}

/** Seconds since the visitor started the call. */
const elapsed = () => (call ? (performance.now() - call.startedAt) / 1000 : 0);

function showTime() {
  const seconds = Math.floor(elapsed());
  timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** @param {{clock: number, agent: number}} running */
function stopClock({ clock, agent }) {
  clearInterval(clock);
  clearTimeout(agent);
}

/** @param {'user_hangup' | 'remote_hangup'} reason @param {number} [seconds] if not those on the clock */
function endCall(reason, seconds = elapsed()) {
  if (!call) return;
  const duration = Math.round(seconds * 1000) / 1000;
  stopClock(call);
  call = null;
  show('survey', reason === 'user_hangup' ? 'You ended the call.' : 'The call has ended.');
  emit('call_ended', { duration, reason });
}

/** The call could not be placed, or was dropped. @param {string} code @param {string} message */
function failCall(code, message) {
  const duration = call && Math.round(elapsed() * 1000) / 1000;
  if (call) stopClock(call);
  call = null;
  show('idle', 'The call failed. Please try again.');
  emit('call_error', { code, message, duration });
}

/** @param {SubmitEvent} event */
function sendSurvey(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const rating = Number(new FormData(form).get('rating'));
  const comment = /** @type {HTMLTextAreaElement} */ (find('#comment')).value.trim() || null;
  form.reset();
  show('thanks', 'Your answer was sent.');
  emit('survey_submitted', { rating, comment });
}

find('#call').addEventListener('click', startCall);
find('#again').addEventListener('click', startCall);
find('#hang-up').addEventListener('click', () => endCall('user_hangup'));
find('#survey').addEventListener('submit', sendSurvey);

/** Steps that the console can play, along a visitor's own paths, so a call begins before it ends. */
preview?.takes({
  started() {
    if (!call) startCall();
  },
  ended({ reason, duration }) {
    if (!call) startCall();
    endCall(reason, duration);
  },
  error() {
    failCall('network', 'The connection was lost.');
  },
  survey({ duration, rating }) {
    if (card.dataset.step !== 'survey') this.ended({ reason: 'remote_hangup', duration });
    /** @type {HTMLInputElement} */ (find(`[name="rating"][value="${Number(rating)}"]`)).checked = true;
    /** @type {HTMLFormElement} */ (find('#survey')).requestSubmit();
  },
});

// The card is in the document when a module runs. A frame callback would wait forever in a hidden
// tab, and a call could come before it.
emit('widget_loaded', { isPreview: preview !== null });
