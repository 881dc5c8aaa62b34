//! The port to the widget is out of reach: code that has it could pose as the shim.
//!
//! Custom code hunts for the port wherever it runs because of one of its messages. The control: the
//! same hunt on a page without the shim finds a port.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

use crate::diagnostics::NOTE;
use crate::steps::{heard, mount, open_parent, press, said, say};

pub(crate) const TESTS: Tests = &[
    ("a_hunt_finds_a_port_that_is_not_hidden", &a_hunt_finds_a_port_that_is_not_hidden),
    ("what_a_delivery_runs_sees_no_port", &what_a_delivery_runs_sees_no_port),
    ("what_waited_for_the_document_sees_no_port", &what_waited_for_the_document_sees_no_port),
    ("errors_see_no_port", &errors_see_no_port),
    ("without_window_event_nothing_sees_the_port", &without_window_event_nothing_sees_the_port),
    ("frames_inside_cannot_show_the_port", &frames_inside_cannot_show_the_port),
    ("document_open_shows_no_port", &document_open_shows_no_port),
    ("window_event_is_otherwise_as_ever", &window_event_is_otherwise_as_ever),
    ("the_shim_looks_up_no_global", &the_shim_looks_up_no_global),
];

/// `hunt(where)` notes in `found` where and how a port was seen.
const HUNT: &str = "
    var found = [];
    var getters = [];
    const RealPort = MessagePort;
    const seenIn = (value) => {
      if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
      if (value instanceof RealPort) return true;
      for (const name of ['target', 'currentTarget', 'srcElement', 'source']) {
        try { if (value[name] instanceof RealPort) return true; } catch {}
      }
      try { return value.composedPath().some((target) => target instanceof RealPort); } catch { return false; }
    };
    const ways = {
      name: () => event,
      window: () => window.event,
      view: () => document.defaultView.event,
      reflect: () => Reflect.get(window, 'event'),
      receiver: () => Reflect.get(window, 'event', window),
      sloppy: () => new Function('with (window) { return event; }')(),
      own: () => Object.getOwnPropertyDescriptor(window, 'event').get.call(window),
      unbound: () => (0, Object.getOwnPropertyDescriptor(window, 'event').get)(),
      value: () => Object.getOwnPropertyDescriptor(window, 'event').value,
      ...Object.fromEntries(['Window', 'EventTarget', 'Object'].map((name) => [name, () => {
        const property = Object.getOwnPropertyDescriptor(window[name].prototype, 'event');
        return property.get ? property.get.call(window) : property.value;
      }])),
      inherited: () => Reflect.get(Object.getPrototypeOf(window), 'event', window),
      object: () => Object.create(window).event,
      legacy: () => window.__lookupGetter__('event').call(window),
      proxy: () => new Proxy(window, {}).event,
      others: () => getters.map((get) => get.call(window)).find(seenIn),
    };
    function hunt(where) {
      for (const [how, way] of Object.entries(ways)) {
        let value;
        try { value = way(); } catch { continue; }
        if (seenIn(value)) found.push(where + ': ' + how);
      }
      huntStack(where, arguments.callee);
    }
    function huntStack(where, callee) {
      try {
        for (let caller = callee.caller, i = 0; caller && i < 20; caller = caller.caller, i++) {
          for (const argument of caller.arguments ?? []) if (seenIn(argument)) found.push(where + ': arguments');
        }
      } catch {}
      const prepare = Error.prepareStackTrace;
      Error.prepareStackTrace = (error, sites) => {
        for (const site of sites) {
          if (seenIn(site.getThis?.())) found.push(where + ': this of a call site');
          for (const argument of site.getFunction?.()?.arguments ?? []) {
            if (seenIn(argument)) found.push(where + ': arguments of a call site');
          }
        }
        return '';
      };
      try { new Error().stack; } catch {}
      Error.prepareStackTrace = prepare;
    }
    // Everything that runs because of a call, at once or in its microtasks.
    const node = document.createElement('p');
    new MutationObserver(() => hunt('mutation')).observe(node, { attributes: true });
    function huntFrom(where) {
      hunt(where);
      queueMicrotask(() => { hunt(where + ', microtask'); queueMicrotask(() => hunt(where + ', nested microtask')); });
      Promise.resolve().then(() => hunt(where + ', promise'));
      (async () => { await null; hunt(where + ', await'); })();
      ({ then: 0, async run() { await { then: () => hunt(where + ', thenable') }; } }).run();
      node.setAttribute('a', Math.random());
    }
    for (const type of PerformanceObserver.supportedEntryTypes ?? []) {
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          for (const name in entry) if (seenIn(entry[name])) found.push('timing ' + type);
        }
      }).observe({ type, buffered: true });
    }";

