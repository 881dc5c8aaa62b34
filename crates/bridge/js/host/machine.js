// @ts-check
/**
 * The widget's end of the bridge (docs/protocol.md) as a state machine that does no IO: the page
 * calls it when something happens, and it calls `effects` for each action. `mount.js` connects it to a
 * page. bins/e2e/tests/machine/model.rs is the same machine in Rust; both run the same vectors and the same
 * random inputs.
 *
 * The frame must be identified. A frame without `allow-same-origin` always reports the origin "null",
 * and so does any document that it is navigated to. So a hello counts only if *all* of this holds: it
 * was dispatched by the browser, it comes from the window of this very element, its origin is "null",
 * it carries the nonce made for this element, it brings one port, and it is the first. From then on
 * the port is the identity: it dies with its document.
 */

import { tokenBucket } from './bucket.js';
import { eventText } from './envelope.js';
import { customNameRule } from './name.js';
import { isOpaque } from './origin.js';
import { own } from './own.js';
import { payloadFault } from './payload.js';
import { PROTOCOL } from './protocol.js';
import { CUSTOM_PREFIX } from '../shared/names.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('../shared/limits.js').BridgeLimits} BridgeLimits
 *
 * @typedef {'granted' | 'pending' | 'denied'} Consent
 * @typedef {'waiting' | 'denied' | 'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'refused' | 'hung' | 'navigated' | 'flooded' | 'focus_theft' | 'closed' | 'stalled' | 'scrolled'} Reason
 * @typedef {{readonly status: Status, readonly reason: Reason | null}} State
 *
 * @typedef {{name: string, timestamp: string, id: string, seq: number, json: string}} WidgetEvent `json`
 *   is the only copy of its fields, as text
 *
 * @typedef {object} Effects actions for the page, called synchronously and in order
 * @property {(nonce: string) => void} open put a new element into the page
 * @property {() => void} close remove the element from the page, and close its port
 * @property {(port: any) => void} accept listen to this port
 * @property {(message: string) => void} post send on the port: JSON text, which for small objects costs
 *   half as much as the browser's own clone
 * @property {() => void} retryLater call `retry` once the page has been calm for a while (`calm_ms`)
 * @property {() => void} flushSoon call `flush` at the end of this task
 * @property {(envelope: () => Envelope) => void} relay send to the parent page, if there is one
 * @property {(envelope: Envelope) => void} custom pass a custom event to the widget
 * @property {(state: State) => void} state report the new state to the widget
 *
 * @typedef {'passed' | 'refused' | 'garbage'} Outcome of a message on the port
 *
 * @typedef {object} Options
 * @property {Readonly<Record<string, string>>} context
 * @property {readonly string[]} events the names of the widget's events
 * @property {boolean} removeHung whether a frame that does not answer is removed, not only reported
 * @property {BridgeLimits} limits
 * @property {() => string} nonce a new secret
 * @property {() => number} now in milliseconds, by a monotonic clock
 * @property {() => {timestamp: string, id: string}} stamp
 * @property {import('../diagnostics.js').Diagnostics} [diagnostics]
 * @property {import('../jar.js').KeptJar} [jar]
 */

/** @param {Options} options @param {Effects} effects */
export function hostMachine({ context, events, removeHung, limits, nonce: newNonce, now, stamp, diagnostics, jar }, effects) {
  const customNameFault = customNameRule(events);
  /** @type {Status} */
  let status = 'waiting';
  /** @type {Consent | null} */
  let consent = null;
  /** The nonce of the element in the page, or null. @type {string | null} */
  let nonce = null;
  let connected = false;
  /** The events for the frame, which adds the context itself. @type {WidgetEvent[]} */
  let queue = [];
  let flushing = false;
  let seq = 0;
  let restarts = 0;
  let stalls = 0;

  /* The state of this element. */
  let garbage = 0;
  let refusals = 0;
  /** The time of the last `watch`. */
  let looked = 0;
  /** A measure of how long the page's own tasks have been kept waiting; see `watch`. */
  let starved = 0;
  /** @type {ReturnType<typeof tokenBucket>} */
  let takesEmit;
  /** @type {ReturnType<typeof tokenBucket>} */
  let takesStray;

  /* Time counts only while the page is visible, and at most a second of it per tick: after the page was
   * frozen or the computer slept, no frame has failed to answer. Late ticks still count, because a frame
   * that shares its thread with the page makes all timers late. */
  let counted = 0;
  let last = 0;
  /** Whether a stray message came since the last tick. */
  let strayed = false;
  /** Late ticks without stray messages: the page is busy by itself. Each excuses one with them. */
  let busy = 0;
  /** The deadline of the hello or of the answer to a ping, or else the time of the next ping. */
  let due = 0;
  /** The number of the unanswered ping, or 0. */
  let awaited = 0;
  let pings = 0;
  /** Whether the frame has reloaded since it last answered. */
  let reloaded = false;

  /** @param {Status} next @param {Reason | null} [reason] */
  function become(next, reason = null) {
    status = next;
    effects.state({ status, reason });
  }

  /* --- Beginning and end ----------------------------------------------------------------- */

  function begin() {
    nonce = newNonce();
    garbage = refusals = awaited = starved = 0;
    takesStray = tokenBucket(limits.stray_burst, limits.strays_per_second);
    // One second's worth more than the shim allows: emits sent in time may arrive late, all at once.
    takesEmit = tokenBucket(limits.emit_burst + limits.emits_per_second, limits.emits_per_second);
    reloaded = strayed = false;
    last = now();
    due = counted + limits.hello_ms;
    effects.open(nonce);
    become('connecting');
  }

  function end() {
    if (nonce === null) return;
    nonce = null;
    connected = false;
    effects.close();
  }

  /** Ends, and drops the waiting events. @param {Status} next @param {Reason} [reason] */
  function endAs(next, reason) {
    end();
    queue = [];
    become(next, reason);
  }

  /** @param {Reason} reason */
  const fail = (reason) => endAs('failed', reason);

  /** The first time, the page itself may be the cause, so another try follows when it is over. */
  function stall() {
    stalls += 1;
    if (stalls >= limits.stalls_max) return fail('stalled');
    end();
    become('waiting', 'stalled');
    effects.retryLater();
  }

  /** @param {number} [cost] */
  function takeStray(cost) {
    if (!takesStray(now(), cost)) fail('flooded');
  }

  /**
   * A few messages can stop a page like many, if each takes long. So stray messages cost more if the
   * tick after them is late, unless ticks were also late without them.
   */
  function lateTick() {
    if (!strayed) busy = Math.min(busy + 1, limits.busy_ticks_max);
    else if (busy > 0) busy -= 1;
    else takeStray(limits.stray_burst / 2);
  }

  /* --- The one window message ------------------------------------------------------------ */

  /** @param {unknown} port */
  function accept(port) {
    connected = true;
    due = counted + limits.heartbeat_ms;
    effects.accept(port);
    effects.post('{"type":"accepted"}');
    flush();
    become('ready');
  }

  /** @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message */
  function isHello({ isTrusted, origin, data, ports }) {
    return (
      isTrusted &&
      isOpaque(origin) &&
      own(data, 'c2c') === PROTOCOL &&
      own(data, 'type') === 'hello' &&
      own(data, 'nonce') === nonce &&
      ports.length === 1
    );
  }

  /* --- From the frame, on the port ------------------------------------------------------- */

  /** @param {any} data @returns {Outcome} */
  function take(data) {
    const type = own(data, 'type');
    if (type === 'emit') return takeEmit(own(data, 'name'), own(data, 'json'));
    if (type === 'pong') return takePong(own(data, 'n'));
    if (type === 'jar' && jar) return jar.take(own(data, 'changes'), now());
    return type && diagnostics ? diagnostics.take(data, now()) : 'garbage';
  }

  /** @param {any} name @param {any} json @returns {Outcome} */
  function takeEmit(name, json) {
    const fault = takesEmit(now()) ? customNameFault(name) || payloadFault(json, limits) : 'too_many';
    if (fault) {
      diagnostics?.refused(name, fault, now());
      return 'refused';
    }
    const custom = envelope(happened(CUSTOM_PREFIX + name, json));
    effects.relay(() => custom);
    effects.custom(custom);
    return 'passed';
  }

  /** @param {unknown} n @returns {Outcome} */
  function takePong(n) {
    if (awaited === 0 || n !== awaited) return 'garbage';
    awaited = 0;
    reloaded = false;
    due = counted + limits.heartbeat_ms;
    if (status === 'failed') become('ready');
    return 'passed';
  }

  /* --- To the frame ---------------------------------------------------------------------- */

  /** @param {string} name @param {string} json @returns {WidgetEvent} */
  function happened(name, json) {
    const { timestamp, id } = stamp();
    return { name, timestamp, id, seq: seq++, json };
  }

  /** @param {WidgetEvent} event @returns {Envelope} */
  function envelope(event) {
    const made = JSON.parse(eventText(event));
    made.data = { ...made.data, context };
    return made;
  }

  function flush() {
    flushing = false;
    if (!connected) return;
    diagnostics?.sent(queue);
    while (queue.length > 0) {
      effects.post(`[${queue.splice(0, limits.batch_max).map(eventText)}]`);
    }
  }

  /** @param {number} [deadline] */
  function ping(deadline = counted + limits.answer_ms) {
    awaited = ++pings;
    due = deadline;
    effects.post(`{"type":"ping","n":${awaited}}`);
  }

  /* --- Time ------------------------------------------------------------------------------ */

  function onDue() {
    if (!connected) {
      // A late hello still counts.
      if (status === 'connecting') become('failed', 'refused');
    } else if (awaited === 0) {
      ping();
    } else if (reloaded) {
      fail('navigated');
    } else if (removeHung) {
      fail('hung');
    } else if (status === 'ready') {
      become('failed', 'hung');
    }
  }

  return {
    /**
     * Takes the visitor's decision. Until consent is granted, nothing is loaded and events are kept.
     * Once it is denied, everything is removed and events are dropped.
     * @param {Consent} next
     */
    consent(next) {
      // Even if destroyed or already denied: another tab may have written meanwhile.
      if (next === 'denied') jar?.clear();
      if (status === 'destroyed' || next === consent) return;
      consent = next;
      if (next === 'granted') return begin();
      if (next === 'denied') return endAs(next);
      end();
      become('waiting');
    },

    /**
     * Takes a window message. The frame's window, and frames inside it, may send a few that are not the
     * hello. A frame that sends a flood is removed soon, because all that it has sent still arrives.
     * @param {'frame' | 'inside' | 'other'} source
     * @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message
     *   not read unless it may be the hello: reading the data of a flood is expensive
     */
    message(source, message) {
      if (nonce === null || source === 'other') return;
      if (source === 'frame' && !connected && isHello(message)) return accept(message.ports[0]);
      strayed = true;
      takeStray();
    },

    /** Takes a message on the port. @param {unknown} data */
    port(data) {
      if (!connected) return;
      const outcome = take(data);
      // A callback may have ended the connection.
      if (!connected) return;
      if (outcome === 'garbage') garbage += 1;
      if (outcome === 'refused') refusals += 1;
      if (garbage > limits.garbage_max) fail('closed');
      else if (refusals > limits.refusals_max) fail('flooded');
    },

    /** The element has loaded: perhaps another document, perhaps not (`document.open()`). */
    load() {
      if (!connected) return;
      // An answer already under way comes from the previous document. Reloading again does not extend
      // the deadline.
      ping(reloaded ? due : undefined);
      reloaded = true;
    },

    /** @param {boolean} visible */
    tick(visible) {
      const passed = now() - last;
      last += passed;
      if (visible && passed > limits.stray_late_ms) lateTick();
      strayed = false;
      if (!visible) return;
      counted += Math.min(passed, limits.tick_late_ms);
      if (counted >= due) onDue();
    },

    /**
     * Checks on the page's own tasks, every `watch_ms`, by a clock that goes on while a flood keeps
     * them waiting. A page that is busy by itself has long tasks, for which that clock also waits: so
     * a late check counts less.
     * @param {boolean} answered whether the task posted at an earlier check has run
     * @param {boolean} visible
     */
    watch(answered, visible) {
      if (nonce === null || !visible) return;
      const late = now() - looked > 1.2 * limits.watch_ms;
      looked = now();
      starved = answered ? Math.max(0, starved - 1.5) : starved + (late ? 1.5 : 2);
      if (starved > limits.starved_max) stall();
    },

    /** The page has been calm since its frame was removed as `stalled`. */
    retry() {
      if (status === 'waiting' && consent === 'granted') begin();
    },

    /**
     * Ends the frame for misbehavior detected outside the machine.
     * @param {'focus_theft' | 'flooded' | 'scrolled' | 'stalled'} reason it has the focus although it is
     *   invisible; or it floods the parent page, or scrolls it to itself; or it delays leaving the
     *   page, which may be cancelled, so another try may follow
     */
    blame(reason) {
      if (nonce !== null) reason === 'stalled' ? stall() : fail(reason);
    },

    /** An event of the widget. @param {string} name @param {string} json its fields @returns {WidgetEvent} */
    emit(name, json) {
      const event = happened(name, json);
      if (status === 'destroyed') return event;
      const listens = nonce !== null || status === 'waiting';
      if (listens && (connected || queue.length < limits.queue_max)) {
        queue.push(event);
        // The events of one task travel together.
        if (connected && !flushing) {
          flushing = true;
          effects.flushSoon();
        }
        // A full message does not wait: the frame can start on it while the task goes on.
        if (connected && queue.length >= limits.batch_max) flush();
      }
      effects.relay(() => envelope(event));
      return event;
    },

    flush,

    /** Makes a new element; returns false if there have been too many, or if none is allowed. */
    restart() {
      if (consent !== 'granted' || status === 'destroyed' || restarts >= limits.restarts_max) return false;
      restarts += 1;
      end();
      begin();
      return true;
    },

    destroy() {
      if (status !== 'destroyed') endAs('destroyed');
    },
  };
}
