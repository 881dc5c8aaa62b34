// The widget page of a run: makes the frames.
// GIVEN: { frames: [url, …], app: url, attributes: [[name, value], …], visible }.

window.secret = 'widget';
document.cookie = 'secret=widget';
localStorage.setItem('secret', 'widget');

/** Checks that this page makes for a probe, which requests one by a message: `probe.look(name)`. */
const LOOKS = {
  /** Whether the probe left its id on this page: on the window, or in every object. */
  marked: (id) => window[id] === 'reached' || id in {} || id in Function,
  /** Whether a frame is larger than its original size. */
  grown: () => [...document.querySelectorAll('iframe')].some((frame) => frame.offsetWidth > 304 || frame.offsetHeight > 154),
  /** Whether a frame covers the field. */
  covered: () => {
    const { left, top } = document.querySelector('#field').getBoundingClientRect();
    return document.elementFromPoint(left + 3, top + 3)?.tagName === 'IFRAME';
  },
  /** Whether a click at the first frame's position would hit the frame. */
  hit: () => {
    const frame = document.querySelector('#frame0');
    frame.scrollIntoView();
    const { left, top } = frame.getBoundingClientRect();
    return document.elementFromPoint(left + 5, top + 5) === frame;
  },
  /** The number of entries in the window's history. */
  entries: () => history.length,
  focused: () => document.activeElement.tagName,
  broadcast: () => heard,
};
addEventListener('message', ({ data, source }) => {
  const look = LOOKS[data?.look];
  if (look) source.postMessage({ seen: look(data.id), look: data.look }, '*');
});

/** The last message from the widget's own channel, where this page also posts all the time. */
let heard = 'nothing';
const channel = new BroadcastChannel('widget');
channel.onmessage = ({ data }) => (heard = data);
setInterval(() => channel.postMessage('of the widget'), 50);

/** A frame of the widget's own page, and one of another app. */
const sibling = document.createElement('iframe');
sibling.name = 'sibling';
document.body.append(sibling);
sibling.contentWindow.secret = 'sibling';
const frameFor = (url) => {
  const frame = document.createElement('iframe');
  for (const [name, value] of GIVEN.attributes) frame.setAttribute(name, value);
  frame.src = url;
  return frame;
};
const app = frameFor(GIVEN.app);
app.name = 'app';
const appLoaded = new Promise((resolve) => (app.onload = resolve));
document.body.append(app);

// The probes' frames are added once there is something beside them.
appLoaded.then(() => {
  for (const [index, url] of GIVEN.frames.entries()) {
    const frame = frameFor(url);
    if (GIVEN.visible) frame.removeAttribute('inert');
    frame.id = `frame${index}`;
    document.body.append(frame);
  }
});