/// Returns a snippet that hunts; `say` reports to the test.
fn hunting(cx: &Cx, code: &str) -> String {
    format!("<script>{}{HUNT}{code}</script>", say(cx))
}

/// Asserts that nothing was found during a call: its first event hunts, and its last one reports.
async fn assert_nothing_found(cx: &Cx, code: &str) -> Result<()> {
    let told = "c2c.on('call_ended', () => { c2c.emit('fence', {}); say(found); });";
    open_parent(cx, &hunting(cx, &format!("{code}{told}")), "", "").await?;
    press(cx, "#call").await?;
    heard(cx, "custom:alive").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!([]));
    heard(cx, "custom:fence").await?;
    Ok(())
}

async fn a_hunt_finds_a_port_that_is_not_hidden(cx: &Cx) -> Result<()> {
    let code = "const { port1, port2 } = new MessageChannel();
        port1.onmessage = function () { huntFrom('listener'); setTimeout(() => say(found)); };
        port2.postMessage(null);";
    cx.browser.goto(&cx.collector.page("/naked", hunting(cx, code), &[])).await?;
    let found = said(cx).await?;
    let found: Vec<&str> =
        found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for way in ["window", "own", "sloppy", "arguments"] {
        assert!(found.contains(&format!("listener: {way}").as_str()), "{way}: {found:?}");
    }
    for place in ["microtask", "nested microtask", "promise", "await", "thenable"] {
        let expected = format!("listener, {place}: window");
        assert!(found.contains(&expected.as_str()), "{expected}: {found:?}");
    }
    assert!(found.contains(&"mutation: window"), "{found:?}");
    Ok(())
}

async fn what_a_delivery_runs_sees_no_port(cx: &Cx) -> Result<()> {
    let code = "addEventListener('c2c:ready', () => huntFrom('ready event'));
        c2c.ready.then(() => huntFrom('ready promise'));
        c2c.on('widget_loaded', () => huntFrom('first'));
        c2c.on('*', () => huntFrom('every'));
        c2c.on('call_started', function () {
          huntFrom('handler');
          c2c.once('*', () => huntFrom('replay'), { replay: true, get unused() { return 0; } });
          c2c.on('x', () => {}, { get replay() { huntFrom('options'); return false; } });
          c2c.emit('x', { toJSON() { huntFrom('toJSON'); return {}; } });
          c2c.emit('x', { get a() { huntFrom('getter'); return 1; } });
          dispatchEvent(new Event('own'));
          hunt('after an event of its own');
          c2c.emit('alive', {});
        });
        addEventListener('own', () => huntFrom('own event'));
        c2c.on('call_started', new Proxy(() => {}, { apply: () => huntFrom('proxy') }));";
    assert_nothing_found(cx, code).await
}

async fn what_waited_for_the_document_sees_no_port(cx: &Cx) -> Result<()> {
    let javascript = [("content-type", "text/javascript")];
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &javascript);
    let fence = cx.collector.hit_url("fence");
    // A forged DOMContentLoaded ends nothing.
    let code = format!(
        "addEventListener('message', () => {{
           document.dispatchEvent(new Event('DOMContentLoaded'));
           found.push(...early);
           fetch('{fence}');
         }});
         var early = [];
         addEventListener('c2c:ready', () => early.push('too early'));"
    );
    let last = "<script>c2c.on('first', () => { huntFrom('held'); setTimeout(() => say(found)); });</script>";
    let app = cx.app().await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let body_end = format!("<script src='{slow}'></script>{last}");
    app.publish(&hunting(cx, &code), &body_end).await?;
    let mount = "const [src] = arguments;
        return import('/host.js').then(({ mount }) => {
          const fence = () => [...document.querySelectorAll('iframe')].at(-1).contentWindow.postMessage('fence', '*');
          mount({ events: [], src, onState: fence }).emit('first', {});
        });";
    cx.browser.run(mount, &[json!(app.sandbox_url())]).await?;
    cx.collector.hit("fence", DEADLINE).await?;
    drop(hold);
    assert_eq!(said(cx).await?, json!([]));
    Ok(())
}

