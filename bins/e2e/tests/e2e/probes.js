// Probes of the driver, which mutants.rs runs with the original sources and with mutants of them.
// Each returns the names of the expectations that fail.

const EVENT = { c2c: 1 };

let notice = (/** @type {string[]} */ _failed) => {};

/** The first expectation that fails. It never resolves where all hold. */
export const first = new Promise((resolve) => (notice = resolve));

/** Collects failed expectations. */
function expectations() {
  const failed = [];
  const expect = (name, holds) => {
    if (holds) return;
    failed.push(name);
    notice([name]);
  };
  return { failed, expect };
}

let patience = 0;

/** Sets how long expected effects are awaited: for those that should come, long enough for a busy
 * machine. */
export function waitAtMost(ms) {
  patience = ms;
}

async function until(condition, ms = patience) {
  const end = performance.now() + ms;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const throws = (call) => {
  try {
    call();
    return false;
  } catch {
    return true;
  }
};

/** Whether a listener reads the window's messages: all of our listeners read `source` first. */
function isHeard() {
  let heard = false;
  const event = new MessageEvent('message', { data: 1 });
  Object.defineProperty(event, 'source', { get: () => ((heard = true), null) });
  dispatchEvent(event);
  return heard;
}

export async function jar({ load }) {
  const { keptJar, JAR_LIMITS } = await load('jar.js');
  const { failed, expect } = expectations();
  localStorage.clear();
  expect('an app without an id', throws(() => keptJar('', () => 'o')) && throws(() => keptJar('A b', () => 'o')));
  const change = ['cookie', 'k', 'v', null];
  const fresh = () => keptJar('app', () => 'https://a.example');
  for (const garbage of [
    null, undefined, 7, 'text', { length: 1, every: () => true, 0: change }, [null], ['abcd'], [['cookie', 'k', 'v', null, 'more']],
    [['other', 'k', 'v', null]], [['cookie', 7, 'v', null]], [['cookie', 'k', 7, null]], [['cookie', 'k', 'v', 'soon']],
    [['cookie', 'k', 'v', Infinity]], Array(1025).fill(change),
  ]) {
    let outcome;
    try { outcome = fresh().take(garbage, 0); } catch (error) { outcome = error.name; }
    expect('garbage ' + JSON.stringify(garbage)?.slice(0, 40), outcome === 'garbage');
  }
  expect('nothing of it is kept', localStorage.length === 0);
  const own = fresh();
  const outcomes = Array.from({ length: 22 }, () => own.take([change], 0));
  expect('the burst', outcomes.filter((outcome) => outcome === 'passed').length === JAR_LIMITS.changes_burst);
  expect('the rate', own.take([change], 1000) === 'passed');
  expect('another parent', keptJar('app', () => 'https://b.example').read().cookie.length === 0);
  expect('another app', keptJar('ap', () => 'https://a.example').read().cookie.length === 0);
  expect('an unknown parent', keptJar('app', () => null).read() === undefined);
  keptJar('app', () => null).take([['local', 'x', 'y', null]], 0);
  expect('nothing for an unknown parent', localStorage.length === 1);
  expect('its own', JSON.stringify(own.read()) === '{"cookie":[["k","v",null]],"local":[]}');
  fresh().take([['cookie', 'k', null, null], ['cookie', 'old', 'v', 1], ['local', 'l', 'v', null]], 0);
  localStorage.setItem('c2c-jar app https://a.example local odd', '{"not": "an entry"}');
  localStorage.setItem('c2c-jar app https://a.example local odder', '[7, null, 1]');
  localStorage.setItem('mine', 'm');
  expect('deleted, expired and odd', JSON.stringify(fresh().read()) === '{"cookie":[],"local":[["l","v"]]}');
  fresh().take([['local', 'large', 'x'.repeat(JAR_LIMITS.jar_units_max), null]], 0);
  expect('too large', fresh().read().local.length === 1);
  for (let i = 0; i < 9; i++) keptJar('o' + i, () => 'o').take([['local', 'k', 'x'.repeat(65000), null]], 0);
  expect('all jars together', Object.keys(localStorage).filter((key) => key.startsWith('c2c-jar o')).length === 8);
  fresh().take([['local', 'l', 'w', null]], 0);
  keptJar('other', () => 'https://a.example').take([['local', 'l', 'v', null]], 0);
  fresh().clear();
  expect('cleared', fresh().read().local.length === 0);
  fresh().take([change], 0);
  keptJar('app', () => null).clear();
  expect('cleared for all parents', fresh().read().cookie.length === 0);
  expect('only its own', keptJar('other', () => 'https://a.example').read().local.length === 1 && localStorage.mine === 'm');
  localStorage.clear();
  return failed;
}

/** The reports of a traced document: refused unless the widget asked for them, and checked field by field. */
function trace(diagnosticsTo, limits, expect) {
  const told = [];
  const fresh = (options) => diagnosticsTo((diagnostic) => told.push(diagnostic), options);
  const request = { type: 'request', id: 1, via: 'fetch', method: 'GET', url: 'https://a.example/?q=1', body: '', seq: null };
  const answer = { type: 'answer', id: 1, outcome: 'status', status: 204 };
  const ignored = { type: 'ignored', call: 'alert', text: 'hi', stack: '', seq: 0 };
  for (const one of [request, answer, ignored]) {
    expect(`${one.type} without the option`, fresh().take(one, 0) === 'garbage' && fresh({ trace: false }).take(one, 0) === 'garbage');
    expect(`${one.type} with it`, fresh({ trace: true }).take({ ...one, more: 1 }, 0) === 'passed' && !('more' in told.at(-1)));
  }
  const long = 'x'.repeat(limits.trace_url_units_max + 1);
  for (const [whole, more] of [
    [request, { id: -1 }], [request, { via: 'other ' }], [request, { method: 'x'.repeat(65) }], [request, { url: long }],
    [request, { body: long }], [request, { seq: 'x' }], [request, { seq: undefined }], [answer, { outcome: 'toString' }],
    [answer, { status: -1 }], [answer, { id: '1' }], [ignored, { call: 7 }], [ignored, { text: long }], [ignored, { stack: null }], [ignored, { stack: 7 }],
  ]) expect(`garbage ${JSON.stringify(more).slice(0, 40)}`, fresh({ trace: true }).take({ ...whole, ...more }, 0) === 'garbage');
  const some = fresh({ trace: true });
  const outcomes = Array.from({ length: limits.trace_burst + 5 }, () => some.take(request, 0));
  expect('as many as may come', outcomes.filter((outcome) => outcome === 'passed').length === limits.trace_burst && outcomes.at(-1) === 'refused');
  some.stop();
}

export async function diagnostics({ load }) {
  const { diagnosticsTo, DIAGNOSTIC_LIMITS, TRACE_LIMITS } = await load('diagnostics.js');
  const { failed, expect } = expectations();
  const told = [];
  const fresh = () => diagnosticsTo((diagnostic) => told.push(diagnostic));
  const error = { type: 'error', kind: 'script', message: 'm', source: 'https://u:p@s.example/f?q#h', line: 3, column: 1, stack: '' };
  const long = 'x'.repeat(DIAGNOSTIC_LIMITS.diagnostic_units_max + 1);
  for (const more of [
    { type: 'other' }, { kind: 'other' }, { message: long }, { message: 7 }, { source: null }, { stack: long }, { line: -1 },
    { line: 1.5 }, { line: 2 ** 40 }, { column: '1' }, { type: 'refused', name: 7, reason: 'r' },
    { type: 'refused', name: 'n', reason: 7 }, { type: 'dropped', count: 0 }, { type: 'dropped', count: '1' },
    { type: 'cut_off', source: long }, { type: 'cut_off', source: 7 },
    { type: 'delivered', seq: 0, handlers: 1 },
  ]) {
    let outcome;
    try { outcome = fresh().take({ ...error, ...more }, 0); } catch (thrown) { outcome = thrown.name; }
    expect('garbage ' + JSON.stringify(more).slice(0, 60), outcome === 'garbage');
  }
  expect('nothing of it is told', told.length === 0);
  fresh().take(error, 0);
  expect('a bare URL', told.at(-1)?.source === 'https://s.example/f');
  fresh().take({ type: 'cut_off', source: 'https://u:p@s.example/f?q#h' }, 0);
  expect('a bare URL of a script that did not come', JSON.stringify(told.at(-1)) === '{"type":"cut_off","source":"https://s.example/f"}');
  fresh().take({ ...error, source: 'data:text/javascript,secret' }, 0);
  expect('no data', told.at(-1)?.source === 'data:');
  fresh().take({ ...error, source: 'nothing' }, 0);
  expect('no URL', told.at(-1)?.source === null);
  const stack = 'Error: m\n    at https://u:p@s.example/f?q#h:3:1\n    at g (https://s.example/g?q:4:5)\nh@https://s.example/h:6:7';
  fresh().take({ ...error, stack }, 0);
  expect('callers with bare URLs, without the place itself', JSON.stringify(told.at(-1)?.callers.map(({ source, line }) => [source, line])) === '[["https://s.example/g",4],["https://s.example/h",6]]');
  trace(diagnosticsTo, TRACE_LIMITS, expect);
  told.length = 0;
  const some = fresh();
  const outcomes = Array.from({ length: 30 }, () => some.take(error, 0));
  expect('the burst', told.length === DIAGNOSTIC_LIMITS.diagnostic_burst);
  expect('refused', outcomes.filter((outcome) => outcome === 'refused').length === 10);
  some.take({ type: 'dropped', count: 7 }, 0);
  await until(() => told.some(({ type }) => type === 'dropped'));
  expect('what was dropped', JSON.stringify(told.at(-1)) === '{"type":"dropped","count":17}');
  expect('the rate', some.take(error, 1000) === 'passed');
  const reports = fresh();
  reports.sent(Array.from({ length: 1025 }, (_, seq) => ({ seq, name: 'n' + seq })));
  const report = (seq, handlers) => reports.take({ type: 'delivered', seq, handlers }, 0);
  expect('forgotten', report(0, 1) === 'garbage');
  expect('too many handlers', report(1, DIAGNOSTIC_LIMITS.handlers_max + 1) === 'garbage');
  expect('handlers that are no number', report(1, '1') === 'garbage');
  expect('once', report(1, 1) === 'passed' && report(1, 1) === 'garbage');
  expect('its own name', told.at(-1).name === 'n1');
  reports.stop();
  expect('stopped', report(2, 1) === 'garbage');
  reports.refused('x'.repeat(2000), 'form', 0);
  expect('a long name is cut', told.at(-1).name.length === DIAGNOSTIC_LIMITS.diagnostic_units_max);
  reports.refused({}, 'form', 0);
  expect('a name that is none', told.at(-1).name === 'object');
  told.length = 0;
  const ended = fresh();
  for (let i = 0; i < 30; i++) ended.take(error, 0);
  const before = told.length;
  ended.stop();
  await new Promise((resolve) => setTimeout(resolve, DIAGNOSTIC_LIMITS.dropped_delay_ms + 50));
  expect('nothing after the end', told.length === before);
  return failed;
}

/** The requests, times and listeners by which events are sent, and the places where `mount` hands them on. */
export async function collect_({ load, frame, parentOrigin, ask }) {
  const { failed, expect } = expectations();
  const { setTimeout: later, clearTimeout: never, addEventListener: listen } = window;
  const [sent, waits, cleared, beacons, blobs, timeouts, listeners] = [[], [], [], [], [], [], {}];
  let hidden = false;
  let looks = 0;
  window.fetch = (url, init) => new Promise((resolve, reject) => sent.push({ url, init, resolve, reject }));
  window.setTimeout = (call, ms) => (ms >= 1000 ? -waits.push({ call, ms }) : later(call, ms));
  window.clearTimeout = (timer) => (cleared.push(timer), never(timer));
  window.Blob = class extends Blob { constructor(parts, options) { super(parts, options); blobs.push(options); } };
  window.addEventListener = (type, call, options) => ((listeners[type] = options), listen.call(window, type, call, options));
  Object.defineProperty(navigator, 'sendBeacon', { configurable: true, value: (url, body) => beacons.push({ url, body }) });
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => ((looks += 1), hidden) });
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => (timeouts.push(ms), timeout.call(AbortSignal, ms));
  Math.random = () => 0.5;
  const turn = () => new Promise((resolve) => later(resolve));
  const answer = async (at, status, headers) => {
    sent[at]?.resolve({ status, headers: new Headers(headers) });
    await turn();
  };
  let seq = 0;
  const event = (name) => () => ({ name, data: { context: {} }, timestamp: 't', id: 'i', seq: seq++ });
  const eventsIn = (body) => JSON.parse(body ?? '{}').events?.map(({ name }) => name).join();

  const { collectTo } = await load('collect.js');
  expect('a page is not needed', !throws(() => collectTo({ url: '/e/demo' }).stop()));
  let tell;
  const collect = collectTo({ url: '/e/demo', page: (use) => (tell = use) });
  collect.consent('granted');
  collect.take(event('a'));
  expect('a second', waits[0]?.ms === 1000 && sent.length === 0);
  waits[0]?.call();
  const { url, init } = sent[0] ?? {};
  expect('the address', url === '/e/demo');
  expect('a POST of JSON', init?.method === 'POST' && new Headers(init.headers).get('content-type') === 'application/json');
  expect('no more than it needs', init?.credentials === 'omit' && init.redirect === 'error' && init.referrerPolicy === 'no-referrer');
  expect('an origin', init?.mode === undefined);
  expect('it outlives the page', init?.keepalive === true);
  expect('no page yet', init && !('page' in JSON.parse(init.body)));
  expect('nothing inherits', init && Object.getPrototypeOf(init) === null && Object.getPrototypeOf(listeners.pagehide ?? {}) === null);
  expect('not for ever', timeouts[0] === 30000 && init?.signal instanceof AbortSignal);
  await answer(0, 503, { 'retry-after': '7' });
  expect('the server says when', waits[1]?.ms === 7875);
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  expect('also to a page that is hidden', sent.length === 1);
  hidden = false;
  expect('one time at once', cleared.at(-1) === -1);
  waits[1]?.call();
  expect('the same again', sent[1]?.init.body === init?.body);
  sent[1]?.reject(new TypeError('no network'));
  await turn();
  expect('no answer', waits[2]?.ms === 2250);
  waits[2]?.call();
  expect('then without keepalive', sent[2]?.init.keepalive === false);
  await answer(2, 200);
  tell({ url: 'https://shop.example/' });
  collect.take(event('b'));
  expect('a wait for the next', waits[3]?.ms === 1000 && sent.length === 3);
  dispatchEvent(new Event('pagehide'));
  expect('at pagehide', eventsIn(sent[3]?.init.body) === 'b');
  expect('the page', JSON.parse(sent[3]?.init.body ?? '{}').page === 'https://shop.example/');
  await answer(3, 200);
  collect.take(event('c'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect('not while it is visible', sent.length === 4);
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  expect('when it is hidden', eventsIn(sent[4]?.init.body) === 'c');
  await answer(4, 200);

  const keepalive = Object.getOwnPropertyDescriptor(Request.prototype, 'keepalive');
  delete Request.prototype.keepalive;
  collect.take(event('d'));
  dispatchEvent(new Event('pagehide'));
  const beacon = beacons[0];
  expect('a beacon', beacon?.url === '/e/demo' && beacon.body.type === 'application/json' && eventsIn(await beacon.body.text()) === 'd');
  expect('its options do not inherit', blobs[0] && Object.getPrototypeOf(blobs[0]) === null);
  expect('no request beside it', sent.length === 5);
  waits.at(-1)?.call();
  expect('again, since nothing is known', eventsIn(sent[5]?.init.body) === 'd' && beacons.length === 1);
  Object.defineProperty(Request.prototype, 'keepalive', keepalive);
  await answer(5, 200);

  collect.take(event('e'));
  const { signal } = listeners.pagehide ?? {};
  collect.stop();
  expect('the rest', eventsIn(sent[6]?.init.body) === 'e');
  looks = 0;
  document.dispatchEvent(new Event('visibilitychange'));
  expect('nothing listens', looks === 0 && signal?.aborted);
  collect.take(event('f'));
  await answer(6, 503);
  expect('nothing more', sent.length === 7 && eventsIn(sent[6]?.init.body) === 'e');

  window.setTimeout = later;
  window.addEventListener = listen;
  const { mount } = await load('host.js');
  const container = document.body.appendChild(document.createElement('div'));
  const calls = [];
  const spy = {
    take: (make) => calls.push(`take ${make().name}`),
    consent: (decision) => calls.push(`consent ${decision}, ${bridge?.state.status}`),
    stop: () => calls.push('stop'),
  };
  let bridge;
  bridge = mount({ events: [], src: frame, container, collect: spy, consent: 'pending', parentOrigins: [parentOrigin] });
  bridge.emit('facts', {});
  expect('no decision that is none', throws(() => bridge.setConsent('yes')));
  bridge.setConsent('granted');
  await until(() => calls.includes('take custom:facts'));
  bridge.setConsent('denied');
  bridge.destroy();
  bridge.emit('late', {});
  expect('handed on', calls.join('; ') === 'consent pending, undefined; take facts; consent granted, waiting; take custom:facts; consent denied, ready; stop');
  expect('the parent page as before', (await ask({})).map(({ name }) => name).join() === 'facts,custom:facts');
  container.remove();
  return failed;
}

/** The immediate effects of `mount`. */
export async function arguments_({ load, frame, parentOrigin }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const options = { src: frame, consent: 'pending' };
  const { setInterval: set } = window;
  let timers = 0;
  window.setInterval = (...given) => ((timers += 1), set(...given));
  for (const [what, wrong] of Object.entries({
    'a decision that is none': { consent: 'yes' },
    'no container': { container: null },
    'no container, once it is needed': { container: null, consent: 'granted' },
    'a container that takes no frame': { container: document, consent: 'granted' },
    'no URL': { src: 'https://' },
    'no URL, once it is needed': { src: 'https://', consent: 'granted' },
    'no names of events': { events: undefined },
    'names that are no list': { events: { every: () => true, map: () => [] } },
    'a name that no event has': { events: ['chat.closed', 'chat closed'] },
  })) {
    expect(what, throws(() => mount({ events: [], ...options, parentOrigins: [parentOrigin], ...wrong })));
    expect(what + ': nothing is left', timers === 0 && !isHeard());
  }
  window.setInterval = set;
  const states = [];
  const bridge = mount({ events: [], ...options, onState: (state) => states.push(state.status) });
  expect('no state before it returns', states.length === 0 && bridge.state.status === 'waiting');
  for (const name of ['', 'a b', '-a', 'custom:x', 'x'.repeat(65), '1a']) {
    expect('the name ' + name, throws(() => bridge.emit(name, {})));
  }
  expect('the longest name', !throws(() => bridge.emit('x'.repeat(64), {})));
  for (const fields of [null, 7, [], 'text', undefined]) {
    expect('fields ' + JSON.stringify(fields), throws(() => bridge.emit('name', fields)));
  }
  const fields = { a: { b: 1 } };
  const event = bridge.emit('name', fields);
  fields.a.b = 2;
  expect('a copy', event.json === '{"a":{"b":1}}');
  bridge.destroy();
  expect('told', states.join() === 'destroyed');
  return failed;
}

/** The element, and the environment of its document. */
export async function element({ load, frame }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const container = document.body.appendChild(document.createElement('div'));
  const heard = [];
  const options = { src: frame + '#old', container, context: { c2cKey: 'x', k: 'v' } };
  const bridge = mount({ events: [], ...options, onCustomEvent: ({ name, data }) => heard.push([name, data]) });
  const iframe = container.firstChild;
  const style = getComputedStyle(iframe);
  expect('invisible', style.opacity === '0' && iframe.offsetWidth === 1 && style.pointerEvents === 'none' && style.display !== 'none');
  expect('without scroll bars', iframe.scrolling === 'no');
  expect('not for the keyboard, and not for assistive technology', iframe.inert && iframe.title !== '');
  expect('the boot name', iframe.name !== '');
  await until(() => bridge.state.status === 'ready');
  expect('no name afterwards', bridge.state.status === 'ready' && !iframe.hasAttribute('name'));
  bridge.emit('facts', {});
  await until(() => heard.length);
  const facts = heard[0]?.[1];
  expect('prefixed', heard[0]?.[0] === 'custom:facts');
  expect('opaque', facts?.self === 'null');
  expect('no referrer', facts?.referrer === '');
  expect('credentialless', facts?.credentialless === (('credentialless' in HTMLIFrameElement.prototype) || undefined));
  expect('a nonce', /^[0-9a-f]{32}$/.test(facts?.nonce));
  const boot = JSON.parse(facts?.boot ?? '{}');
  expect('boot', JSON.stringify(boot) === JSON.stringify({ c2c: 1, origin: location.origin, app: '', context: { k: 'v' } }));
  bridge.destroy();
  expect('removed', container.childElementCount === 0);
  const seen = mount({ events: [], ...options, visible: true });
  const shown = container.firstChild;
  expect('visible', getComputedStyle(shown).opacity === '1' && !shown.inert);
  seen.destroy();
  let tell;
  const waiting = mount({ events: [], ...options, page: (use) => (tell = use) });
  expect('waits for the page', container.childElementCount === 0);
  tell({ url: 'u' });
  expect('the page in the boot name', JSON.parse(container.firstChild?.name ?? '{}').page?.url === 'u');
  waiting.restart();
  waiting.destroy();
  tell({ url: 'u' });
  expect('not once it is over', container.childElementCount === 0);
  container.remove();
  return failed;
}

/** Which window may say what. */
export async function windows({ load, frame, inside }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const container = document.body.appendChild(document.createElement('div'));
  const heard = [];
  const errors = [];
  const onError = ({ message }) => errors.push(message);
  addEventListener('error', onError);
  // On a slow machine, a heartbeat would send an extra ping.
  const limits = { heartbeat_ms: 1e9 };
  const onCustomEvent = ({ name, data }) => heard.push([name, data]);
  const begin = () => mount({ events: [], src: frame, container, limits, onCustomEvent });
  // Its load comes before or after the hello, and it pings or does not.
  const ready = async (bridge) => {
    const loaded = new Promise((resolve) => container.firstChild?.addEventListener('load', resolve));
    await until(() => bridge.state.status === 'ready');
    await loaded;
  };
  const pings = async (bridge) => {
    heard.length = 0;
    bridge.emit('facts', {});
    return (await until(() => heard[0]))?.[1].pings;
  };
  const bridge = begin();
  await ready(bridge);
  const iframe = container.firstChild;

  // Values that are no windows, or windows that are gone.
  const gone = document.body.appendChild(document.createElement('iframe'));
  const source = gone.contentWindow;
  gone.remove();
  for (const lost of [null, source]) {
    let event;
    // WebKit creates no event for a window that is gone.
    try { event = new MessageEvent('message', { source: lost, data: 1 }); } catch { continue; }
    dispatchEvent(event);
  }
  expect('no error for a window that is gone', errors.length === 0);
  // Others may send anything, any number of times.
  for (let i = 0; i < 100; i++) window.postMessage(i, '*');
  await new Promise((resolve) => setTimeout(resolve));
  expect('messages of others do not count', bridge.state.status === 'ready');

  // The load of a replaced element does not count for the new one.
  bridge.restart();
  const next = container.firstChild;
  expect('a new element', next !== iframe && container.childElementCount === 1);
  await ready(bridge);
  const before = await pings(bridge);
  iframe.dispatchEvent(new Event('load'));
  expect('no ping for the old element', (await pings(bridge)) === before);
  next.dispatchEvent(new Event('load'));
  expect('a ping for its own', (await pings(bridge)) === before + 1);

  // A frame inside the frame floods.
  bridge.emit('nested', { code: 'for (let i = 0; i < 100; i++) parent.parent.postMessage(i, "*");' });
  await until(() => bridge.state.status === 'failed');
  expect('a flood from inside', bridge.state.reason === 'flooded' && container.childElementCount === 0);
  bridge.destroy();
  // Messages are not read any more.
  expect('no listener is left', !isHeard());

  // The hello of a frame inside the frame.
  const insiders = mount({ events: [], src: inside, container });
  await new Promise((resolve) => addEventListener('message', ({ data }) => data === 'fence' && resolve()));
  expect('not the hello of a frame inside', insiders.state.status === 'connecting');
  insiders.destroy();

  // A transferred port is of no use once its frame is gone.
  const passing = begin();
  await ready(passing);
  // WebKit crashes if a port with pending messages is transferred.
  await pings(passing);
  heard.length = 0;
  const passed = new Promise((resolve) => addEventListener('message', ({ data, ports }) => data === 'port' && resolve(ports[0])));
  passing.emit('port', {});
  const port = await passed;
  port.postMessage({ type: 'emit', name: 'before', json: '{}' });
  await until(() => heard.length);
  passing.restart();
  await until(() => passing.state.status === 'ready');
  port.postMessage({ type: 'emit', name: 'after', json: '{}' });
  passing.emit('facts', {});
  await until(() => heard.some(([name]) => name === 'custom:facts'));
  expect('an old port', heard.map(([name]) => name).join() === 'custom:before,custom:facts');
  passing.destroy();
  removeEventListener('error', onError);
  container.remove();
  return failed;
}

/** Time, and the state at the end. */
export async function end({ load, frame, silent }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const container = document.body.appendChild(document.createElement('div'));
  const timers = new Set();
  const { setInterval: set, clearInterval: clear } = window;
  window.setInterval = (...given) => { const timer = set(...given); timers.add(timer); return timer; };
  window.clearInterval = (timer) => { timers.delete(timer); clear(timer); };
  let stopped = 0;
  const diagnostics = { take: () => 'passed', sent() {}, refused() {}, stop: () => (stopped += 1) };
  const bridge = mount({ events: [], src: frame, container, diagnostics });
  await until(() => bridge.state.status === 'ready');
  expect('one timer', timers.size === 1);
  bridge.destroy();
  expect('no timer is left', timers.size === 0);
  expect('diagnostics are stopped', stopped === 1);
  expect('destroyed', bridge.state.status === 'destroyed' && bridge.restart() === false);
  window.setInterval = set;
  window.clearInterval = clear;

  // Before and at the load of this page.
  Object.defineProperty(document, 'readyState', { configurable: true, get: () => 'interactive' });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const loaded = () => dispatchEvent(new Event('load'));
  const waiting = mount({ events: [], src: frame, container });
  loaded();
  expect('nothing before the load is over', container.childElementCount === 0);
  waiting.restart();
  await pause();
  expect('nothing of an element that was replaced', container.childElementCount === 0);
  loaded();
  await until(() => waiting.state.status === 'ready');
  expect('then one', container.childElementCount === 1);
  waiting.destroy();
  const gone = mount({ events: [], src: frame, container });
  loaded();
  gone.destroy();
  await pause();
  expect('nothing after the end', container.childElementCount === 0);
  delete document.readyState;

  let visibility = 'hidden';
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => visibility === 'hidden' });
  const late = mount({ events: [], src: silent, container, limits: { hello_ms: 100, tick_ms: 10 } });
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect('no time passes while the page is hidden', late.state.status === 'connecting');
  visibility = 'visible';
  await until(() => late.state.status === 'failed');
  expect('then it does', late.state.reason === 'refused');
  delete document.hidden;
  late.destroy();
  container.remove();
  return failed;
}

