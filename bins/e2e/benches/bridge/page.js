/**
 * The widget's side of the benchmark: opens a frame, sends it events in some way, and measures
 * until the last handler has run. main.rs calls `run` for one side of a pair at a time.
 *
 * Every contestant is an adapter: `open` returns a function that makes `handle(data)` run once in
 * the frame (frame.js); any other answer of the library is awaited after the clock has stopped.
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
      // The arguments of our handlers, prepared beforehand as far as possible.
      send: (data) => port.postMessage({ ...META, data: { ...data, context: CONTEXT } }),
      close,
    };
  },
  /** The least code with the guarantees (floor.js). */
  async floor(src) {
    const { port, close } = await withFloor(src);
    return { send: (data) => port.postMessage(eventText('call_ended', data)), close };
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
  /** It creates its frame itself. */
  async websandbox() {
    const sandbox = globals.Websandbox.default.create({}, { frameContainer: 'body' });
    await sandbox.promise;
    await sandbox.run(`${config.handle}; Websandbox.connection.setLocalApi({ handle });`);
    await sandbox.connection.remoteMethodsWaitPromise;
    return { send: sandbox.connection.remote.handle, close: () => sandbox.destroy() };
  },
};

/* --- Frames ------------------------------------------------------------------------------ */

/** @param {string} src @param {string} [name] */
function append(src, name = '') {
  const iframe = document.createElement('iframe');
  iframe.setAttribute('sandbox', 'allow-scripts');
  // Like the host's: this page is cross-origin isolated, to have a clock of microseconds.
  iframe.setAttribute('credentialless', '');
  iframe.style.cssText = 'position:absolute;width:1px;height:1px;border:0;opacity:0';
  iframe.name = name;
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

/** The frame's name and its fragment, as the shim and the floor expect them. @param {string} src */
function appendFloor(src) {
  const nonce = crypto.randomUUID();
  const boot = JSON.stringify({ origin: location.origin, context: CONTEXT });
  return { nonce, iframe: append(`${src}#${nonce}`, boot) };
}

/** A frame with the floor, and the port from its hello. @param {string} src */
async function withFloor(src) {
  const { nonce, iframe } = appendFloor(src);
  const port = await new Promise((resolve) => {
    addEventListener('message', function listen({ source, data, ports }) {
      if (source !== iframe.contentWindow || data?.nonce !== nonce) return;
      removeEventListener('message', listen);
      resolve(ports[0]);
    });
  });
  port.start();
  return { port, close: () => iframe.remove() };
}

/** An event as text: later changes do not alter the event. @param {string} name @param {object} data */
const eventText = (name, data) =>
  `{"name":"${name}","timestamp":"${META.timestamp}","id":"${META.id}","seq":${META.seq},"data":${JSON.stringify(data)}}`;

/** @param {string} src @param {(envelope: any) => void} [onCustomEvent] */
function mountIn(src, onCustomEvent) {
  /** @type {{onState?: () => void}} */
  const listener = {};
  const bridge = mount({ src, events: ['call_ended'], context: CONTEXT, limits: NO_LIMITS, onState: () => listener.onState?.(), onCustomEvent });
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
/** Another task, like that of a timer, a click or a server's message. */
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

/** The minimal checks of an answer in the widget. @param {any} message */
function readAnswer({ type, name, json }) {
  if (type !== 'emit' || typeof name !== 'string' || typeof json !== 'string' || json.length > 16384) throw new TypeError();
  return { ...META, name: `custom:${name}`, data: { ...JSON.parse(json), context: CONTEXT } };
}

/** New frames, and round trips in turn: the medians of ours, of the floor's, and of a bare port's.
 * @param {string} ours @param {string} floor @param {string} raw */
async function trips(ours, floor, raw) {
  /** @type {(value: unknown) => void} */
  let answered = () => {};
  const mounted = mountIn(ours, (envelope) => answered(envelope));
  const bridge = await ready(mounted);
  const least = await withFloor(floor);
  least.port.onmessage = ({ data }) => answered(readAnswer(data));
  const { port, close } = await withPort(raw);
  port.onmessage = ({ data }) => answered(data);
  const sends = [
    () => bridge.emit('ask', FIELDS),
    () => least.port.postMessage(eventText('ask', FIELDS)),
    () => port.postMessage({ ...META, name: 'ask', data: { ...FIELDS, context: CONTEXT } }),
  ];
  /** @type {number[][]} */
  const times = sends.map(() => []);
  for (let i = 0; i < TRIPS; i++) {
    for (const [side, send] of sends.entries()) {
      await task();
      const back = new Promise((resolve) => (answered = resolve));
      const start = performance.now();
      send();
      await back;
      times[side].push(performance.now() - start);
    }
  }
  bridge.destroy();
  least.close();
  close();
  return times.map(median);
}

/* --- The first customer script ----------------------------------------------------------- */

/** Measures from the moment before the frame is appended. @param {string} name @param {string} src */
async function first(name, src) {
  await task();
  const done = told('first');
  const start = performance.timeOrigin + performance.now();
  const mounted = name === 'c2c' ? mountIn(src) : null;
  const iframe = mounted ? null : name === 'floor' ? appendFloor(src).iframe : append(src);
  const load = iframe && loaded(iframe);
  const time = (await done) - start;
  // The page must not be busy with one frame while it measures the next.
  await (mounted ? ready(mounted) : load);
  mounted?.bridge.destroy();
  iframe?.remove();
  return time;
}

globals.bench = { run, trips, first, append };
