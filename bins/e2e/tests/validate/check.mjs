// Prints the problems that `validate.js` finds: the first line of the file is a catalogue, each
// other one is `{whole: envelope}` or `{name, part: data}`. Each output line has the problems of
// one.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [script, file] = process.argv.slice(2);
const { validator } = await import(pathToFileURL(script));
const [catalogue, ...values] = readFileSync(file, 'utf8').split('\n').map((line) => JSON.parse(line));
const { envelope, data } = validator(catalogue);
for (const { whole, name, part } of values) console.log(JSON.stringify(name === undefined ? envelope(whole) : data(name, part)));
