//! Tests which windows may speak to which, and that custom code cannot forge or break messages.
//!
//! Absence is asserted after a fence: a later message on the same channel that did arrive.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::json;

use crate::steps::{all_heard, enter_widget, heard, mount, open_parent, press, said, say};

pub(crate) const TESTS: Tests = &[
    (
        "patched_built_ins_neither_break_nor_betray_the_shim",
        &patched_built_ins_neither_break_nor_betray_the_shim,
    ),
    ("a_widget_event_cannot_be_forged_by_emit", &a_widget_event_cannot_be_forged_by_emit),
    (
        "a_widget_event_cannot_be_forged_past_the_widget",
        &a_widget_event_cannot_be_forged_past_the_widget,
    ),
    ("a_second_hello_is_ignored", &a_second_hello_is_ignored),
    ("a_hello_from_another_window_is_ignored", &a_hello_from_another_window_is_ignored),
    ("the_shim_greets_listed_widgets_only", &the_shim_greets_listed_widgets_only),
    ("the_widget_is_shown_to_its_parents_only", &the_widget_is_shown_to_its_parents_only),
    ("the_widget_posts_to_its_parents_only", &the_widget_posts_to_its_parents_only),
    ("the_frame_cannot_leave", &the_frame_cannot_leave),
    (
        "no_page_above_puts_another_document_in_its_place",
        &no_page_above_puts_another_document_in_its_place,
    ),
    ("two_apps_never_cross", &two_apps_never_cross),
    ("a_foreign_window_name_is_ignored", &a_foreign_window_name_is_ignored),
    ("a_hundred_thousand_handlers_are_called", &a_hundred_thousand_handlers_are_called),
];

/// Begins to note the `name` of everything that any sender posts to the current page: a receiver
/// without the checks of `listen()`.
const NAIVE_RECEIVER: &str = "window.naive = []; addEventListener('message', (event) => naive.push(event.data?.name ?? event.data));";

/// Lets further pages embed the app's widget.
async fn allow_parent(cx: &Cx, origin: &str) -> Result<()> {
    cx.app().await?.configure(&[origin], "visit").await
}

async fn patched_built_ins_neither_break_nor_betray_the_shim(cx: &Cx) -> Result<()> {
    // Replaces everything that the shim could look up; each replacement searches its arguments for
    // the port.
    let code = format!(
        "<script>(() => {{
           {}
           let ports = 0;
           let looking = false;
           const RealPort = MessagePort;
           const {{ apply, construct, ownKeys }} = Reflect;
           const {{ defineProperty, getOwnPropertyDescriptor }} = Object;
           const look = (value) => {{
             if (looking) return;
             looking = true;
             try {{
               if (value instanceof RealPort || value?.target instanceof RealPort) ports += 1;
             }} catch {{}}
             looking = false;
           }};
           const wrap = (real) => function () {{
             look(this);
             for (let i = 0; i < arguments.length; i++) look(arguments[i]);
             return new.target ? construct(real, arguments) : apply(real, this, arguments);
           }};
           const spy = (object) => {{
             const keys = ownKeys(object);
             for (let i = 0; i < keys.length; i++) {{
               const property = getOwnPropertyDescriptor(object, keys[i]);
               if (!property.configurable || keys[i] === 'constructor') continue;
               if (typeof property.value === 'function') property.value = wrap(property.value);
               else if (property.get) property.get = wrap(property.get);
               defineProperty(object, keys[i], property);
             }}
           }};
           spy(MessagePort.prototype); spy(MessageEvent.prototype); spy(Event.prototype);
           spy(EventTarget.prototype); spy(Promise.prototype); spy(JSON); spy(Reflect); spy(Object);
           spy(Array.prototype); spy(String.prototype); spy(Document.prototype); spy(Function.prototype);
           // A lookup through an object literal or past the end of a list would hit these.
           const lookups = ['0', '1', 'get', 'set', 'value', 'then', 'next', 'first', 'handler'];
           const trap = {{ __proto__: null, configurable: true, get() {{ look(this); }}, set() {{ look(this); }} }};
           for (let i = 0; i < lookups.length; i++) defineProperty(Object.prototype, lookups[i], trap);
           c2c.on('call_started', () => c2c.emit('alive', {{ a: 1 }}));
           c2c.on('call_ended', () => {{
             for (let i = 0; i < lookups.length; i++) delete Object.prototype[lookups[i]];
             say([ports, window.c2c === c2c]);
           }});
         }})();</script>",
        say(cx)
    );
    open_parent(cx, &code, "", "").await?;
    press(cx, "#call").await?;
    heard(cx, "custom:alive").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!([0, true]));
    Ok(())
}

