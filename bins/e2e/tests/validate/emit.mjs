// Checks a bridge with `validate.js` around it. Throws on the first failed check.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [script, file] = process.argv.slice(2);
const { validating } = await import(pathToFileURL(script));
const catalogue = JSON.parse(readFileSync(file, 'utf8'));

const sent = [];
let status = 'waiting';
const bridge = {
  emit(name, fields) {
    sent.push([name, fields]);
    return sent.length;
  },
  restart: () => 'restarted',
  get state() {
    return status;
  },
};

// Without a callback: invalid events are not sent, and all problems are reported.
const strict = validating(bridge, catalogue);
assert.throws(() => strict.emit('call_ended', { duration: '42', reason: 'bored' }), {
  name: 'TypeError',
  message:
    'call_ended is not as the catalogue says\n' +
    '/duration: expected a number ≥ 0, got string\n' +
    '/reason: expected "user_hangup" or "remote_hangup", got "bored"',
});
assert.throws(() => strict.emit('call_end', {}), {
  name: 'TypeError',
  message: 'call_end is not as the catalogue says\nthere is no event "call_end"',
});
assert.deepEqual(sent, []);
const fields = { duration: 42, reason: 'user_hangup' };
assert.equal(strict.emit('call_ended', fields), 1);
assert.deepEqual(sent, [['call_ended', fields]]);

// The check is applied to the value as JSON represents it.
assert.throws(() => strict.emit('call_ended', { ...fields, reason: undefined }), /\/reason: is missing/);
assert.throws(() => strict.emit('call_ended', { ...fields, duration: NaN }), /\/duration: .* got null/);
assert.throws(() => strict.emit('call_ended', undefined), /expected an object, got null/);
strict.emit('call_error', { code: 'lost', message: { toJSON: () => 'text' }, duration: null });

// With a callback: problems are reported, and the event is sent nevertheless.
const told = [];
const lenient = validating(bridge, catalogue, ({ message, cause }) => told.push([message, cause, sent.length]));
assert.equal(lenient.emit('survey_submitted', { rating: 6, comment: null }), 3);
const problem = { pointer: '/rating', message: 'expected an integer from 1 to 5, got 6' };
assert.deepEqual(told, [[`survey_submitted is not as the catalogue says\n/rating: ${problem.message}`, [problem], 2]]);
lenient.emit('survey_submitted', { rating: 5, comment: null });
assert.equal(told.length, 1);

// Everything else is passed through to the bridge in its current state.
assert.equal(strict.restart(), 'restarted');
status = 'ready';
assert.equal(strict.state, 'ready');
