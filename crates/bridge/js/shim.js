// @ts-check
/**
 * The shim: the first script of the sandbox document. It defines `window.c2c` before any customer
 * byte and speaks the frame's end of the bridge (docs/protocol.md).
 *
 * Rules that the code below keeps:
 * 1. Customer code that runs later may patch every built-in, so whatever the shim uses after its
 *    first run is captured here (`uncurry`), and nothing is looked up on a prototype: no array
 *    methods, no iteration, no spread; descriptors and records have no prototype.
 * 2. The port never leaves this closure: its messages are read with the captured getter, so that
 *    no patched accessor sees an event whose `target` is the port, and nothing else runs in its
 *    listener, where `window.event` is that event.
 * 3. What identifies this load (the nonce) and what the visitor brought (the boot name) is read
 *    once and wiped before customer code runs.
 */
(function (script) {
  'use strict';

  const PROTOCOL = 1;
  const PAYLOAD_UNITS_MAX = 16384;
  const NAME_LENGTH_MAX = 64;
  const HOLD_MS_MAX = 3000;

  const { create, freeze, defineProperty, getOwnPropertyDescriptor } = Object;
  const { ownKeys } = Reflect;
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  /** @type {(method: Function) => any} `uncurry(f)(self, ...args)` is `f.call(self, ...args)`. */
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  /** @param {object} prototype @param {string} name */
  const getter = (prototype, name) =>
    uncurry(/** @type {any} */ (getOwnPropertyDescriptor(prototype, name)).get);

  const addListener = uncurry(EventTarget.prototype.addEventListener);
  const dispatch = uncurry(EventTarget.prototype.dispatchEvent);
  const postTo = uncurry(MessagePort.prototype.postMessage);
  const dataOf = getter(MessageEvent.prototype, 'data');
  const readyStateOf = getter(Document.prototype, 'readyState');
  const charCodeAt = uncurry(String.prototype.charCodeAt);
  const report = window.reportError;
  const { Event } = window;
  const page = document;
  const frame = window;

  /* --- What the host and the server said ------------------------------------------------- */

  const appId = script.getAttribute('data-app') || '';
  const nonce = location.hash.slice(1);
  const boot = readBoot(frame.name);
  frame.name = '';
  history.replaceState(null, '', location.pathname + location.search);

  /**
   * The boot name is written by the host, but anybody may frame this document and write another:
   * what does not have its form counts as absent.
   * @param {string} text
   * @returns {{origin: string, context: Readonly<Record<string, string>>}}
   */
  function readBoot(text) {
    const context = create(null);
    let origin = '';
    try {
      const value = parse(text);
      if (value.c2c === PROTOCOL && typeof value.origin === 'string') {
        const keys = ownKeys(value.context);
        for (let i = 0; i < keys.length; i++) {
          const entry = value.context[keys[i]];
          if (typeof entry === 'string') context[keys[i]] = entry;
        }
        origin = value.origin;
      }
    } catch {
      // Not JSON, or not of the form: there is no context.
    }
    return { origin, context: freeze(context) };
  }

  /* --- Handlers -------------------------------------------------------------------------- */

  /**
   * The handlers of one event name: a list of entries linked in the order of registration.
   * @typedef {{handler: Function, order: number, active: boolean, next: Entry | null}} Entry
   * @typedef {{first: Entry | null, last: Entry | null}} List
   */
  /** @type {Record<string, List>} */
  const lists = create(null);
  let registrations = 0;

  /** @param {string} name @param {(data: any, meta: any) => void} handler */
  function on(name, handler) {
    if (typeof name !== 'string') throw new TypeError('c2c.on(name, handler): name must be a string');
    if (typeof handler !== 'function') {
      throw new TypeError('c2c.on(name, handler): handler must be a function');
    }
    const list = lists[name] || (lists[name] = { first: null, last: null });
    /** @type {Entry} */
    const entry = { handler, order: registrations++, active: true, next: null };
    if (list.last) list.last.next = entry;
    else list.first = entry;
    list.last = entry;
    return () => {
      if (entry.active) remove(list, (other) => other === entry);
    };
  }

  /** @param {string} name @param {Function} handler */
  function off(name, handler) {
    const list = lists[name];
    if (list) remove(list, (entry) => entry.handler === handler);
  }

  /**
   * Takes entries out of a list. A removed entry keeps its `next`, so that a delivery that stands
   * on it goes on to the rest.
   * @param {List} list @param {(entry: Entry) => boolean} matches
   */
  function remove(list, matches) {
    let kept = null;
    for (let entry = list.first; entry; entry = entry.next) {
      if (matches(entry)) {
        entry.active = false;
        if (kept) kept.next = entry.next;
        else list.first = entry.next;
      } else {
        kept = entry;
      }
    }
    list.last = kept;
  }

  /** @param {{name: string, data: any, timestamp: string, id: string, seq: number}} event */
  function deliver(event) {
    const list = lists[event.name];
    if (!list) return;
    const { name, data, timestamp, id, seq } = event;
    defineProperty(data, 'context', /** @type {any} */ ({ __proto__: null, value: boot.context, enumerable: true }));
    deepFreeze(data);
    const meta = freeze({ __proto__: null, name, timestamp, id, seq });
    // A handler that is added during the delivery does not hear this event.
    const end = registrations;
    for (let entry = list.first; entry && entry.order < end; entry = entry.next) {
      if (entry.active) call(entry.handler, data, meta);
    }
  }

  /** A handler that throws stops no other; its error shows in the frame's own console.
   * @param {Function} handler @param {unknown} data @param {unknown} meta */
  function call(handler, data, meta) {
    try {
      handler(data, meta);
    } catch (error) {
      report(error);
    }
  }

  /** @param {any} value */
  function deepFreeze(value) {
    if (typeof value !== 'object' || value === null) return;
    freeze(value);
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) deepFreeze(value[keys[i]]);
  }

  /** What the widget sent counts event by event: one that cannot be delivered takes no other along.
   * @param {any} event */
  function tryDeliver(event) {
    try {
      deliver(event);
    } catch (error) {
      report(error);
    }
  }

  /* --- Emitting -------------------------------------------------------------------------- */

  /** @param {string} reason */
  const refused = (reason) => freeze({ ok: false, reason });
  const accepted = freeze({ ok: true });

  /**
   * Sends a custom event. Never throws: whatever is wrong with the input is the `reason`.
   * @param {unknown} name @param {unknown} [data] an object that JSON can express
   */
  function emit(name, data) {
    if (!port) return refused('this page is not connected to a widget');
    const fault = nameFault(name);
    if (fault) return refused(fault);
    let json;
    try {
      json = data === undefined ? '{}' : stringify(data);
    } catch {
      return refused('data cannot be written as JSON');
    }
    if (typeof json !== 'string' || charCodeAt(json, 0) !== 0x7b /* { */) {
      return refused('data must be an object');
    }
    if (json.length > PAYLOAD_UNITS_MAX) return refused('data is too large: its JSON has more than 16 KiB');
    postTo(port, { type: 'emit', name, json });
    return accepted;
  }

  /**
   * The form of a custom event's name. The host applies the same rules, and those on reserved
   * names; they are here so that the caller is told at once.
   * @param {unknown} name
   */
  function nameFault(name) {
    if (typeof name !== 'string' || name === '') return 'the event needs a name';
    if (name.length > NAME_LENGTH_MAX) return 'the name has more than 64 characters';
    for (let i = 0; i < name.length; i++) {
      const code = charCodeAt(name, i);
      const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
      const digit = code >= 48 && code <= 57;
      if (i === 0 && !letter) return 'the name must begin with a letter';
      if (!letter && !digit && code !== 95 && code !== 45 && code !== 46) {
        return 'the name may have letters, digits, "_", "-" and "." only';
      }
    }
    return '';
  }

  /* --- Holding --------------------------------------------------------------------------- */
  // What arrives while the document is still being parsed waits, so that a handler in the last
  // script hears the first event. Three ways out, whichever comes first: DOMContentLoaded; a
  // message that finds the document parsed (document.open() can erase the listener); a deadline.
  //
  // Also later, nothing is handled while the port's own listener runs: `window.event` would show
  // its event there, and so the port, to every handler and to the microtasks of every handler. So
  // the listener only rings a bell, a channel of its own that carries nothing, and what was
  // received is handled in the bell's listener. Who takes the bell can silence it, and gains nothing.

  /** @type {{first: Held | null, last: Held | null}} @typedef {{message: any, next: Held | null}} Held */
  const held = { first: null, last: null };
  let holding = readyStateOf(page) === 'loading';

  function release() {
    holding = false;
    while (held.first) {
      const { message } = held.first;
      held.first = held.first.next;
      handle(message);
    }
    held.last = null;
  }

  const bell = new MessageChannel();
  const bellIn = bell.port1;
  addListener(bell.port2, 'message', release);
  bell.port2.start();

  if (holding) {
    addListener(page, 'DOMContentLoaded', release);
    setTimeout(release, HOLD_MS_MAX);
  }

  /* --- The port -------------------------------------------------------------------------- */

  /** @type {(value?: undefined) => void} */
  let becomeReady = () => {};
  const ready = new Promise((resolve) => (becomeReady = resolve));

  /** @param {any} message */
  function handle(message) {
    if (message.type === 'accepted') {
      becomeReady();
      dispatch(frame, new Event('c2c:ready'));
    } else if (message.type === 'events') {
      for (let i = 0; i < message.events.length; i++) tryDeliver(message.events[i]);
    }
  }

  /** @param {MessageEvent} event */
  function receive(event) {
    const item = { message: dataOf(event), next: null };
    if (held.last) held.last.next = item;
    else held.first = item;
    held.last = item;
    if (!holding || readyStateOf(page) !== 'loading') postTo(bellIn, null);
  }

  const port = connect();

  /**
   * Says hello to the widget, if its origin is one that the server listed for this app. This is
   * the only window message that the shim ever sends, and it goes to that exact origin.
   */
  function connect() {
    const listed = (script.getAttribute('data-widget-origins') || '').split(' ');
    if (frame.parent === frame || !boot.origin || !listed.includes(boot.origin)) return null;
    const channel = new MessageChannel();
    addListener(channel.port1, 'message', receive);
    channel.port1.start();
    frame.parent.postMessage({ c2c: PROTOCOL, type: 'hello', nonce }, boot.origin, [channel.port2]);
    return channel.port1;
  }

  /* --- The surface ----------------------------------------------------------------------- */

  const api = freeze({ __proto__: null, on, off, emit, context: boot.context, appId, ready });
  defineProperty(frame, 'c2c', { value: api, enumerable: true, writable: false, configurable: false });
})(/** @type {HTMLScriptElement} */ (document.currentScript));