async fn a_widget_event_cannot_be_forged_by_emit(cx: &Cx) -> Result<()> {
    let code = "<script>
        c2c.on('call_started', () => {
          c2c.emit('call_ended', { duration: 9, reason: 'user_hangup' });
          c2c.emit('Call-Ended', {});
          c2c.emit('c2c_internal', {});
          c2c.emit('genuine', { context: { orderId: 'forged' } });
          c2c.emit('genuine', { timestamp: 'mine', seq: -1, id: 'mine', name: 'mine' });
          c2c.emit('fence', {});
        });</script>";
    open_parent(cx, code, "", "orderId=A-1").await?;
    press(cx, "#call").await?;
    let envelope = heard(cx, "custom:fence").await?;
    assert_eq!(envelope.context()["orderId"], "A-1");
    let names = all_heard(cx).await?;
    assert_eq!(names, ["widget_loaded", "call_started", "custom:genuine", "custom:fence"]);
    Ok(())
}

async fn a_widget_event_cannot_be_forged_past_the_widget(cx: &Cx) -> Result<()> {
    // The frame can post to the parent page directly. `listen()` does not accept such a message as
    // the widget's.
    let code = "<script>
        c2c.on('call_started', () => {
          const forged = { name: 'call_error', data: { context: {} }, timestamp: 't', id: 'i', seq: 0 };
          top.postMessage(forged, '*');
          parent.parent.postMessage(forged, '*');
          parent.postMessage(forged, '*');
          c2c.emit('fence', {});
        });</script>";
    open_parent(cx, code, "", "").await?;
    heard(cx, "widget_loaded").await?;
    cx.browser.run(NAIVE_RECEIVER, &[]).await?;
    press(cx, "#call").await?;
    heard(cx, "custom:fence").await?;
    // The control: the message did arrive, and a receiver without checks believes it.
    cx.browser
        .wait_for("naive.filter((name) => name === 'call_error').length === 2", DEADLINE)
        .await?;
    assert!(!all_heard(cx).await?.contains(&"call_error".to_owned()));
    Ok(())
}

async fn a_second_hello_is_ignored(cx: &Cx) -> Result<()> {
    // The navigation timing entry still shows the nonce: it must be worthless by now.
    let code = format!(
        "<script>{}
        const nonce = performance.getEntriesByType('navigation')[0].name.split('#')[1];
        let stolen = 0;
        function hello(nonce) {{
          const channel = new MessageChannel();
          channel.port1.onmessage = () => (stolen += 1);
          parent.postMessage({{ c2c: 1, type: 'hello', nonce }}, '*', [channel.port2]);
          channel.port1.postMessage({{ type: 'emit', name: 'by_second_port', json: '{{}}' }});
        }}
        hello(nonce); hello('wrong'); hello(undefined); hello({{}});
        c2c.on('call_started', () => hello(nonce));
        c2c.on('call_ended', () => {{ c2c.emit('fence', {{}}); say([nonce.length, stolen]); }});</script>",
        say(cx)
    );
    open_parent(cx, &code, "", "").await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    heard(cx, "custom:fence").await?;
    assert_eq!(said(cx).await?, json!([32, 0]), "the length of the nonce, and what was stolen");
    assert!(!all_heard(cx).await?.iter().any(|name| name.contains("second")));
    Ok(())
}

