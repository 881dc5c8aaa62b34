// @ts-check
/**
 * The widget's end of the bridge (docs/protocol.md) as a machine that does no IO: what happens in
 * the page goes in as calls, and what is to be done comes out as calls on `effects`. `mount.js`
 * connects it to a page. crates/bridge/src/host.rs is the same machine in Rust; both run the same
 * vectors, and random inputs go through both.
 *
 * Who is the frame? A frame without `allow-same-origin` always reports the origin "null", and so
 * does any document that it is navigated to. So a hello counts only if *all* of this holds: it was
 * dispatched by the browser, it comes from the window of this very element, its origin is "null",
 * it carries the nonce made for this element, it brings one port, and it is the first. From then on
 * the port is the identity: it dies with its document.
 */

import { tokenBucket } from './bucket.js';
import { eventText } from './envelope.js';
import { CUSTOM_PREFIX } from './letters.js';
import { customNameFault } from './name.js';
import { isOpaque } from './origin.js';
import { own } from './own.js';
import { payloadFault } from './payload.js';
import { PROTOCOL } from './protocol.js';

/**
 * @typedef {import('./envelope.js').Envelope} Envelope
 * @typedef {import('./limits.js').BridgeLimits} BridgeLimits
 *
 * @typedef {'granted' | 'pending' | 'denied'} Consent
 * @typedef {'waiting' | 'denied' | 'connecting' | 'ready' | 'failed' | 'destroyed'} Status
 * @typedef {'refused' | 'hung' | 'navigated' | 'flooded' | 'focus_theft' | 'closed' | 'stalled' | 'scrolled'} Reason
 * @typedef {{readonly status: Status, readonly reason: Reason | null}} State
 *
 * @typedef {{name: string, timestamp: string, id: string, seq: number, json: string}} WidgetEvent `json`
 *   is its fields, as text: the one copy of them that is made
 *
 * @typedef {object} Effects what the machine asks of the page; all of it at once, in this order
 * @property {(nonce: string) => void} open put a new element into the page
 * @property {() => void} close take the element out of the page, and close its port
 * @property {(port: any) => void} accept listen to this port
 * @property {(message: string) => void} post send on the port: JSON text, which for small objects costs
 *   half of what the browser's own clone does
 * @property {() => void} retryLater call `retry` once the page has been calm for a while (`calm_ms`)
 * @property {() => void} flushSoon call `flush` at the end of this task
 * @property {(envelope: () => Envelope) => void} relay tell the parent page, if there is one
 * @property {(envelope: Envelope) => void} custom tell the widget what custom code emitted
 * @property {(state: State) => void} state tell the widget the new state
 *
 * @typedef {'passed' | 'refused' | 'garbage'} Outcome of a message on the port
 *
 * @typedef {object} Options
 * @property {Readonly<Record<string, string>>} context
 * @property {boolean} removeHung whether a frame that does not answer is removed, or only reported
 * @property {BridgeLimits} limits
 * @property {() => string} nonce a new secret
 * @property {() => number} now in milliseconds, by a clock that never goes back
 * @property {() => {timestamp: string, id: string}} stamp
 * @property {import('../diagnostics.js').Diagnostics} [diagnostics]
 * @property {import('../jar.js').KeptJar} [jar]
 */

