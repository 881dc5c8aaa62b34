//! Tests `window.c2c` as custom code uses it.
//!
//! A snippet calls `say(value)`, which reports to the collector; the test reads the reports.

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{enter_widget, heard, mount, open_parent, press};

pub(crate) const TESTS: Tests = &[
    ("it_is_there_in_the_very_first_statement", &it_is_there_in_the_very_first_statement),
    ("the_context_cannot_be_changed", &the_context_cannot_be_changed),
    ("it_cannot_be_replaced", &it_cannot_be_replaced),
    ("off_stops_delivery", &off_stops_delivery),
    ("a_throwing_handler_stops_no_other", &a_throwing_handler_stops_no_other),
    (
        "changes_during_a_delivery_count_from_the_next",
        &changes_during_a_delivery_count_from_the_next,
    ),
    ("event_data_is_frozen", &event_data_is_frozen),
    ("handlers_get_name_time_id_and_position", &handlers_get_name_time_id_and_position),
    ("ready_is_heard_by_the_last_script", &ready_is_heard_by_the_last_script),
    ("the_last_script_hears_the_first_event", &the_last_script_hears_the_first_event),
    ("document_open_loses_nothing", &document_open_loses_nothing),
    ("emit_says_why_not", &emit_says_why_not),
    ("emits_have_a_rate", &emits_have_a_rate),
    ("once_hears_one_event", &once_hears_one_event),
    ("every_event_is_heard_under_a_star", &every_event_is_heard_under_a_star),
    ("replay_brings_the_last_events_back", &replay_brings_the_last_events_back),
    ("custom_events_are_not_echoed", &custom_events_are_not_echoed),
    ("on_explains_wrong_arguments", &on_explains_wrong_arguments),
    ("nothing_of_the_handshake_is_left", &nothing_of_the_handshake_is_left),
    ("a_document_that_stands_alone_says_so", &a_document_that_stands_alone_says_so),
];

/// Returns a head snippet that begins with the first statement of `code`; `say` is defined after
/// the code and hoisted.
fn snippet(cx: &Cx, code: &str) -> String {
    let hit = cx.collector.hit_url("said");
    format!(
        "<script>{code}
         function say(value) {{
           fetch('{hit}', {{ method: 'POST', body: JSON.stringify(value) }});
         }}</script>"
    )
}

/// Opens the parent page with a snippet.
async fn open(cx: &Cx, code: &str) -> Result<()> {
    open_parent(cx, &snippet(cx, code), "", "orderId=A-1&customerTier=gold").await
}

/// Returns the snippet's first report.
async fn said(cx: &Cx) -> Result<Value> {
    cx.collector.hit("said", DEADLINE).await?.json()
}

async fn it_is_there_in_the_very_first_statement(cx: &Cx) -> Result<()> {
    open(cx, "const first = [typeof window.c2c, c2c.context.orderId, c2c.appId]; say(first);")
        .await?;
    assert_eq!(said(cx).await?, json!(["object", "A-1", cx.app().await?.id]));
    Ok(())
}

async fn the_context_cannot_be_changed(cx: &Cx) -> Result<()> {
    open(
        cx,
        "(() => {
           c2c.context.orderId = 'x'; // sloppy: nothing happens
           delete c2c.context.orderId;
           c2c.context.added = 'x';
           let strict = 'no error';
           try { (function () { 'use strict'; c2c.context.orderId = 'x'; })(); }
           catch (error) { strict = error.name; }
           say([c2c.context, strict, Object.getPrototypeOf(c2c.context), Object.isFrozen(c2c.context)]);
         })();",
    )
    .await?;
    let context = json!({"orderId": "A-1", "customerTier": "gold"});
    assert_eq!(said(cx).await?, json!([context, "TypeError", null, true]));
    Ok(())
}