async fn a_hello_from_another_window_is_ignored(cx: &Cx) -> Result<()> {
    // A frame that never says hello leaves the first hello to others; the parent page and the
    // widget page itself try to say it, knowing the nonce.
    let app = cx.app().await?;
    cx.browser.goto(&app.parent_url("")).await?;
    heard(cx, "widget_loaded").await?;
    enter_widget(cx).await?;
    let silent = "const real = document.createElement.bind(document);
        return import('/host.js').then(({ mount }) => {
          window.states = [];
          // It waits for the hello as long as the test takes.
          const limits = { hello_ms: 1e9 };
          const bridge = mount({ events: [], src: `${location.origin}/nothing-here`, limits, onState: ({ status }) => states.push(status) });
          const frames = document.querySelectorAll('iframe');
          const nonce = frames[frames.length - 1].src.split('#')[1];
          const channel = new MessageChannel();
          window.postMessage({ c2c: 1, type: 'hello', nonce }, '*', [channel.port2]);
          return nonce;
        });";
    let nonce = cx.browser.run(silent, &[]).await?;
    assert_eq!(nonce.as_str().map(str::len), Some(32), "{nonce}");
    cx.browser.enter_top().await?;
    let parent = "const channel = new MessageChannel();
        document.querySelector('#widget').contentWindow
          .postMessage({ c2c: 1, type: 'hello', nonce: arguments[0] }, '*', [channel.port2]);";
    cx.browser.run(parent, &[nonce]).await?;
    enter_widget(cx).await?;
    // The fence: a later message to the same listeners.
    cx.browser
        .run(
            "addEventListener('message', () => (window.fenced = true)); postMessage('fence', '*');",
            &[],
        )
        .await?;
    cx.browser.wait_for("window.fenced", DEADLINE).await?;
    assert_eq!(cx.browser.eval("states").await?, json!([]));
    Ok(())
}

async fn the_shim_greets_listed_widgets_only(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let origin = cx.collector.origin();
    allow_parent(cx, &origin).await?;
    let code = format!(
        "<script>{} parent.postMessage('control', '*'); say(c2c.emit('x', {{}}).reason ?? 'connected');</script>",
        say(cx)
    );
    app.publish(&code, "").await?;
    // A page that may frame the document but is no widget: whatever it claims, it gets no hello.
    let sandbox = app.sandbox_url();
    let page = format!("<script>{NAIVE_RECEIVER}</script>");
    cx.browser.goto(&cx.collector.page("/foreign", page, &[])).await?;
    let names = [
        json!({"c2c": 1, "origin": origin, "context": {}}).to_string(),
        json!({"c2c": 1, "origin": "*", "context": {}}).to_string(),
        json!({"c2c": 1, "origin": "", "context": {}}).to_string(),
        json!({"c2c": 1, "origin": [origin], "context": {}}).to_string(),
        json!({"c2c": 2, "origin": cx.server().await?.widget, "context": {}}).to_string(),
        "null".to_owned(),
        "[".repeat(100_000),
        "{\"c2c\":1,\"origin\":\"x\",\"context\":null}".to_owned(),
    ];
    let add = "const frame = document.createElement('iframe');
                   frame.setAttribute('sandbox', 'allow-scripts');
                   frame.name = arguments[0];
                   frame.src = arguments[1];
                   document.body.append(frame);";
    for (at, name) in names.iter().enumerate() {
        cx.browser.run(add, &[json!(name), json!(sandbox)]).await?;
        let hits = cx.collector.hits("said", at + 1, DEADLINE).await?;
        assert_eq!(hits[at].json()?, "not connected", "{name:.80}");
    }
    // A page that is not the widget claims the widget's own origin: the shim says hello, and the
    // browser does not deliver it.
    let claimed = json!({"c2c": 1, "origin": cx.server().await?.widget, "context": {}}).to_string();
    cx.browser.run(add, &[json!(claimed), json!(sandbox)]).await?;
    let hits = cx.collector.hits("said", names.len() + 1, DEADLINE).await?;
    assert_eq!(hits[names.len()].json()?, "connected");
    let controls =
        format!("naive.filter((name) => name === 'control').length === {}", names.len() + 1);
    cx.browser.wait_for(&controls, DEADLINE).await?;
    assert_eq!(cx.browser.eval("[...new Set(naive)]").await?, json!(["control"]));
    Ok(())
}

async fn the_widget_is_shown_to_its_parents_only(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&format!("<script>{} say('loaded')</script>", say(cx)), "").await?;
    let page = format!(
        "<script>{NAIVE_RECEIVER}</script>
         <iframe id=widget onload='window.loaded = true' src='{}'></iframe>",
        app.widget_url("")
    );
    let page = cx.collector.page("/shop", page, &[]);
    cx.browser.goto(&page).await?;
    cx.browser.wait_for("window.loaded", DEADLINE).await?;
    // The control and the fence: the same page, once it is one of the app's parents.
    allow_parent(cx, &cx.collector.origin()).await?;
    assert_eq!(cx.browser.eval("naive").await?, json!([]));
    cx.browser.goto(&page).await?;
    cx.browser.wait_for("naive.includes('widget_loaded')", DEADLINE).await?;
    said(cx).await?;
    assert_eq!(cx.collector.count("said"), 1);
    Ok(())
}

