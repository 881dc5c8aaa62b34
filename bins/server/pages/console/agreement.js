// @ts-check
/** Asking an endpoint whether it wants events, in the dialog of an endpoint. Its answers are hostile text. */

import { api } from './api.js';
import { announce, byId, element } from './dom.js';
import { exchangeOf, triedOf } from './exchange.js';
import { clearErrors, showProblem } from './fields.js';
import { may } from './session.js';

/**
 * @typedef {import('./endpoints.js').Endpoint} Endpoint
 * @typedef {{question: 'OPTIONS' | 'POST', exchange: import('./exchange.js').Exchange, problem: string | null}} Question
 */

/** @type {Record<Question['question'], string>} */
const QUESTIONS = { OPTIONS: 'Question by OPTIONS', POST: 'Question by POST, signed' };

/** @param {any} app @param {() => boolean} takesEvents whether the app takes any */
export function agreement(app, takesEvents) {
  const control = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (byId(id));
  const say = (/** @type {string} */ text) => (byId('agreement-message').textContent = text);
  /** @type {Endpoint} */
  let endpoint;
  let busy = false;

  /** Shows where an endpoint stands, before it was asked. @param {Endpoint} shown */
  function show(shown) {
    endpoint = shown;
    byId('endpoint-answers').replaceChildren();
    byId('endpoint-tried').replaceChildren();
    /** @type {HTMLDetailsElement} */ (byId('endpoint-skip')).open = false;
    say('');
    judge(`${endpoint.name} has not agreed yet`, 'Nothing goes there before it has.', '');
  }

  /** @param {string} title @param {string} text @param {'good' | 'bad' | ''} level */
  function judge(title, text, level) {
    const isActive = endpoint.state === 'active';
    const verdict = byId('endpoint-verdict');
    verdict.dataset.level = level;
    verdict.replaceChildren(element('h3', '', title), element('p', '', text));
    byId('endpoint-duties').hidden = isActive;
    byId('endpoint-skip').hidden = isActive || endpoint.state !== 'asked' || !may('owner');
    control('endpoint-ask').hidden = isActive;
    control('endpoint-try').hidden = !isActive;
  }

  /** @param {() => Promise<void>} work */
  async function alone(work) {
    if (busy) return;
    busy = true;
    say('');
    await work();
    busy = false;
  }

  /** @param {Endpoint} asked */
  function ask(asked) {
    show(asked);
    return alone(askNow);
  }

  async function askNow() {
    judge(`Asking ${endpoint.host} …`, 'It may take 15 seconds for each of two questions.', '');
    byId('endpoint-duties').hidden = true;
    control('endpoint-ask').focus();
    const { status, body } = await api.askEndpoint(app.id, endpoint.id);
    if (status !== 200) {
      judge('It was not asked', 'Nothing goes there before it has agreed.', 'bad');
      return void say(`Not asked: ${body.detail}.`);
    }
    endpoint = body.endpoint;
    byId('endpoint-answers').replaceChildren(
      ...body.questions.map((/** @type {Question} */ { question, exchange, problem }) => exchangeOf(QUESTIONS[question], exchange, { problem })),
    );
    if (endpoint.state === 'active') agreed('It agreed');
    else judge('It did not agree', 'Nothing goes there. Change its program, then ask again.', 'bad');
    if (endpoint.state === 'active') control('endpoint-try').focus();
  }

  /** @param {string} title */
  function agreed(title) {
    const next = takesEvents() ? 'Events go there from now on.' : 'Events go there once this app takes any: choose so under “Collect events”.';
    judge(title, next, 'good');
    announce(title);
  }

  async function skip() {
    const form = byId('skip-form');
    clearErrors(form);
    const reason = /** @type {HTMLTextAreaElement} */ (byId('skip-reason'));
    const { status, body } = await api.skipAgreement(app.id, endpoint.id, reason.value, endpoint.version);
    if (status === 412) return void say('Not skipped: the endpoint was changed elsewhere in the meantime. Refresh the page, and look again.');
    if (status !== 200) return void say(`Not skipped. ${showProblem(body.detail, { reason: 'skip-reason' })}`);
    endpoint = body;
    reason.value = '';
    agreed('The question was skipped');
    control('endpoint-try').focus();
  }

  async function test() {
    const { status, body } = await api.testEndpoint(app.id, endpoint.id);
    if (status !== 200) return void say(`Not sent: ${body.detail}.`);
    byId('endpoint-tried').replaceChildren(triedOf(body));
    announce('The answer to the test event is shown.');
  }

  control('endpoint-ask').addEventListener('click', () => ask(endpoint));
  control('endpoint-try').addEventListener('click', () => alone(test));
  byId('skip-form').addEventListener('submit', (event) => {
    event.preventDefault();
    alone(skip);
  });

  return ask;
}