async fn it_cannot_be_replaced(cx: &Cx) -> Result<()> {
    let body_end = snippet(
        cx,
        "(() => {
           const before = window.c2c;
           const thrown = [];
           for (const attack of [
             () => { 'use strict'; window.c2c = {}; },
             () => { 'use strict'; delete window.c2c; },
             () => { 'use strict'; window.c2c.on = () => {}; },
             () => Object.defineProperty(window, 'c2c', { value: {} }),
             () => Object.defineProperty(window, 'c2c', { get: () => ({}) }),
             () => Object.setPrototypeOf(window.c2c, { on() {} }),
           ]) {
             try { attack(); thrown.push('no error'); } catch (error) { thrown.push(error.name); }
           }
           say([window.c2c === before, thrown]);
         })();",
    );
    // Elements with this name do not hide it.
    let head = "<form id=c2c name=c2c></form><img name=c2c><iframe name=c2c srcdoc=''></iframe>";
    open_parent(cx, head, &body_end, "").await?;
    assert_eq!(said(cx).await?, json!([true, vec!["TypeError"; 6]]));
    Ok(())
}

async fn off_stops_delivery(cx: &Cx) -> Result<()> {
    open(
        cx,
        "const heard = [];
         const byReturn = c2c.on('call_started', () => heard.push('by return'));
         const named = () => heard.push('by name');
         c2c.on('call_started', named);
         c2c.on('call_started', named);
         c2c.on('call_started', () => heard.push('kept'));
         byReturn();
         byReturn();
         c2c.off('call_started', named);
         c2c.off('call_started', () => {});
         c2c.off('never', named);
         c2c.on('call_ended', () => say(heard));",
    )
    .await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!(["kept"]));
    Ok(())
}

async fn a_throwing_handler_stops_no_other(cx: &Cx) -> Result<()> {
    open(
        cx,
        "const errors = [];
         addEventListener('error', event => errors.push(event.message));
         c2c.on('call_started', () => { throw new Error('first broke'); });
         c2c.on('call_started', () => { throw null; });
         c2c.on('call_started', () => say(errors));",
    )
    .await?;
    press(cx, "#call").await?;
    let errors = said(cx).await?;
    // WebKit treats every script in an opaque origin as cross-origin.
    let text = if cx.engine == Engine::WebKit { "Script error." } else { "first broke" };
    assert!(errors[0].as_str().is_some_and(|error| error.contains(text)), "{errors}");
    assert_eq!(errors.as_array().map(Vec::len), Some(2), "{errors}");
    Ok(())
}

async fn changes_during_a_delivery_count_from_the_next(cx: &Cx) -> Result<()> {
    open(
        cx,
        "const heard = [];
         const offLater = () => offB();
         c2c.on('call_started', offLater);
         const offB = c2c.on('call_started', () => heard.push('removed before its turn'));
         c2c.on('call_started', () => {
           heard.push('adds');
           c2c.on('call_started', () => heard.push('added'));
           c2c.off('call_started', offLater);
         });
         c2c.on('call_ended', () => say(heard));",
    )
    .await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!(["adds"]));
    Ok(())
}

async fn event_data_is_frozen(cx: &Cx) -> Result<()> {
    open(
        cx,
        "c2c.on('call_ended', (data, meta) => {
           const before = JSON.stringify([data, meta]);
           data.duration = -1;
           data.context.orderId = 'x';
           meta.name = 'x';
           say([JSON.stringify([data, meta]) === before, Object.isFrozen(data), data.context === c2c.context]);
         });",
    )
    .await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!([true, true, true]));
    Ok(())
}

async fn handlers_get_name_time_id_and_position(cx: &Cx) -> Result<()> {
    open(cx, "c2c.on('call_started', (data, meta) => say(meta));").await?;
    press(cx, "#call").await?;
    let meta = said(cx).await?;
    let envelope = heard(cx, "call_started").await?;
    let expected = json!({
        "name": "call_started",
        "id": envelope.id().to_string(),
        "seq": 1,
        "timestamp": meta["timestamp"],
    });
    assert_eq!(meta, expected);
    assert_eq!(
        meta["timestamp"].as_str().and_then(|text| text.parse().ok()),
        Some(envelope.timestamp())
    );
    Ok(())
}

