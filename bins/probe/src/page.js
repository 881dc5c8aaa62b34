// Runs probes one after the other in the frame, and reports what each said.
// GIVEN: { report, landed, third, widget, top, scope }; PROBES: [[id, function, click], …].

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (path, said) => fetch(GIVEN.report + path, { method: 'POST', body: JSON.stringify(said), keepalive: true });

/** What a probe's script is given. */
const forProbe = (id) => ({
  ...GIVEN,
  /** A request for this address shows that the probe reached its aim. */
  landed: GIVEN.landed + id,
  pause,
  /** Waits until an element has loaded, or throws. */
  loaded: (element) => new Promise((resolve, reject) => {
    element.onload = () => resolve('loaded');
    element.onerror = () => reject(new DOMException('not loaded', 'LoadError'));
  }),
  /** The data of the next window message that is of interest. */
  told: (wanted) => new Promise((resolve) => {
    addEventListener('message', function listen(event) {
      if (!wanted(event)) return;
      removeEventListener('message', listen);
      resolve(event.data);
    });
  }),
});

addEventListener('DOMContentLoaded', async () => {
  const said = {};
  for (const [id, run, click] of PROBES) {
    try {
      said[id] = String(await Promise.race([run(forProbe(id)), pause(3000).then(() => 'nothing within 3 s')]));
    } catch (error) {
      said[id] = error?.name ?? String(error);
    }
    if (click) addEventListener('click', ({ isTrusted }) => pause(0).then(() => report('clicked', isTrusted)), true);
  }
  report('said', said);
});
