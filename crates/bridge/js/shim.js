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
  const DIAGNOSTIC_UNITS_MAX = 1024;
  const DIAGNOSTIC_BURST = 20;
  const DIAGNOSTICS_PER_SECOND = 5;
  const DROPPED_DELAY_MS = 1000;

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
  const slice = uncurry(String.prototype.slice);
  const now = uncurry(Performance.prototype.now);
  const { Event, String: toText, performance: clock, reportError: report, setTimeout: later } = window;
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
   * @returns {{origin: string, context: Readonly<Record<string, string>>, diagnostics: boolean}}
   */
  function readBoot(text) {
    const context = create(null);
    let origin = '';
    let diagnostics = false;
    try {
      const value = parse(text);
      if (value.c2c === PROTOCOL && typeof value.origin === 'string') {
        const keys = ownKeys(value.context);
        for (let i = 0; i < keys.length; i++) {
          const entry = value.context[keys[i]];
          if (typeof entry === 'string') context[keys[i]] = entry;
        }
        origin = value.origin;
        diagnostics = value.diagnostics === true;
      }
    } catch {
      // Not JSON, or not of the form: there is no context.
    }
    return { origin, context: freeze(context), diagnostics };
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

  /**
   * Calls the handlers of an event, and gives their number.
   * @param {{name: string, data: any, timestamp: string, id: string, seq: number}} event
   */
  function deliver(event) {
    const list = lists[event.name];
    let handlers = 0;
    if (!list) return handlers;
    const { name, data, timestamp, id, seq } = event;
    defineProperty(data, 'context', /** @type {any} */ ({ __proto__: null, value: boot.context, enumerable: true }));
    deepFreeze(data);
    const meta = freeze({ __proto__: null, name, timestamp, id, seq });
    // A handler that is added during the delivery does not hear this event.
    const end = registrations;
    for (let entry = list.first; entry && entry.order < end; entry = entry.next) {
      if (entry.active) {
        handlers += 1;
        call(entry.handler, data, meta);
      }
    }
    return handlers;
  }

  /** A handler that throws stops no other; its error shows in the frame's own console.
   * @param {Function} handler @param {unknown} data @param {unknown} meta */
  function call(handler, data, meta) {
    try {
      handler(data, meta);
    } catch (error) {
      reportCaught(error);
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
    let handlers = 0;
    try {
      handlers = deliver(event);
    } catch (error) {
      reportCaught(error);
    }
    if (diagnosing) postTo(port, { type: 'delivered', seq: event.seq, handlers });
  }

  /* --- Emitting -------------------------------------------------------------------------- */

  /** @param {unknown} name @param {string} reason */
  function refuse(name, reason) {
    if (diagnosing) diagnose({ type: 'refused', name: cut(describe(name)), reason });
    return freeze({ ok: false, reason });
  }
  const accepted = freeze({ ok: true });

  /**
   * Sends a custom event. Never throws: whatever is wrong with the input is the `reason`.
   * @param {unknown} name @param {unknown} [data] an object that JSON can express
   */
  function emit(name, data) {
    if (!port) return refuse(name, 'this page is not connected to a widget');
    const fault = nameFault(name);
    if (fault) return refuse(name, fault);
    let json;
    try {
      json = data === undefined ? '{}' : stringify(data);
    } catch {
      return refuse(name, 'data cannot be written as JSON');
    }
    if (typeof json !== 'string' || charCodeAt(json, 0) !== 0x7b /* { */) {
      return refuse(name, 'data must be an object');
    }
    if (json.length > PAYLOAD_UNITS_MAX) return refuse(name, 'data is too large: its JSON has more than 16 KiB');
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

  /* --- Diagnostics ----------------------------------------------------------------------- */
  // For the person who wrote the code, so only where the host asked; the host trusts none of it. The
  // limits are the host's as well. They are here so that a flood costs the widget nothing.

  let tokens = DIAGNOSTIC_BURST;
  let refilled = 0;
  let dropped = 0;
  /** Whether the browser is showing an error that the shim has told already. */
  let reporting = false;

  /** Sends a diagnostic, or counts it if there are too many: the last token is for their number.
   * @param {object} diagnostic */
  function diagnose(diagnostic) {
    const time = now(clock);
    tokens += ((time - refilled) / 1000) * DIAGNOSTICS_PER_SECOND;
    if (tokens > DIAGNOSTIC_BURST) tokens = DIAGNOSTIC_BURST;
    refilled = time;
    if (tokens >= 2) {
      tokens -= 1;
      postTo(port, diagnostic);
    } else {
      if (dropped === 0) later(tellDropped, DROPPED_DELAY_MS);
      dropped += 1;
    }
  }

  function tellDropped() {
    tokens -= 1;
    postTo(port, { type: 'dropped', count: dropped });
    dropped = 0;
  }

  /**
   * Shows a caught error in the frame's own console, as if nobody had caught it. The diagnostic is
   * not left to the browser's event: for what is no `Error`, that names the place of the call below,
   * and WebKit's names none. (`document.open()` erases the listener, too.)
   * @param {unknown} error
   */
  function reportCaught(error) {
    if (diagnosing) diagnoseThrown('script', error);
    reporting = true;
    report(error);
    reporting = false;
  }

  /**
   * What was thrown is custom code's own, and to read it may run custom code: that finds nothing of
   * ours here, and whatever it does is caught.
   * @param {string} kind @param {any} value
   */
  function diagnoseThrown(kind, value) {
    let stack;
    try {
      stack = value.stack;
    } catch {
      // Nor can anybody else read it.
    }
    if (typeof stack !== 'string') stack = '';
    const text = describe(value);
    // Chromium repeats the text in front of the stack: a long one would leave no room for the place.
    if (slice(stack, 0, text.length) === text) stack = slice(stack, text.length);
    diagnoseError(kind, text, '', 0, 0, stack);
  }

  /**
   * @param {string} kind @param {string} message @param {string} source @param {number} line
   * @param {number} column @param {string} stack names the place if there is no `source`
   */
  function diagnoseError(kind, message, source, line, column, stack) {
    diagnose({ type: 'error', kind, message: cut(message), source: cut(source), line, column, stack: cut(stack) });
  }

  /** @param {string} text */
  const cut = (text) => slice(text, 0, DIAGNOSTIC_UNITS_MAX);

  /** @param {unknown} value */
  function describe(value) {
    try {
      return toText(value);
    } catch {
      return 'a value that has no text';
    }
  }

  /** Listens before anybody else can, and stops no event. */
  function watchErrors() {
    const isTrusted = getter(new Event('error'), 'isTrusted');
    const targetOf = getter(Event.prototype, 'target');
    const messageOf = getter(ErrorEvent.prototype, 'message');
    const sourceOf = getter(ErrorEvent.prototype, 'filename');
    const lineOf = getter(ErrorEvent.prototype, 'lineno');
    const columnOf = getter(ErrorEvent.prototype, 'colno');
    const reasonOf = getter(PromiseRejectionEvent.prototype, 'reason');
    const resources = [
      { what: 'script', urlOf: getter(HTMLScriptElement.prototype, 'src') },
      { what: 'stylesheet', urlOf: getter(HTMLLinkElement.prototype, 'href') },
      { what: 'image', urlOf: getter(HTMLImageElement.prototype, 'src') },
      { what: 'frame', urlOf: getter(HTMLIFrameElement.prototype, 'src') },
    ];

    /** @param {unknown} element */
    function diagnoseResource(element) {
      for (let i = 0; i < resources.length; i++) {
        const { what, urlOf } = resources[i];
        let url;
        try {
          url = urlOf(element);
        } catch {
          continue; // It is an element of another kind.
        }
        return diagnoseError('resource', `the ${what} could not be loaded`, url, 0, 0, '');
      }
    }

    // What custom code dispatches is not what the browser saw.
    addListener(frame, 'error', (/** @type {Event} */ event) => {
      if (!isTrusted(event)) return;
      if (targetOf(event) !== frame) diagnoseResource(targetOf(event));
      else if (!reporting) diagnoseError('script', messageOf(event), sourceOf(event), lineOf(event), columnOf(event), '');
    }, true);
    addListener(frame, 'unhandledrejection', (/** @type {Event} */ event) => {
      // WebKit's own are not trusted either, so what libraries dispatch counts, if it has a reason.
      let reason;
      try {
        reason = reasonOf(event);
      } catch {
        return;
      }
      diagnoseThrown('rejection', reason);
    }, true);
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
    later(release, HOLD_MS_MAX);
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
  const diagnosing = port !== null && boot.diagnostics;
  if (diagnosing) watchErrors();

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
