// @ts-check
/**
 * The widget's events on their way to a server (docs/protocol.md, *Collecting events*) as a state machine
 * that does no IO. `collect.js` connects it to a page; vectors/collector.json has its behavior.
 *
 * An event leaves the queue when the server has answered for it. Until then it is sent again, with the
 * same id, by which the server drops what it knows. So a page that loses its connection loses no event,
 * and none is counted twice.
 */

import {
  BATCH_BYTES_MAX,
  BATCH_EVENTS_MAX,
  EVENT_BYTES_MAX,
  INTERVAL_MS,
  QUEUE_BYTES_MAX,
  QUEUE_EVENTS_MAX,
  RETRY_AFTER_SECONDS_MAX,
  RETRY_SECONDS_MAX,
} from '../shared/limits.js';
import { CUSTOM_PREFIX } from '../shared/names.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./machine.js').Consent} Consent
 *
 * @typedef {object} Batch events that travel together
 * @property {string} body the text to send
 * @property {boolean} keepalive whether its request may outlive the page
 * @property {boolean} flying whether a request with it awaits its answer
 * @property {number} tries how often it has failed
 * @property {number} number of its events
 * @property {number} bytes of its events
 * @property {Record<string, number>} lost the losses that it reports
 *
 * @typedef {object} Effects actions for the page, called synchronously
 * @property {(batch: Batch, leaving: boolean) => void} send send it, and call `answered`; `leaving`: the
 *   page may be gone before that
 * @property {(ms: number) => void} wait call `due` after this time, instead of the last time asked for
 *
 * @typedef {object} Options
 * @property {() => string | undefined} page the address of the page around the widget, if it is known
 * @property {() => number} random from 0 to 1
 */

const encoder = new TextEncoder();

/** @param {string} text */
const bytesIn = (text) => encoder.encode(text).length;

/** @param {Options} options @param {Effects} effects */
export function collectorMachine({ page, random }, effects) {
  /** The word for the visitor's decision in batches. @type {string} */
  let consent = '';
  let sends = false;
  let stopped = false;
  /** Whether `due` will be called. */
  let waiting = false;
  /** How long the server, or its silence, asks to wait, in milliseconds. */
  let pause = 0;
  /** Events that are in no batch. The bytes are those in a batch, with a comma. @type {{text: string, bytes: number}[]} */
  let queue;
  /** Batches without a final answer, the oldest first. @type {Batch[]} */
  let batches;
  /** The number and the bytes of all events in both. */
  let number = 0;
  let bytes = 0;
  /** The number of events that were lost, by reason, and in no batch. @type {Record<string, number>} */
  let lost;
  forget();

  function forget() {
    queue = [];
    batches = [];
    number = bytes = 0;
    lost = Object.create(null);
  }

  /** @param {string} reason @param {number} count */
  const lose = (reason, count) => (lost[reason] = (lost[reason] ?? 0) + count);

  /** Makes a batch of the oldest events in the queue. */
  function pack() {
    const head = JSON.stringify({ c2c: 1, consent, page: page(), lost }).slice(0, -1) + ',"events":[';
    const batch = { body: '', keepalive: true, flying: false, tries: 0, number: 0, bytes: 0, lost };
    const room = BATCH_BYTES_MAX - bytesIn(head);
    do batch.bytes += queue[batch.number++].bytes;
    while (
      batch.number < Math.min(queue.length, BATCH_EVENTS_MAX) &&
      // The end is one byte longer than the comma that the last event does not need.
      batch.bytes + queue[batch.number].bytes < room
    );
    batch.body = `${head}${queue.splice(0, batch.number).map(({ text }) => text)}]}`;
    lost = Object.create(null);
    batches.push(batch);
  }

  /** @param {Batch} batch @param {boolean} leaving */
  function send(batch, leaving) {
    batch.flying = true;
    effects.send(batch, leaving);
  }

  /** Sends the next batch at its time, if there is one and none is under way. */
  function schedule() {
    if (!sends || number === 0 || batches.some(({ flying }) => flying)) return;
    waiting = true;
    effects.wait(Math.max(pause, INTERVAL_MS));
  }

  /** The page may be gone soon: sends all that the server does not have. */
  function leave() {
    if (!sends) return;
    while (queue.length > 0) pack();
    for (const batch of batches) {
      // A request that outlives the page needs no second one, for which there may be no room.
      if (batch.flying && batch.keepalive) continue;
      batch.keepalive = true;
      send(batch, true);
    }
  }

  function stop() {
    forget();
    stopped = true;
  }

  return {
    /**
     * Takes the visitor's decision. The first one is the page's own default: if that grants consent, the
     * visitor was not asked.
     * @param {Consent} next
     */
    consent(next) {
      consent = next === 'granted' && !consent ? 'not-asked' : next;
      sends = next === 'granted';
      // Not even the number of the others is told.
      if (next === 'denied') forget();
      if (!waiting) schedule();
    },

    /** Takes an event. @param {() => Envelope} make */
    take(make) {
      if (stopped || consent === 'denied') return;
      const envelope = make();
      const text = JSON.stringify(envelope);
      const size = bytesIn(text) + 1;
      // A flood of custom code leaves room for the widget's own events.
      const share = envelope.name.startsWith(CUSTOM_PREFIX) ? 2 : 1;
      if (size > EVENT_BYTES_MAX) lose('size', 1);
      else if ((number + 1) * share > QUEUE_EVENTS_MAX || (bytes + size) * share > QUEUE_BYTES_MAX) lose('full', 1);
      else {
        queue.push({ text, bytes: size });
        number += 1;
        bytes += size;
        if (!waiting) schedule();
      }
    },

    /** The time asked for by `wait` has passed. */
    due() {
      waiting = false;
      pause = 0;
      if (!sends || number === 0 || batches.some(({ flying }) => flying)) return;
      if (batches.length === 0) pack();
      send(batches[0], false);
    },

    /**
     * Takes the answer to a batch.
     * @param {Batch} batch
     * @param {number} status of HTTP; 0 if there is no answer
     * @param {number} [retryAfter] in seconds; 0 or NaN if the server does not say
     */
    answered(batch, status, retryAfter = 0) {
      const at = batches.indexOf(batch);
      // The visitor has denied consent meanwhile, or a repetition of it was answered.
      if (at < 0) return;
      batch.flying = waiting = false;
      if (status === 0 || status === 408 || status === 429 || status >= 500) {
        const seconds = Math.min(retryAfter || Math.min(2 ** batch.tries, RETRY_SECONDS_MAX), RETRY_AFTER_SECONDS_MAX);
        // Only later, so that clients do not come back together.
        pause = Math.max(pause, seconds * 1000 * (1 + random() / 4));
        batch.tries += 1;
        // The reason may be that no more requests may outlive the page.
        batch.keepalive = status > 0 || !batch.keepalive;
      } else {
        batches.splice(at, 1);
        number -= batch.number;
        bytes -= batch.bytes;
        pause = 0;
        if (status === 400 || status === 413 || status === 415) {
          lose('form', batch.number);
          for (const [reason, count] of Object.entries(batch.lost)) lose(reason, count);
        } else if (status < 200 || status >= 300) return stop();
      }
      schedule();
    },

    leave,

    /** The page is hidden, and may come back: sends the same, unless the server, or its silence, asks to wait. */
    hide() {
      if (pause === 0) leave();
    },

    /** Sends the rest once, and ends. */
    stop() {
      leave();
      stop();
    },
  };
}
