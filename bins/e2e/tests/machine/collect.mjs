// Runs the collector's machine of a directory of sources: each line of standard input is a list of
// [options, [input, …]], and each line of the output is the list of every input's effects.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const directory = pathToFileURL(process.argv[2] + '/');
const { collectorMachine } = await import(new URL('host/collector.js', directory));

/** Shortens consecutive numbers: 0, 1, 2, 5 become `0..2 5`. */
function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    if (found.at(-1)?.[1] === number - 1) found.at(-1)[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}..${last}`)).join(' ');
}

function run({ page, random = 0 }, inputs) {
  let effects = [];
  let seq = 0;
  /** The batches in the order of their first requests, with their bodies then. */
  const batches = [];
  const bodies = [];
  const machine = collectorMachine(
    { page: () => page, random: () => random },
    {
      send(batch, leaving) {
        if (!batches.includes(batch)) bodies[batches.push(batch) - 1] = batch.body;
        const at = batches.indexOf(batch);
        const { c2c, lost, events, ...more } = JSON.parse(batch.body);
        const sent = { batch: at, ...more, events: ranges(events.map(({ seq }) => seq)), bytes: new Blob([batch.body]).size };
        if (c2c !== 1) sent.c2c = c2c;
        if (Object.keys(lost).length > 0) sent.lost = lost;
        if (!batch.keepalive) sent.keepalive = false;
        if (leaving) sent.leaving = true;
        if (bodies[at] !== batch.body) sent.changed = true;
        effects.push({ send: sent });
      },
      wait: (ms) => effects.push({ wait: ms }),
    },
  );
  /** Makes an envelope whose text has this many bytes, or as few as can be. */
  const envelope = (name, bytes) => () => {
    const made = { name, data: { fill: '' }, seq: seq++ };
    made.data.fill = 'x'.repeat(Math.max(0, bytes - JSON.stringify(made).length));
    return made;
  };
  const does = {
    consent: (next) => machine.consent(next),
    take([name, bytes = 0, times = 1]) {
      for (let i = 0; i < times; i++) machine.take(envelope(name, bytes));
    },
    due: () => machine.due(),
    answered: ([at, status, retryAfter]) => machine.answered(batches[at], status, retryAfter),
    leave: () => machine.leave(),
    hide: () => machine.hide(),
    stop: () => machine.stop(),
  };
  return inputs.map((input) => {
    const [name, value] = typeof input === 'string' ? [input] : Object.entries(input)[0];
    does[name](value);
    const done = effects;
    effects = [];
    return done;
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [options, inputs] = JSON.parse(line);
  console.log(JSON.stringify(run(options, inputs)));
}
