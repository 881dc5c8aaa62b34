// @ts-check
/** Sending a custom event. */

import { tokenBucket } from './bucket.js';
import { exec, freeze, postTo } from './frame.js';
import { port } from './port.js';
import { watcher } from './watcher.js';
import { EMITS_PER_SECOND, EMIT_BURST, PAYLOAD_UNITS_MAX } from '../shared/limits.js';
import { NAME_FORM } from '../shared/names.js';

const NAME_FAULT = `the name must match ${NAME_FORM}`;

const NOT_JSON = 'the data must be a JSON object';

const { stringify } = JSON;
// The host enforces the same limits. They are repeated here so that a loop of emits costs the widget
// nothing.
const takesEmit = tokenBucket(EMIT_BURST, EMITS_PER_SECOND);
const accepted = freeze({ ok: true });

/**
 * Sends a custom event. Never throws: a problem with the input is returned as the `reason`.
 * @param {unknown} name @param {unknown} [data] an object that JSON can express
 */
export function emit(name, data = {}) {
  const reason = send(name, data);
  if (!reason) return accepted;
  watcher.refused?.(name, reason);
  return freeze({ ok: false, reason });
}

/** @param {unknown} name @param {unknown} data @returns {string | undefined} why it was not sent */
function send(name, data) {
  if (!port) return 'not connected';
  if (typeof name !== 'string' || !exec(NAME_FORM, name)) return NAME_FAULT;
  if (!takesEmit(0)) return 'at most 20 events a second';
  let json;
  try {
    json = stringify(data);
  } catch {
    return NOT_JSON;
  }
  if (typeof json !== 'string' || json[0] !== '{') return NOT_JSON;
  if (json.length > PAYLOAD_UNITS_MAX) return 'data over 16 KiB';
  postTo(port, { type: 'emit', name, json });
}