/** The focus of this page. Thefts are awaited for `stealing` milliseconds: in some engines they never come. */
export async function focus({ load, frame, ask, stealing }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const container = document.body.appendChild(document.createElement('div'));
  const [input, other] = ['input', 'input'].map((name) => container.appendChild(document.createElement(name)));
  window.focus();
  other.focus();
  const start = async (more) => {
    const bridge = mount({ events: [], src: frame, container, ...more });
    await until(() => bridge.state.status === 'ready');
    return bridge;
  };
  // Firefox drops a change of focus that crosses another one on its way, so the request is
  // repeated.
  const steal = (bridge) => until(() => bridge.state.status === 'failed' || void bridge.emit('steal', {}), stealing);
  const guarded = await start();
  input.focus();
  // The guard has looked twice by then, and knows who had the focus.
  await new Promise((resolve) => setTimeout(resolve, 150));
  await steal(guarded);
  expect('removed', guarded.state.reason === 'focus_theft' && container.childElementCount === 2);
  await until(() => document.activeElement === input);
  expect('given back to what had it last', document.activeElement === input);
  guarded.destroy();

  // This page gets no event when the parent page had the focus: it has to check by itself.
  const above = await start();
  await until(() => !document.hasFocus() || void ask({ focus: true }));
  await steal(above);
  expect('removed, when the parent page had it', above.state.reason === 'focus_theft');
  above.destroy();
  window.focus();

  // A removed frame has no guard that could mistake the next one for it.
  const restarted = await start();
  expect('restarted', restarted.restart());
  await until(() => restarted.state.status === 'ready');
  input.focus();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect('no theft', restarted.state.status === 'ready' && document.activeElement === input);
  restarted.destroy();

  const visible = await start({ visible: true });
  container.lastChild.focus();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect('a visible one keeps it', visible.state.status === 'ready' && document.activeElement === container.lastChild);
  visible.destroy();
  container.remove();
  return failed;
}