async fn errors_see_no_port(cx: &Cx) -> Result<()> {
    let code = "addEventListener('error', () => huntFrom('error event'));
        window.onerror = () => huntFrom('onerror');
        addEventListener('unhandledrejection', () => huntFrom('rejection'));
        const telltale = {
          get stack() { huntFrom('stack'); return ''; },
          get message() { huntFrom('message'); return ''; },
          toString() { huntFrom('toString'); return ''; },
        };
        c2c.on('go', () => { Promise.reject(telltale); throw telltale; });
        c2c.on('end', () => setTimeout(() => say([found, c2c.emit('fence', {}).ok])));";
    cx.app().await?.publish(&hunting(cx, code), "").await?;
    mount(cx, NOTE).await?;
    cx.browser.run("bridge.emit('go', {}); bridge.emit('end', {});", &[]).await?;
    assert_eq!(said(cx).await?, json!([[], true]));
    // The control: the errors were reported.
    cx.browser.wait_for("diagnostics.some(({ kind }) => kind === 'handler')", DEADLINE).await?;
    Ok(())
}

async fn without_window_event_nothing_sees_the_port(cx: &Cx) -> Result<()> {
    let code = "const accessor = Object.getOwnPropertyDescriptor(window, 'event');
        getters.push(accessor.get);
        c2c.on('call_started', () => {
          for (let i = 0; i < 3; i++) {
            delete window.event;
            huntFrom('deleted');
            if ('event' in window) found.push('it comes back');
          }
          Object.defineProperty(window, 'event', { configurable: true, get: accessor.get });
          huntFrom('restored');
          Object.defineProperty(window, 'event', { configurable: true, value: undefined, writable: true });
          huntFrom('shadowed');
          delete window.event;
          c2c.emit('alive', {});
        });";
    assert_nothing_found(cx, code).await
}

async fn frames_inside_cannot_show_the_port(cx: &Cx) -> Result<()> {
    // If one of them were in this document's origin, its getter would show this window's event.
    let code = "const root = document.documentElement;
        const kinds = [
          {}, { src: 'about:blank' }, { srcdoc: '<p>' }, { src: 'javascript:0' }, { src: 'data:text/html,' },
          { sandbox: 'allow-scripts allow-same-origin' }, { src: URL.createObjectURL(new Blob([''], { type: 'text/html' })) },
        ];
        const frames = kinds.map((attributes) => {
          const frame = document.createElement('iframe');
          for (const name in attributes) frame.setAttribute(name, attributes[name]);
          root.append(frame);
          return frame;
        });
        const objects = ['object', 'embed'].map((name) => root.appendChild(document.createElement(name)));
        const popup = () => { try { return window.open('about:blank'); } catch { return null; } };
        const collect = () => {
          getters = [];
          const windows = [...frames.map((frame) => frame.contentWindow), popup(), parent];
          for (const other of windows) {
            try { getters.push(Object.getOwnPropertyDescriptor(other, 'event').get); } catch {}
            try { getters.push(other.eval('Object.getOwnPropertyDescriptor(window, \"event\").get')); } catch {}
            try { getters.push(other.__lookupGetter__('event')); } catch {}
            try { if (seenIn(other.parent.event)) found.push('parent of a frame'); } catch {}
          }
          getters = getters.filter((get) => typeof get === 'function');
        };
        collect();
        c2c.on('call_started', () => {
          huntFrom('early frames');
          collect();
          huntFrom('late frames');
          if (getters.length !== 0) found.push(getters.length + ' getters of other windows');
          c2c.emit('alive', {});
        });";
    assert_nothing_found(cx, code).await
}