async fn ready_is_heard_by_the_last_script(cx: &Cx) -> Result<()> {
    let body_end = snippet(
        cx,
        "let events = 0;
         addEventListener('c2c:ready', () => {
           events += 1;
           c2c.ready.then((value) => say([events, typeof value]));
         });",
    );
    open_parent(cx, "", &body_end, "").await?;
    assert_eq!(said(cx).await?, json!([1, "undefined"]));
    Ok(())
}

/// A script that has not arrived blocks the parser; the widget's first event came long before.
async fn the_last_script_hears_the_first_event(cx: &Cx) -> Result<()> {
    let javascript = [("content-type", "text/javascript")];
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &javascript);
    let fence = cx.collector.hit_url("fence");
    let head = format!("<script>addEventListener('message', () => fetch('{fence}'));</script>");
    // Not in the head, whose scripts some engines load before they send anything else.
    let last = snippet(cx, "c2c.on('first', (_, meta) => say(meta.name));");
    let body_end = format!("<script src='{slow}'></script>{last}");
    // The driver waits for a page's frames, so the code is added once the page has loaded.
    let app = cx.app().await?;
    cx.browser.goto(&app.widget_url("")).await?;
    app.publish(&head, &body_end).await?;
    let mount = "const [src] = arguments;
        return import('/host.js').then(({ mount }) => {
          const fence = () => [...document.querySelectorAll('iframe')].at(-1).contentWindow.postMessage('fence', '*');
          mount({ events: [], src, onState: fence }).emit('first', {});
        });";
    cx.browser.run(mount, &[json!(app.sandbox_url())]).await?;
    // The first event has arrived: the fence was sent to the frame after it.
    cx.collector.hit("fence", DEADLINE).await?;
    drop(hold);
    assert_eq!(said(cx).await?, "first");
    Ok(())
}

async fn document_open_loses_nothing(cx: &Cx) -> Result<()> {
    // Once the document has loaded, the code erases every listener of document and window.
    open(
        cx,
        "let survivors = 0;
         addEventListener('control', () => survivors++);
         addEventListener('load', () => setTimeout(() => {
           document.open();
           document.write('<p>all new</p>');
           document.close();
           dispatchEvent(new Event('control'));
           say(survivors);
         }));
         c2c.on('call_started', () => say('alive'));",
    )
    .await?;
    assert_eq!(said(cx).await?, json!(0), "the control: a listener of the window is gone");
    press(cx, "#call").await?;
    let hits = cx.collector.hits("said", 2, DEADLINE).await?;
    assert_eq!(hits[1].json()?, json!("alive"));
    Ok(())
}

async fn emit_says_why_not(cx: &Cx) -> Result<()> {
    open(
        cx,
        "c2c.ready.then(() => {
           const cycle = {}; cycle.self = cycle;
           const revoked = Proxy.revocable({}, {}); revoked.revoke();
           let deep = {}; for (let i = 0; i < 1e5; i++) deep = { deep };
           say([
             c2c.emit('fine'),
             c2c.emit('fine', { a: 1 }),
             c2c.emit(),
             c2c.emit(''),
             c2c.emit(7, {}),
             c2c.emit('has space', {}),
             c2c.emit('9lives', {}),
             c2c.emit('x'.repeat(65), {}),
             c2c.emit('nul\\0', {}),
             c2c.emit({ toString() { throw 1; } }, {}),
             c2c.emit('x', cycle),
             c2c.emit('x', 10n),
             c2c.emit('x', { n: 10n }),
             c2c.emit('x', revoked.proxy),
             c2c.emit('x', { get a() { throw new Error('no'); } }),
             c2c.emit('x', { toJSON() { return 'text'; } }),
             c2c.emit('x', 'text'),
             c2c.emit('x', null),
             c2c.emit('x', [1]),
             c2c.emit('x', () => {}),
             c2c.emit('x', Symbol('s')),
             c2c.emit('x', { text: 'x'.repeat(20000) }),
           ].map((result) => result.ok || result.reason).concat(c2c.emit('x', deep).ok));
         });",
    )
    .await?;
    let name = r"the name must match /^[a-z][\w.-]{0,63}$/i";
    let mut expected = vec![json!(true); 2];
    expected.extend(vec![json!(name); 8]);
    expected.extend(vec![json!("the data must be a JSON object"); 5]);
    expected.extend(vec![json!("the data must be a JSON object"); 6]);
    expected.push(json!("data over 16 KiB"));
    // The depth that an engine can serialize is not our concern; that the value is refused is.
    expected.push(json!(false));
    let expected = json!(expected);
    assert_eq!(said(cx).await?, expected);
    heard(cx, "custom:fine").await?;
    Ok(())
}

