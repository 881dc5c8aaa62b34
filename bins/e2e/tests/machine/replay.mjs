// Runs the host machine of a directory of sources: each line of standard input is a list of
// [options, [[now, input], …]], and each line of the output is the list of every input's effects.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const directory = pathToFileURL(process.argv[2] + '/');
const { hostMachine } = await import(new URL('host/machine.js', directory));
const { BRIDGE_LIMITS } = await import(new URL('shared/limits.js', directory));

/** The argument of an effect, in the model's form. */
const plain = (effect, value) => (effect === 'post' ? JSON.parse(value) : effect === 'relay' ? value() : value);

/** Converts JavaScript names to Rust's. */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase());

function run({ context = {}, events = [], remove_hung = true, jar = false, limits = {} }, steps) {
  let effects = [];
  let generation = 0;
  let time = 0;
  const record = new Proxy({}, {
    get: (_, name) => (...args) => effects.push(args.length === 0 || name === 'accept' ? snake(name) : { [snake(name)]: plain(name, args[0]) }),
  });
  const machine = hostMachine(
    {
      context,
      events,
      removeHung: remove_hung,
      limits: { ...BRIDGE_LIMITS, ...limits },
      nonce: () => `nonce ${++generation}`,
      now: () => time,
      stamp: () => ({}),
      jar: jar ? {
        take(changes) {
          record.keep(changes ?? null);
          return 'passed';
        },
        clear: () => record.clear_jar(),
      } : undefined,
    },
    record,
  );
  const inputs = {
    consent: (value) => machine.consent(value),
    message: ({ source, ports, ...message }) => machine.message(source, { ...message, ports: Array(ports) }),
    port: (data) => machine.port(data),
    load: () => machine.load(),
    tick: (visible) => machine.tick(visible),
    watch: ({ answered, visible }) => machine.watch(answered, visible),
    retry: () => machine.retry(),
    blame: (reason) => machine.blame(reason),
    emit: ([name, fields]) => machine.emit(name, JSON.stringify(fields)),
    flush: () => machine.flush(),
    restart: () => machine.restart(),
    destroy: () => machine.destroy(),
  };
  return steps.map(([now, input]) => {
    const [name, value] = typeof input === 'string' ? [input] : Object.entries(input)[0];
    time = now;
    inputs[name](value);
    // Converted to text at once: later changes must not alter an effect.
    const done = JSON.stringify(effects);
    effects = [];
    return JSON.parse(done);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [options, steps] = JSON.parse(line);
  console.log(JSON.stringify(run(options, steps)));
}