async fn the_widget_posts_to_its_parents_only(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.browser.goto(&app.parent_url("")).await?;
    heard(cx, "widget_loaded").await?;
    cx.browser.run(NAIVE_RECEIVER, &[]).await?;
    enter_widget(cx).await?;
    let parent = cx.server().await?.parent.clone();
    let body = "const [src, parent] = arguments;
        return import('/host.js').then(({ mount }) => {
          mount({ events: [], src, parentOrigins: ['https://else.example'] }).emit('leaked', {});
          mount({ events: [], src, parentOrigins: [] }).emit('leaked', {});
          mount({ events: [], src, parentOrigins: [parent] }).emit('meant', {});
        });";
    cx.browser.run(body, &[json!(app.sandbox_url()), json!(parent)]).await?;
    cx.browser.enter_top().await?;
    cx.browser.wait_for("naive.includes('meant')", DEADLINE).await?;
    assert_eq!(cx.browser.eval("naive").await?, json!(["meant"]));
    Ok(())
}

async fn the_frame_cannot_leave(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let landed = cx.collector.page(
        "/landed",
        format!("<script>fetch('{}')</script>", cx.collector.hit_url("landed")),
        &[],
    );
    // The control: where nothing stops it, the same statement navigates away.
    let leave = format!("<script>location.href = '{landed}';</script>");
    let inner = cx.collector.page("/inner", leave, &[]);
    let outer = format!("<iframe sandbox=allow-scripts src='{inner}'></iframe>");
    cx.browser.goto(&cx.collector.page("/outer", outer, &[])).await?;
    cx.collector.hit("landed", DEADLINE).await?;

    let code = format!(
        "<script>{} say('there'); c2c.on('call_started', () => {{ location.href = '{landed}'; }});</script>",
        say(cx)
    );
    app.publish(&code, "").await?;
    cx.browser.goto(&app.parent_url("")).await?;
    said(cx).await?;
    enter_widget(cx).await?;
    let watch = "addEventListener('securitypolicyviolation', (event) => (window.violated = event.effectiveDirective));";
    cx.browser.run(watch, &[]).await?;
    cx.browser.enter_top().await?;
    press(cx, "#call").await?;
    // The fence: the browser has decided, by the widget's policy.
    enter_widget(cx).await?;
    assert_eq!(cx.browser.wait_for("window.violated", DEADLINE).await?, "frame-src");
    cx.browser.enter_top().await?;
    press(cx, "#hang-up").await?;
    heard(cx, "call_ended").await?;
    let requests =
        cx.collector.requests().iter().filter(|request| request.path == "/landed").count();
    assert_eq!(requests, 1, "only the control's");
    Ok(())
}

/// The standard lets a page above navigate the frame; the widget's `frame-src` stops it before any
/// request. (Such a page can still end the frame: an error page takes its place.)
async fn no_page_above_puts_another_document_in_its_place(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    allow_parent(cx, &cx.collector.origin()).await?;
    let evil = cx.collector.page("/evil", "<script>parent.postMessage('evil', '*')</script>", &[]);
    let arrived = || cx.collector.requests().iter().filter(|seen| seen.path == "/evil").count();
    // Repeatedly, from the first moment that there is a frame.
    let above = format!(
        "<script>
           let tried = 0;
           const timer = setInterval(() => {{
             if (!frames[0]?.length) return;
             frames[0][0].location = '{evil}';
             tried += 1;
             if (tried > 50) {{ clearInterval(timer); fetch('{}'); }}
           }}, 10);
         </script><iframe src='WIDGET'></iframe>",
        cx.collector.hit_url("over")
    );
    let top = cx.collector.page("/above", above.replace("WIDGET", &app.widget_url("")), &[]);
    cx.browser.goto(&top).await?;
    cx.collector.hit("over", DEADLINE).await?;
    assert_eq!(arrived(), 0);

    // The control: a widget page without `frame-src`.
    let frame = cx.collector.page("/frame", "<p>frame</p>", &[]);
    let widget = format!("<iframe sandbox=allow-scripts src='{frame}'></iframe>");
    let widget = cx.collector.page("/widget", widget, &[]);
    let top = cx.collector.page("/above", above.replace("WIDGET", &widget), &[]);
    cx.browser.goto(&top).await?;
    cx.collector.hits("over", 2, DEADLINE).await?;
    // Each attempt ends the one before; the request of the last one may come after this report.
    cx.collector.wait_for(1, DEADLINE, |seen| seen.path == "/evil").await?;
    Ok(())
}