async fn document_open_shows_no_port(cx: &Cx) -> Result<()> {
    let code = "const before = Object.getOwnPropertyDescriptor(window, 'event').get;
        let opened = 0;
        const open = () => {
          document.open();
          huntFrom('open');
          document.write('<p>all new<script>huntFrom(`written`)<\\/script>');
          huntFrom('write');
          document.close();
          huntFrom('close');
          opened += 1;
          if (Object.getOwnPropertyDescriptor(window, 'event').get !== before) found.push('another getter');
        };
        document.write('<i></i>');
        c2c.on('call_started', () => {
          open(); open();
          setTimeout(() => { open(); c2c.emit('alive', {}); });
        });
        c2c.on('call_ended', () => { open(); if (opened !== 4) found.push('opened ' + opened); });";
    assert_nothing_found(cx, code).await
}

async fn window_event_is_otherwise_as_ever(cx: &Cx) -> Result<()> {
    let code = "const results = {};
        const accessor = Object.getOwnPropertyDescriptor(window, 'event');
        results.accessor = [typeof accessor.get, typeof accessor.set, accessor.enumerable, accessor.configurable];
        results.idle = typeof event;
        addEventListener('own', (given) => { results.own = window.event === given; });
        dispatchEvent(new Event('own'));
        c2c.on('call_started', () => {
          results.handler = typeof event;
          addEventListener('nested', (given) => { results.nested = event === given; });
          dispatchEvent(new Event('nested'));
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = (given) => {
            results.port = event === given && event.target === port1;
            window.event = 'replaced';
            results.replaced = [event, Object.getOwnPropertyDescriptor(window, 'event')];
            delete window.event;
            results.deleted = 'event' in window;
            new Function('var event = 7;')();
            (0, eval)('var event = 8;');
            results.declared = window.event;
            say(results);
          };
          port2.postMessage(null);
        });";
    open_parent(cx, &hunting(cx, code), "<script>let after = 1;</script>", "").await?;
    press(cx, "#call").await?;
    let data =
        json!({"value": "replaced", "writable": true, "enumerable": true, "configurable": true});
    let expected = json!({
        "accessor": ["function", "function", true, true], "idle": "undefined", "own": true,
        "handler": "undefined", "nested": true, "port": true,
        "replaced": ["replaced", data], "deleted": false, "declared": 8,
    });
    assert_eq!(said(cx).await?, expected);
    Ok(())
}

async fn the_shim_looks_up_no_global(cx: &Cx) -> Result<()> {
    // Every global that can be redefined reports when it is read by the document's code. Drivers read some, too, in scripts
    // of their own: then only `note` and the getter are on the stack from the document.
    let code = "const post = fetch, url = undefined;
        const { getOwnPropertyNames, getOwnPropertyDescriptor, defineProperty } = Object;
        const [Fault, host] = [Error, location.host];
        const read = [];
        let armed = false;
        const note = (text) => {
          const callers = armed ? new Fault().stack.split('\\n').filter((line) => line.includes(host)) : [];
          if (callers.length > 2) read[read.length] = text;
        };
        const own = new Set(['c2c', 'found', 'getters', 'ways', 'hunt', 'huntFrom', 'huntStack']);
        for (const name of getOwnPropertyNames(window)) {
          const property = getOwnPropertyDescriptor(window, name);
          if (!property.configurable || own.has(name)) continue;
          defineProperty(window, name, {
            configurable: true,
            get() { note(name); return property.get ? property.get.call(window) : property.value; },
            set() { note(name + ' (set)'); },
          });
        }
        const lookUp = () => { Array; };
        const tell = (value) => { lookUp(); armed = false; say(value); };
        armed = true;
        c2c.once('never', () => {});
        c2c.ready.constructor;
        const cycle = {}; cycle.cycle = cycle;
        c2c.on('call_started', () => {
          try { c2c.on(1); } catch { read[read.length] = 'thrown'; }
          c2c.on('*', () => {}, { replay: true })();
          c2c.emit('alive', { a: 1 }); c2c.emit('', {}); c2c.emit('x', cycle); c2c.emit('x', 'x'.repeat(20000));
          for (let i = 0; i < 200; i++) c2c.emit('alive', {});
          c2c.off('call_started', tell);
        });
        c2c.on('call_started', () => { throw null; });
        c2c.on('call_ended', () => tell(read));";
    open_parent(cx, &hunting(cx, code), "", "").await?;
    press(cx, "#call").await?;
    heard(cx, "custom:alive").await?;
    press(cx, "#hang-up").await?;
    // The last is the test's own.
    assert_eq!(said(cx).await?, json!(["thrown", "Array"]));
    Ok(())
}
