// Runs the probes one after the other in the frame, and reports each one's result.
// GIVEN: { report, landed, go, third, widget, top, frame, run, widgetPage, topPage }; PROBES: [[id, function, click, seconds], …].

const later = [];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (path, said) => fetch(GIVEN.report + path, { method: 'POST', body: JSON.stringify(said), keepalive: true });

/** The data of the next matching window message. */
const told = (wanted) => new Promise((resolve) => {
  addEventListener('message', function listen(event) {
    if (!wanted(event)) return;
    removeEventListener('message', listen);
    resolve(event.data);
  });
});

/** Exposed by every window to every other: https://html.spec.whatwg.org/#crossoriginproperties-(-o-) */
const FOR_ALL = new Set('window self location close closed focus blur frames length top opener parent postMessage then'.split(' '));

/** The `probe` object for a probe's script. */
const forProbe = (id) => ({
  ...GIVEN,
  id,
  /** A request to this address shows that the probe reached its aim. */
  landed: GIVEN.landed + id,
  /** The same address at a third party. */
  landedAtThird: GIVEN.landed.replace('//collector.', '//third.') + id,
  pause,
  told,
  /** The URL of another page of the run (`teller`, `plain`, `worker.js`) at `frame`, `widget`, `top` or
   * `third`. */
  page: (host, name) => `${GIVEN[host]}${GIVEN.run}/${name}`,
  /** The widget page's own view: see `LOOKS` in `widget.js`. */
  look: async (name) => {
    parent.postMessage({ look: name, id }, '*');
    return (await told(({ data }) => data?.look === name && 'seen' in data)).seen;
  },
  /** Defers a step that may end the document, until the report has arrived and the driver has opened
   * the page. */
  later: (step) => later.push(step),
  /** Waits until an element has loaded, or throws. */
  loaded: (element) => new Promise((resolve, reject) => {
    element.onload = () => resolve('loaded');
    element.onerror = () => reject(new DOMException('not loaded', 'LoadError'));
  }),
  /** The report of the document at `teller` or `plain`, embedded or opened. */
  teller: async () => {
    const { told: says } = await told(({ data }) => data?.told);
    return says.origin !== 'null' || [says.cookie, says.storage].includes('reached') ? 'reached' : says.storage;
  },
  /** Appends an element to the body. */
  nest: (name, properties) => document.body.appendChild(Object.assign(document.createElement(name), properties)),
  /** The names that a window exposes beyond those that every window does. */
  reads: (other) => {
    const names = new Set(['secret', ...Reflect.ownKeys(other).map(String)]);
    for (let from = self; from; from = Object.getPrototypeOf(from)) {
      for (const name of Reflect.ownKeys(from)) names.add(name);
    }
    const frames = new Set(Array.from({ length: other.length }, (_, index) => other[index]));
    return [...names].filter((name) => {
      // A number is an inner frame, which is a window like the others.
      if (FOR_ALL.has(name) || /^\d+$/.test(String(name))) return false;
      try {
        const value = other[name];
        return value !== undefined && !frames.has(value);
      } catch {
        return false;
      }
    }).map(String);
  },
});

addEventListener('DOMContentLoaded', async () => {
  const said = {};
  for (const [id, run, click, seconds] of PROBES) {
    try {
      const late = pause(seconds * 1000).then(() => `nothing within ${seconds} s`);
      said[id] = String(await Promise.race([run(forProbe(id)), late]));
    } catch (error) {
      said[id] = String(error);
    }
    // At once: the click may replace this document, also by the page that says that it was blocked.
    if (click) addEventListener('click', ({ isTrusted }) => void report('clicked', isTrusted), true);
  }
  await report('said', said);
  if (later.length === 0) return;
  await fetch(GIVEN.go);
  for (const step of later) step();
});
