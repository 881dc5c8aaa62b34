/**
 * The widget's side of the benchmark: opens a frame, sends it events in some way, and measures until
 * the last handler has run. main.rs calls `run` for one side of a pair at a time.
 *
 * Every contestant is an adapter: `open` gives a function that makes `handle(data)` run once in the
 * frame (frame.js), and whatever else the library answers is awaited after the clock has stopped.
 */

import { mount } from './js/dist/host.js';

const config = JSON.parse(document.body.dataset.config ?? '');
const globals = /** @type {any} */ (window);

/** An event of a usual size. */
const FIELDS = { duration: 63.217, reason: 'user_hangup', destinationId: 'sales-emea', routingKey: null, hasFormValues: true };
const CONTEXT = { orderId: 'A-1', customerTier: 'gold', locale: 'en-GB' };
const META = {
  name: 'call_ended',
  timestamp: '2026-01-31T12:34:56.789Z',
  id: '019c1481-9d95-7100-8df0-2c56f5a1b0f7',
  seq: 4711,
};
/** Round trips in one frame: the shim lets a frame emit 100 events at once, then 20 a second. */
const TRIPS = 95;
const NO_LIMITS = { emit_burst: 1e9, emits_per_second: 1e9, stray_burst: 1e9 };

/**
 * @typedef {object} Contestant
 * @property {(data: object) => unknown} send
 * @property {() => void} close
 */

/** @type {Record<string, (frame: string) => Promise<Contestant>>} */
const CONTESTANTS = {
  async c2c(src) {
    const bridge = await ready(mountIn(src));
    return { send: (data) => void bridge.emit('call_ended', /** @type {any} */ (data)), close: bridge.destroy };
  },
  async raw(src) {
    const { port, close } = await withPort(src);
    return {
      // What our handlers get, made beforehand as far as it can be.
      send: (data) => port.postMessage({ ...META, data: { ...data, context: CONTEXT } }),
      close,
    };
  },
  async comlink(src) {
    const { port, close } = await withPort(src);
    return { send: globals.Comlink.wrap(port), close };
  },
  async penpal(src) {
    const iframe = append(src);
    const messenger = new globals.Penpal.WindowMessenger({ remoteWindow: iframe.contentWindow, allowedOrigins: ['*'] });
    const remote = await globals.Penpal.connect({ messenger }).promise;
    return { send: remote.handle, close: () => iframe.remove() };
  },
  async 'post-robot'(src) {
    const iframe = append(src);
    await loaded(iframe);
    const send = (/** @type {object} */ data) => globals.postRobot.send(iframe.contentWindow, 'event', data);
    return { send, close: () => iframe.remove() };
  },
  /** It makes its frame itself. */
  async websandbox() {
    const sandbox = globals.Websandbox.default.create({}, { frameContainer: 'body' });
    await sandbox.promise;
    await sandbox.run(`${config.handle}; Websandbox.connection.setLocalApi({ handle });`);
    await sandbox.connection.remoteMethodsWaitPromise;
    return { send: sandbox.connection.remote.handle, close: () => sandbox.destroy() };
  },
};

/* --- Frames ------------------------------------------------------------------------------ */

/** @param {string} src */
function append(src) {
  const iframe = document.createElement('iframe');
  iframe.setAttribute('sandbox', 'allow-scripts');
  // As the host's: this page is isolated across origins, to have a clock of microseconds.
  iframe.setAttribute('credentialless', '');
  iframe.style.cssText = 'position:absolute;width:1px;height:1px;border:0;opacity:0';
  iframe.src = src;
  document.body.append(iframe);
  return iframe;
}

/** @param {HTMLIFrameElement} iframe */
const loaded = (iframe) => new Promise((resolve) => iframe.addEventListener('load', resolve, { once: true }));

/** A bare frame, with one end of a channel. @param {string} src */
async function withPort(src) {
  const iframe = append(src);
  await loaded(iframe);
  const { port1, port2 } = new MessageChannel();
  /** @type {Window} */ (iframe.contentWindow).postMessage('port', '*', [port2]);
  port1.start();
  return { port: port1, close: () => iframe.remove() };
}

