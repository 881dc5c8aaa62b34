// Runs the host machine of a directory of sources: each line of standard input is a list of
// [options, [[now, input], …]], and each line of the output the list of what every input had as effects.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const directory = pathToFileURL(process.argv[2] + '/');
const { hostMachine } = await import(new URL('host/machine.js', directory));
const { BRIDGE_LIMITS } = await import(new URL('host/limits.js', directory));

/** The names of JavaScript, as Rust writes them. */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase());

function run({ context = {}, remove_hung = true, jar = false, limits = {} }, steps) {
  let effects = [];
  let generation = 0;
  const record = new Proxy({}, {
    get: (_, name) => (...args) => effects.push(args.length === 0 ? snake(name) : { [snake(name)]: args[0] }),
  });
  const machine = hostMachine(
    {
      context,
      removeHung: remove_hung,
      limits: { ...BRIDGE_LIMITS, ...limits },
      nonce: () => `nonce ${++generation}`,
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
    consent: (value, now) => machine.consent(value, now),
    message: ({ source, ports, ...message }, now) => machine.message(source, { ...message, ports: Array(ports) }, now),
    port: (data, now) => machine.port(data, now),
    load: () => machine.load(),
    tick: (visible, now) => machine.tick(visible, now),
    focused: () => machine.focused(),
    emit: ([name, fields]) => machine.emit(name, structuredClone(fields)),
    flush: () => machine.flush(),
    restart: (_, now) => machine.restart(now),
    destroy: () => machine.destroy(),
  };
  return steps.map(([now, input]) => {
    const [name, value] = typeof input === 'string' ? [input] : Object.entries(input)[0];
    inputs[name](value, now);
    // As text at once: an effect is what it was when it was asked for.
    const done = JSON.stringify(effects);
    effects = [];
    return JSON.parse(done);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [options, steps] = JSON.parse(line);
  console.log(JSON.stringify(run(options, steps)));
}