/** Whether the parent page is heard, and what it hears. `ask(command)` makes it act. */
export async function parent_({ load, frame, ask, parentOrigin }) {
  const { mount } = await load('host.js');
  const { failed, expect } = expectations();
  const container = document.body.appendChild(document.createElement('div'));
  const options = { src: frame, container, consent: 'pending', parentConsent: true };
  const say = (message) => ask({ say: message });
  const decision = (consent, more) => ({ ...EVENT, type: 'consent', consent, ...more });
  const heard = async () => (await ask({ heard: true })).filter(({ name }) => name).map(({ name }) => name).join();
  const statusAfter = async (more, message, how = say) => {
    const bridge = mount({ events: [], ...options, parentOrigins: [parentOrigin], ...more });
    await how(message);
    const { status } = bridge.state;
    bridge.destroy();
    return status;
  };
  const granted = decision('granted');
  expect('its decision counts', (await statusAfter({}, granted)) === 'connecting');
  expect('if it may', (await statusAfter({ parentConsent: false }, granted)) === 'waiting');
  expect('of this protocol', (await statusAfter({}, { type: 'consent', consent: 'granted' })) === 'waiting');
  expect('of this type', (await statusAfter({}, { ...granted, type: 'other' })) === 'waiting');
  expect('of a page that may embed', (await statusAfter({ parentOrigins: ['https://other.example'] }, granted)) === 'waiting');
  expect('not if none may', (await statusAfter({ parentOrigins: [] }, granted)) === 'waiting');
  const errors = [];
  const onError = (event) => { errors.push(event.message); event.preventDefault(); };
  addEventListener('error', onError);
  for (const odd of [null, 7]) expect('odd ' + odd, (await statusAfter({}, odd)) === 'waiting');
  expect('no errors ' + errors, errors.length === 0);
  expect('a decision that is none', (await statusAfter({}, decision('perhaps'))) === 'waiting');
  removeEventListener('error', onError);
  expect('it is told ' + errors, errors.join().includes('consent: one of'));
  expect('a flood is its word', (await statusAfter({ consent: 'granted' }, { ...EVENT, type: 'flooded' })) === 'failed');
  const forged = (message) => {
    dispatchEvent(new MessageEvent('message', { source: window.parent, origin: parentOrigin, data: message }));
  };
  expect('not forged', (await statusAfter({}, granted, forged)) === 'waiting');
  const self = async (message) => {
    window.postMessage(message, '*');
    await ask({});
  };
  expect('not of another window', (await statusAfter({ parentOrigins: [parentOrigin, location.origin] }, granted, self)) === 'waiting');
  let bridge = mount({ events: [], ...options, parentOrigins: [parentOrigin] });
  bridge.destroy();
  expect('no listener is left', !isHeard());

  await ask({ forget: true });
  bridge = mount({ events: [], ...options, parentOrigins: ['https://other.example'] });
  bridge.emit('to_another', {});
  bridge.destroy();
  bridge = mount({ events: [], ...options, parentOrigins: [] });
  bridge.emit('without_listener', {});
  bridge.destroy();
  bridge = mount({ events: [], ...options, parentOrigins: ['https://other.example', parentOrigin] });
  bridge.emit('to_it', {});
  bridge.destroy();
  expect('only what is for it', (await heard()) === 'to_it');
  container.remove();
  return failed;
}