async fn emits_have_a_rate(cx: &Cx) -> Result<()> {
    open(
        cx,
        "c2c.ready.then(() => {
           const began = performance.now();
           const results = [];
           for (let i = 0; i < 1e5; i++) results.push(c2c.emit('loop', { i }));
           const taken = results.filter(({ ok }) => ok).length;
           const last = results.findLast(({ ok }) => !ok);
           say([taken, 100 + (performance.now() - began) / 50, last.ok, last.reason, Object.isFrozen(last)]);
         });",
    )
    .await?;
    let said = said(cx).await?;
    let (taken, most) = (said[0].as_f64().expect("a number"), said[1].as_f64().expect("a number"));
    assert!((100.0..=most + 1.0).contains(&taken), "{said}");
    assert_eq!(said[3], "at most 20 events a second", "{said}");
    Ok(())
}

async fn once_hears_one_event(cx: &Cx) -> Result<()> {
    open(
        cx,
        "const heard = [];
         const named = () => heard.push('off');
         c2c.once('call_started', (data, { name }) => heard.push(name));
         c2c.once('*', (data, { name }) => heard.push('* ' + name));
         c2c.once('call_started', named);
         c2c.off('call_started', named);
         c2c.once('call_started', () => heard.push('by return'))();
         c2c.once('call_started', () => { c2c.once('call_ended', () => heard.push('nested')); throw 1; });
         c2c.on('call_ended', () => { c2c.once('call_ended', () => heard.push('never')); say(heard); });",
    )
    .await?;
    press(cx, "#call").await?;
    press(cx, "#hang-up").await?;
    assert_eq!(said(cx).await?, json!(["* widget_loaded", "call_started"]), "nested comes later");
    Ok(())
}

async fn every_event_is_heard_under_a_star(cx: &Cx) -> Result<()> {
    open(
        cx,
        "const heard = [];
         c2c.on('*', (data, { name }) => {
           heard.push('first * ' + name);
           c2c.on('*', () => heard.push('added'), {})();
         });
         const off = c2c.on('*', () => heard.push('off'));
         off();
         c2c.on('call_started', () => {
           heard.push('own');
           c2c.on('*', () => heard.push('too late for this'));
         });
         c2c.on('*', () => heard.push('second *'));
         c2c.emit('custom', {});
         c2c.on('call_started', () => { heard.push('own, last'); setTimeout(() => say(heard)); });",
    )
    .await?;
    press(cx, "#call").await?;
    let expected = [
        "first * widget_loaded",
        "second *",
        // In the order of their subscriptions.
        "first * call_started",
        "own",
        "second *",
        "own, last",
    ];
    assert_eq!(said(cx).await?, json!(expected));
    Ok(())
}