/** @param {string} src @param {(envelope: any) => void} [onCustomEvent] */
function mountIn(src, onCustomEvent) {
  /** @type {{onState?: () => void}} */
  const listener = {};
  const bridge = mount({ src, context: CONTEXT, limits: NO_LIMITS, onState: () => listener.onState?.(), onCustomEvent });
  return { bridge, listener };
}

/** @param {ReturnType<typeof mountIn>} mounted @returns {Promise<ReturnType<typeof mount>>} */
const ready = ({ bridge, listener }) =>
  new Promise((resolve, reject) => {
    listener.onState = () => {
      if (bridge.state.status === 'ready') resolve(bridge);
      if (bridge.state.status === 'failed') reject(new Error(bridge.state.reason ?? ''));
    };
    listener.onState();
  });

/* --- Events ------------------------------------------------------------------------------ */

/** The next message of a frame that has this key. @param {string} key @returns {Promise<any>} */
const told = (key) =>
  new Promise((resolve) => {
    addEventListener('message', function listen({ data }) {
      if (data?.[key] === undefined) return;
      removeEventListener('message', listen);
      resolve(data[key]);
    });
  });

const { port1: here, port2: there } = new MessageChannel();
/** @type {() => void} */
let next = () => {};
here.onmessage = () => next();
/** Another task: what a timer, a click or a message of a server is. */
const task = () => new Promise((resolve) => ((next = () => resolve(undefined)), there.postMessage(null)));

/** @param {Contestant} contestant @param {number} count @param {boolean} inOneTask */
async function events({ send }, count, inOneTask) {
  await task();
  const done = told('handled');
  let answer;
  const start = performance.now();
  for (let i = 1; i <= count; i++) {
    answer = send({ ...FIELDS, last: i === count });
    if (!inOneTask) await task();
  }
  const handled = await done;
  const time = performance.now() - start;
  await answer;
  if (handled !== count) throw new Error(`${handled} of ${count} events`);
  return time;
}

/** @type {Record<string, Contestant>} those that are open */
const opened = {};

/** One side of a pair, in milliseconds.
 * @param {string} name @param {string} src @param {number} count @param {boolean} inOneTask */
async function run(name, src, count, inOneTask) {
  opened[name] ??= await CONTESTANTS[name](src);
  return events(opened[name], count, inOneTask);
}

/* --- Round trips ------------------------------------------------------------------------- */

/** @param {number[]} times */
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

/** New frames, and round trips in turn: the medians of ours, and of a bare port's.
 * @param {string} ours @param {string} raw */
async function trips(ours, raw) {
  /** @type {(value: unknown) => void} */
  let answered = () => {};
  const mounted = mountIn(ours, (envelope) => answered(envelope));
  const bridge = await ready(mounted);
  const { port, close } = await withPort(raw);
  port.onmessage = ({ data }) => answered(data);
  const trip = async (/** @type {() => void} */ send) => {
    const back = new Promise((resolve) => (answered = resolve));
    const start = performance.now();
    send();
    await back;
    return performance.now() - start;
  };
  /** @type {number[][]} */
  const times = [[], []];
  for (let i = 0; i < TRIPS; i++) {
    await task();
    times[0].push(await trip(() => bridge.emit('ask', FIELDS)));
    await task();
    times[1].push(await trip(() => port.postMessage({ ...META, name: 'ask', data: { ...FIELDS, context: CONTEXT } })));
  }
  bridge.destroy();
  close();
  return times.map(median);
}

/* --- The first customer script ----------------------------------------------------------- */

/** From the moment before the frame is appended. @param {string} name @param {string} src */
async function first(name, src) {
  await task();
  const done = told('first');
  const start = performance.timeOrigin + performance.now();
  const mounted = name === 'c2c' ? mountIn(src) : null;
  const iframe = mounted ? null : append(src);
  const load = iframe && loaded(iframe);
  const time = (await done) - start;
  // The page must not be busy with one frame while it measures the next.
  await (mounted ? ready(mounted) : load);
  mounted?.bridge.destroy();
  iframe?.remove();
  return time;
}

globals.bench = { run, trips, first, append };