/** `listen`, in the parent page; `ask(command)` makes the widget act. */
export async function listen_({ load, ask, widget, widgetOrigin, sibling }) {
  const { listen } = await load('listen.js');
  const { failed, expect } = expectations();
  for (const wrong of ['', 'widget.example', 'https://widget.example/', 'null']) {
    let said;
    try { listen({ frame: widget, widgetOrigin: wrong, onEvent() {} }); } catch ({ message }) { said = message; }
    expect('the origin ' + wrong, said?.startsWith('listen: '));
    try { listen({ frame: widget, widgetOrigin, onEvent() {}, above: wrong }); said = ''; } catch ({ message }) { said = message; }
    expect('the origin above ' + wrong, said.startsWith('listen: '));
  }
  const events = [];
  const given = { frame: widget, widgetOrigin, onEvent: (event) => events.push(event) };
  let listening = listen(given);
  const envelope = { name: 'n', data: {}, timestamp: 't', id: 'i', seq: 0 };
  const after = async (message) => {
    events.length = 0;
    await ask({ say: message });
    return events.length;
  };
  expect('an envelope', (await after(envelope)) === 1);
  const errors = [];
  const onError = (event) => { errors.push(event.message); event.preventDefault(); };
  addEventListener('error', onError);
  for (const odd of [null, 7, { name: 7 }, { data: 7 }, { data: null }, { timestamp: 7 }, { id: 7 }, { seq: '7' }]) {
    const message = odd && typeof odd === 'object' ? { ...envelope, ...odd } : odd;
    expect('odd ' + JSON.stringify(odd), (await after(message)) === 0);
  }
  removeEventListener('error', onError);
  expect('no errors ' + errors, errors.length === 0);
  events.length = 0;
  const source = widget.contentWindow;
  dispatchEvent(new MessageEvent('message', { source, origin: widgetOrigin, data: envelope }));
  expect('not forged', events.length === 0);
  listening.stop();
  expect('stopped', (await after(envelope)) === 0);

  const other = listen({ ...given, widgetOrigin: 'https://other.example' });
  expect('of the right origin', (await after(envelope)) === 0);
  other.stop();
  const wrongFrame = listen({ ...given, frame: sibling });
  expect('of the right window', (await after(envelope)) === 0);
  wrongFrame.stop();

  // Floods that reach this page past the widget: only from a frame in an opaque origin inside the
  // widget.
  const reports = async (code, sandbox, nest = (frame) => ask({ nest: frame })) => {
    await ask({ forget: true });
    const over = new Promise((resolve) => addEventListener('message', ({ data }) => data === 'over' && resolve()));
    await nest({ code: `${code}; top.postMessage('over', '*')`, sandbox });
    await over;
    return (await ask({ heard: true })).filter((data) => data?.type === 'flooded').length;
  };
  // With the last message nearly enough for a third report: a page on a busy machine tolerates some more meanwhile.
  const flood = "for (let i = 0; i < 75; i++) top.postMessage(i, '*')";
  listening = listen(given);
  expect('reports a flood, and not each message of it', (await reports(flood, true)) === 2);
  expect('not of a frame with an origin', (await reports(flood, false)) === 0);
  expect('not of a frame of this page', (await reports(flood, true, nested)) === 0);
  listening.stop();
  expect('nothing when stopped', (await reports(flood, true)) === 0);

  listening = listen(given);
  const input = document.body.appendChild(document.createElement('input'));
  const another = document.body.appendChild(document.createElement('input'));
  const focusAfter = async (message, from) => {
    input.focus();
    from();
    await ask({ say: message });
    await ask({});
    return document.activeElement;
  };
  const stolen = { ...EVENT, type: 'focus_stolen' };
  expect('given back', (await focusAfter(stolen, () => input.blur())) === input);
  expect('given back from the frame', (await focusAfter(stolen, () => widget.focus())) === input);
  expect('not if the visitor went on', (await focusAfter(stolen, () => another.focus())) === another);
  expect('only when told so', (await focusAfter({ ...stolen, type: 'x' }, () => input.blur())) === document.body);
  expect('only in this protocol', (await focusAfter({ type: 'focus_stolen' }, () => input.blur())) === document.body);
  // This page is on top, so it is its own parent.
  const above = async (origin, from) => {
    listening.stop();
    listening = listen({ ...given, above: origin });
    await ask({ forget: true });
    const heard = [];
    const hear = ({ source, data }) => source === window && heard.push(data.type);
    addEventListener('message', hear);
    if (from === 'widget') await ask({ say: stolen });
    else from.eval(`parent.postMessage({ c2c: 1, type: 'look' }, '*')`);
    if (from === window) window.postMessage({ c2c: 1, type: 'other' }, '*');
    await ask({});
    await ask({});
    removeEventListener('message', hear);
    const looks = (await ask({ heard: true })).filter((data) => data?.type === 'look').length;
    return `${heard}, ${looks}`;
  };
  const here = location.origin;
  expect('tells the page above', (await above(here, 'widget')) === 'focus_stolen, 0');
  expect('and no other', (await above('https://other.example', 'widget')) === ', 0');
  expect('and none unless it is asked to', (await above(undefined, 'widget')) === ', 0');
  expect('looks for the page above', (await above(here, window)) === 'look,other, 1');
  expect('and for no other window', (await above(here, sibling.contentWindow)) === ', 0');
  expect('and for no other origin', (await above('https://other.example', window)) === 'look,other, 0');
  listening.stop();
  listening = listen(given);
  await ask({ forget: true });
  widget.focus();
  await ask({});
  const told = async () => JSON.stringify((await ask({ heard: true })).filter(({ c2c }) => c2c).map(({ type, consent }) => consent ?? type));
  const looks = await told();
  expect('asks the widget to look ' + looks, looks.includes('look'));
  await ask({ forget: true });
  listening.setConsent('granted');
  widget.dispatchEvent(new Event('load'));
  const words = await told();
  expect('says who it is, and what was decided ' + words, words === '["granted","listening","granted"]');
  listening.stop();

  const introduced = async (more) => {
    await ask({ forget: true });
    const { stop } = listen({ ...given, ...more });
    widget.dispatchEvent(new Event('load'));
    stop();
    return (await ask({ heard: true })).find(({ type }) => type === 'listening')?.page;
  };
  const { href } = location;
  history.replaceState(null, '', '?gclid=1&secret=2#secret');
  const page = await introduced({ page: true });
  history.replaceState(null, '', href);
  expect('tells its page', page?.url === href.split('?')[0] + '?gclid=1' && page.title === document.title);
  expect('only where it is asked to', (await introduced({})) === undefined);
  input.remove();
  another.remove();
  return failed;
}