async fn replay_brings_the_last_events_back(cx: &Cx) -> Result<()> {
    let code = "c2c.on('last', () => {
        const all = [], ticks = [], oldest = [], none = [];
        let sync = true;
        c2c.on('*', (data, { name, seq }) => { if (sync) all.push([name, seq]); throw 1; }, { replay: true });
        c2c.on('tick', ({ n, context }) => ticks.push(n + typeof context), { replay: true })();
        c2c.once('tick', ({ n }) => oldest.push(n), { replay: true });
        c2c.once('future', () => none.push('future'), { replay: true });
        c2c.on('tick', () => none.push('no replay'), { replay: false });
        sync = false;
        c2c.on('end', () => say([all.length, all[0], all[255], ticks.length, ticks[0], ticks[254], oldest, none]));
      });";
    cx.app().await?.publish(&snippet(cx, code), "").await?;
    mount(cx, "").await?;
    // Before that the host keeps 256.
    cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
    let events = "for (let n = 0; n < 300; n++) bridge.emit('tick', { n });
        bridge.emit('last', {}); bridge.emit('future', {}); bridge.emit('end', {});";
    cx.browser.run(events, &[]).await?;
    let tick = ["45object", "299object"];
    let expected =
        json!([256, ["tick", 45], ["last", 300], 255, tick[0], tick[1], [45], ["future"]]);
    assert_eq!(said(cx).await?, expected);
    Ok(())
}

async fn custom_events_are_not_echoed(cx: &Cx) -> Result<()> {
    open(
        cx,
        "let echoes = 0;
         for (const name of ['own', 'custom:own']) c2c.on(name, () => echoes++);
         c2c.emit('own', {});
         c2c.on('call_started', () => say(echoes));",
    )
    .await?;
    heard(cx, "custom:own").await?;
    press(cx, "#call").await?;
    assert_eq!(said(cx).await?, json!(0));
    Ok(())
}

async fn on_explains_wrong_arguments(cx: &Cx) -> Result<()> {
    open(
        cx,
        "say([() => c2c.on('x'), () => c2c.on('x', {}), () => c2c.on(1, () => {}), () => c2c.on()].map((wrong) => {
           try { wrong(); return 'no error'; } catch (error) { return error.name + ': ' + error.message; }
         }));",
    )
    .await?;
    let said = said(cx).await?;
    let wrong = said.as_array().expect("a list");
    assert!(
        wrong.iter().all(|text| text
            .as_str()
            .is_some_and(|text| text.starts_with("TypeError: c2c.on(name, handler)"))),
        "{said}"
    );
    Ok(())
}

async fn nothing_of_the_handshake_is_left(cx: &Cx) -> Result<()> {
    open(
        cx,
        "say([window.name, location.hash, location.search, document.referrer, history.state]);",
    )
    .await?;
    assert_eq!(said(cx).await?, json!(["", "", "", "", null]));
    // Nor in the element, once the frame is ready.
    enter_widget(cx).await?;
    cx.browser
        .wait_for("document.querySelector('iframe').getAttribute('name') === null", DEADLINE)
        .await?;
    // Nor in the request to the sandbox's server: the widget's query stays with the widget.
    let url = cx.browser.eval("document.querySelector('iframe').src.split('#')[0]").await?;
    assert_eq!(url, cx.app().await?.sandbox_url());
    Ok(())
}

async fn a_document_that_stands_alone_says_so(cx: &Cx) -> Result<()> {
    // Framed without a boot name, as by a page that only knows the URL: the policy refuses foreign
    // ancestors, so the widget page itself does it.
    let app = cx.app().await?;
    app.publish(&snippet(cx, "say([c2c.context, c2c.emit('x', {})]);"), "").await?;
    cx.browser.goto(&app.widget_url("orderId=A-1")).await?;
    let first = said(cx).await?;
    assert_eq!(first, json!([{"orderId": "A-1"}, {"ok": true}]));
    let body = "const frame = document.createElement('iframe');
                frame.setAttribute('sandbox', 'allow-scripts');
                frame.src = arguments[0];
                document.body.append(frame);";
    cx.browser.run(body, &[json!(app.sandbox_url())]).await?;
    let hits = cx.collector.hits("said", 2, DEADLINE).await?;
    let alone = json!([{}, {"ok": false, "reason": "not connected"}]);
    assert_eq!(hits[1].json()?, alone);
    Ok(())
}