/** @param {Options} options @param {Effects} effects */
export function hostMachine({ context, removeHung, limits, nonce: newNonce, now, stamp, diagnostics, jar }, effects) {
  /** @type {Status} */
  let status = 'waiting';
  /** @type {Consent | null} */
  let consent = null;
  /** Of the element that is in the page; null: there is none. @type {string | null} */
  let nonce = null;
  let connected = false;
  /** What the frame is to get; it adds the context by itself. @type {WidgetEvent[]} */
  let queue = [];
  let flushing = false;
  let seq = 0;
  let restarts = 0;
  let stalls = 0;

  /* Of this element. */
  let garbage = 0;
  let refusals = 0;
  /** How long the page's own tasks have been waiting behind others, in looks of `watch`. */
  let starved = 0;
  /** @type {ReturnType<typeof tokenBucket>} */
  let takesEmit;
  /** @type {ReturnType<typeof tokenBucket>} */
  let takesStray;

  /* Time counts only while the page is visible, and of a timer that was late a second: a page that
   * was frozen, or a computer that slept, has no frame that failed to answer; but a frame that
   * shares its thread with the page makes all timers late. */
  let counted = 0;
  let last = 0;
  /** Whether a tick came late since the last stray message. */
  let late = false;
  /** Up to when the hello is awaited, or, without a ping, when the next one is due. */
  let due = 0;
  /** The number of the ping that is not answered; 0: there is none. */
  let awaited = 0;
  let pings = 0;
  /** Whether the frame has loaded anew since it last answered. */
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
    // A second's more than the shim takes: what was sent in time may come late, and all at once.
    takesEmit = tokenBucket(limits.emit_burst + limits.emits_per_second, limits.emits_per_second);
    reloaded = late = false;
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

  /** What waits is for nobody. @param {Status} next @param {Reason} [reason] */
  function endAs(next, reason) {
    end();
    queue = [];
    become(next, reason);
  }

  /** @param {Reason} reason */
  const fail = (reason) => endAs('failed', reason);

  /** The first time may be the page's own doing, so there is another try when it is over. */
  function stall() {
    stalls += 1;
    if (stalls >= limits.stalls_max) return fail('stalled');
    end();
    become('waiting', 'stalled');
    effects.retryLater();
  }

  /**
   * Few messages can stop a page as many do, if each takes long: so one counts more after a late
   * tick. (What the page itself does makes ticks late, too, but few frames send any such message.)
   */
  function strayCost() {
    const cost = late ? limits.stray_late_cost : 1;
    late = false;
    return cost;
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
     * The visitor's decision. Until it is granted nothing is loaded and events are kept; once it
     * is denied nothing is left, and events are dropped.
     * @param {Consent} next
     */
    consent(next) {
      // Also at the end, and again: another tab may have written meanwhile.
      if (next === 'denied') jar?.clear();
      if (status === 'destroyed' || next === consent) return;
      consent = next;
      if (next === 'granted') return begin();
      if (next === 'denied') return endAs(next);
      end();
      become('waiting');
    },

    /**
     * A window message. The frame's window, and frames inside it, may send a few that are not the
     * hello; a frame that sends a flood is removed, and soon: what it has sent by then still comes.
     * @param {'frame' | 'inside' | 'other'} source
     * @param {{isTrusted: boolean, origin: string, data: any, ports: ArrayLike<unknown>}} message
     *   not looked at unless it may be the hello: reading the data of a flood is what costs
     */
    message(source, message) {
      if (nonce === null || source === 'other') return;
      if (source === 'frame' && !connected && isHello(message)) return accept(message.ports[0]);
      if (!takesStray(now(), strayCost())) fail('flooded');
    },

    /** A message on the port. @param {unknown} data */
    port(data) {
      if (!connected) return;
      const outcome = take(data);
      // A callback may have ended it.
      if (!connected) return;
      if (outcome === 'garbage') garbage += 1;
      if (outcome === 'refused') refusals += 1;
      if (garbage > limits.garbage_max) fail('closed');
      else if (refusals > limits.refusals_max) fail('flooded');
    },

    /** The element has loaded: perhaps another document, perhaps not (`document.open()`). */
    load() {
      if (!connected) return;
      // An answer that is under way is the former document's. Who loads again and again has no more time.
      ping(reloaded ? due : undefined);
      reloaded = true;
    },

    /** @param {boolean} visible */
    tick(visible) {
      const passed = now() - last;
      last += passed;
      if (!visible) return;
      if (passed > limits.stray_late_ms) late = true;
      counted += Math.min(passed, limits.tick_late_ms);
      if (counted >= due) onDue();
    },

    /**
     * A look at the page's own tasks, every `watch_ms`, by a clock that goes on while a flood keeps
     * them waiting. (A page that is busy by itself has one long task: then that clock waits, too.)
     * @param {boolean} answered whether a task that was posted at an earlier look has run
     * @param {boolean} visible
     */
    watch(answered, visible) {
      if (nonce === null || !visible) return;
      starved = answered ? Math.max(0, starved - 1) : starved + 2;
      if (starved > limits.starved_max) stall();
    },

    /** The page has been calm since its frame was removed as `stalled`. */
    retry() {
      if (status === 'waiting' && consent === 'granted') begin();
    },

    /**
     * Somebody else saw that the frame does what it must not.
     * @param {'focus_theft' | 'flooded' | 'scrolled' | 'stalled'} reason it holds the focus, though
     *   nobody can see it; or it floods the parent page, or scrolls it to itself; or it holds up the
     *   leaving of the page, which may be cancelled, and the frame may then try once more
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
        // A full message does not wait: the frame can begin while the task goes on.
        if (connected && queue.length >= limits.batch_max) flush();
      }
      effects.relay(() => envelope(event));
      return event;
    },

    flush,

    /** A new element; false if there have been too many, or there may be none. */
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