/** The sources of `mount({ page })`; `ask(command)` makes the parent page send something. */
export async function page_({ load, ask, parentOrigin }) {
  const { pageFromParent, pageOf } = await load('page.js');
  const { failed, expect } = expectations();
  const from = (source) => new Promise((resolve) => {
    source(resolve);
    setTimeout(resolve, patience, 'never told');
  });
  const urls = [
    ['https://shop.example/a/b?utm_source=x&q=secret&gclid=1#secret', 'https://shop.example/a/b?utm_source=x&gclid=1'],
    ['https://user:secret@shop.example:8443/', 'https://shop.example:8443/'],
    ['http://shop.example', 'http://shop.example/'],
    ['https://shop.example/?utm_campaign=a%26b+c&utm_campaign=d', 'https://shop.example/?utm_campaign=a%26b+c&utm_campaign=d'],
    ['https://shop.example/?xgclid=1&gclid2=1&UTM_SOURCE=x&utm_secret=1&_gl=1', 'https://shop.example/'],
    ['https://shop.example/' + 'x'.repeat(2048), ''],
    ['https://shop.example/?q=' + 'x'.repeat(4096), 'https://shop.example/'],
    ['file:///etc/secret', ''],
    ['javascript:1', ''],
    ['data:text/html,secret', ''],
    ['blob:https://shop.example/secret', ''],
    ['/relative', ''],
    ['', ''],
    [7, ''],
    [null, ''],
    [{ toString: () => 'https://shop.example/' }, ''],
  ];
  for (const [url, reduced] of urls) {
    let page;
    try { page = await from(pageOf({ url, title: 't', referrer: url })); } catch (error) { page = String(error); }
    expect('reduced ' + url, page.url === reduced && page.referrer === reduced && page.title === 't');
  }
  const titles = [['x'.repeat(600), 512], [7, 0], [undefined, 0], [['a'], 0]];
  for (const [title, length] of titles) expect('title ' + title, (await from(pageOf({ title }))).title.length === length);

  const word = (url, more) => ({ ...EVENT, type: 'listening', page: { url, title: 't', secret: 1 }, ...more });
  const [good, bad] = ['https://shop.example/?secret=1', 'https://bad.example/'];
  const errors = [];
  const onError = (event) => { errors.push(event.message); event.preventDefault(); };
  addEventListener('error', onError);
  // This page may embed itself: still, only the parent window's message counts.
  const source = pageFromParent([parentOrigin, location.origin]);
  dispatchEvent(new MessageEvent('message', { source: window.parent, origin: parentOrigin, data: word(bad) }));
  window.postMessage(word(bad), '*');
  await ask({});
  for (const odd of [null, 7, word(bad, { c2c: 2 }), word(bad, { type: 'page' })]) await ask({ say: odd });
  await ask({ say: word(good) });
  await ask({ say: word(bad) });
  removeEventListener('error', onError);
  expect('no errors ' + errors, errors.length === 0);
  // Asked only now, which begins the second that a source waits: all of this may take longer.
  expect('the first good word, reduced', JSON.stringify(await from(source)) === '{"url":"https://shop.example/","title":"t","referrer":""}');

  const atOnce = (source) => Promise.race([from(source), new Promise((resolve) => setTimeout(resolve, 900, 'late'))]);
  expect('no page may embed', (await atOnce(pageFromParent([]))) === undefined);
  const silent = pageFromParent([parentOrigin]);
  await ask({ say: { ...EVENT, type: 'listening' } });
  expect('a parent page that tells nothing', (await atOnce(silent)) === undefined);
  expect('no listener is left', !isHeard());
  const other = from(pageFromParent(['https://other.example']));
  await ask({ say: word(bad) });
  const waiting = performance.now();
  expect('not of another page', (await other) === undefined);
  expect('nor for ever', performance.now() - waiting < 5000);
  return failed;
}