/// Both are in one widget page and have the same sandbox origin.
async fn two_apps_never_cross(cx: &Cx) -> Result<()> {
    let (one, other) = (cx.app().await?, cx.server().await?.create_app("other").await?);
    let code = |name: &str| {
        format!(
            "<script>const heard = [];
             c2c.on('*', (data, {{ name }}) => {{
               heard.push(name);
               if (name === 'fence') c2c.emit('{name}', {{ heard, key: c2c.context.key, appId: c2c.appId }});
             }});</script>"
        )
    };
    one.publish(&code("of_one"), "").await?;
    other.publish(&code("of_other"), "").await?;
    cx.browser.goto(&one.widget_url("")).await?;
    let script = "const apps = arguments;
        window.told = [];
        return import('/host.js').then(({ mount }) => {
          window.bridges = [...apps].map(([app, src], i) =>
            mount({ events: [], app, src, context: { key: 'of ' + i }, onCustomEvent: ({ name, data }) => told.push([i, name, data]) }));
        });";
    let apps = [one, &other].map(|app| json!([app.id, app.sandbox_url()]));
    cx.browser.run(script, &apps).await?;
    let emits = "bridges.forEach((bridge, i) => { bridge.emit('to_' + i, {}); bridge.emit('fence', {}); });";
    cx.browser.run(emits, &[]).await?;
    cx.browser.wait_for("told.length >= 2", DEADLINE).await?;
    let told = cx.browser.eval("told.sort((a, b) => a[0] - b[0])").await?;
    let event = |i: usize, name: &str, app: &str| {
        let context = json!({"key": format!("of {i}")});
        let data = json!({"heard": [format!("to_{i}"), "fence"], "key": format!("of {i}"), "appId": app, "context": context});
        json!([i, name, data])
    };
    assert_eq!(
        told,
        json!([event(0, "custom:of_one", &one.id), event(1, "custom:of_other", &other.id)])
    );
    Ok(())
}

/// Any page that may frame the document can give its frame a name.
async fn a_foreign_window_name_is_ignored(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let code = format!(
        "<script>{} say([Object.keys(c2c.context), Object.getPrototypeOf(c2c.context), ({{}}).polluted ?? null, name, c2c.emit('x', {{}}).ok]);</script>",
        say(cx)
    );
    app.publish(&code, "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    cx.collector.hit("said", DEADLINE).await?;
    let deep = "[".repeat(5000);
    let names = [
        "x".repeat(1 << 20),
        "{".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        deep,
        r#"{"c2c":2,"origin":"o","context":{"a":"b"}}"#.to_owned(),
        r#"{"c2c":1,"origin":7,"context":{"a":"b"}}"#.to_owned(),
        r#"{"c2c":1,"origin":"o","context":null}"#.to_owned(),
        r#"{"c2c":1,"origin":"o","context":{"a":{"b":1},"__proto__":{"polluted":1}}}"#.to_owned(),
        r#"{"__proto__":{"c2c":1,"origin":"o","context":{"polluted":"x"}}}"#.to_owned(),
    ];
    let script = "const [src, name] = arguments;
        const frame = document.createElement('iframe');
        Object.assign(frame, { name, src });
        frame.setAttribute('sandbox', 'allow-scripts');
        document.body.append(frame);";
    for (index, name) in names.iter().enumerate() {
        cx.browser.run(script, &[json!(app.sandbox_url()), json!(name)]).await?;
        let hits = cx.collector.hits("said", index + 2, DEADLINE).await?;
        let said = hits[index + 1].json()?;
        assert_eq!(said, json!([[], null, null, "", false]), "{name:.60}");
    }
    Ok(())
}

async fn a_hundred_thousand_handlers_are_called(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} let called = 0;
         for (let i = 0; i < 1e5; i++) c2c.on('tick', () => {{ called += 1; }});
         c2c.on('tick', () => say(called));</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "").await?;
    cx.browser.run("bridge.emit('tick', {});", &[]).await?;
    assert_eq!(said(cx).await?, 100_000);
    Ok(())
}
