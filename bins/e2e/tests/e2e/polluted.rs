//! Custom code may put any property on the prototypes of its document, and a library of the widget
//! page on the widget's. Neither shim nor host reads such a property, and neither calls a setter
//! there.
//!
//! The names are all words of the scripts as they are served, so a newly used name is included.

use std::collections::BTreeSet;

use c2c_bridge::{Diagnostics, HOST_MODULES, Shim};
use c2c_harness::{Context as _, Cx, Engine, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{Stage, told};

pub(crate) const TESTS: Tests = &[
    ("what_the_frame_inherits_changes_nothing", &what_the_frame_inherits_changes_nothing),
    ("the_shim_with_a_read_that_inherits_fails", &the_shim_with_a_read_that_inherits_fails),
    ("what_the_widget_inherits_changes_nothing", &what_the_widget_inherits_changes_nothing),
    ("a_hello_without_a_type_is_none", &a_hello_without_a_type_is_none),
    ("what_the_parent_page_inherits_is_no_envelope", &what_the_parent_page_inherits_is_no_envelope),
];

const SHIM: Shim = Shim { jar: true, diagnostics: Diagnostics::Errors };

/// The property for every name: a value that could pass for another message, and accessors.
const TRAPS: [&str; 6] = [
    "{ value: 'accepted' }",
    "{ value: 'ping' }",
    "{ value: 7 }",
    "{ value: true, writable: true }",
    "{ get() { hits += name + ' '; throw new Error(name); }, set() { hits += name + '= '; } }",
    "{ get() { hits += name + ' '; }, set() { hits += name + '= '; throw new Error(name); } }",
];

/// Returns all words of the scripts.
fn names() -> BTreeSet<String> {
    let modules = HOST_MODULES.iter().map(|module| module.text);
    let texts = modules.chain([SHIM.text()]);
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_$".contains(character);
    let words = texts.flat_map(|text| text.split(move |character| !is_part(character)));
    let is_name = |word: &&str| word.starts_with(|first: char| !first.is_ascii_digit());
    let mut names: BTreeSet<String> = words.filter(is_name).map(str::to_owned).collect();
    // Names that browsers read in options and in descriptors.
    let options = "bubbles cancelable composed capture once passive signal transfer includeUserActivation \
                   get set value writable enumerable configurable then next done lastIndex index";
    names.extend(options.split(' ').map(str::to_owned));
    names
}

/// Returns a script that defines `pollute()`, and `hits`, the accessors that were called.
fn polluting(trap: &str, names: &BTreeSet<String>) -> String {
    format!(
        "let hits = '';
         const pollute = () => {{
           const names = {};
           const {{ defineProperty, prototype }} = Object;
           const list = Array.prototype;
           for (let i = 0; i < names.length; i++) {{
             const name = names[i];
             if (name in prototype) continue;
             const trap = {{ __proto__: null, configurable: true, ...{trap} }};
             defineProperty(prototype, name, trap);
             if (name <= '9') defineProperty(list, name, trap);
           }}
         }};",
        json!(names)
    )
}

/// Returns custom code that sends every kind of message, in both directions, with polluted
/// prototypes.
fn customer(cx: &Cx, trap: &str) -> String {
    // Adds the first indexes of a list, which no page can define and still work.
    let names = names().into_iter().chain((0..10).map(|index| index.to_string())).collect();
    format!(
        "<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\">
         <script>
         {}
         const {{ stringify }} = JSON;
         const {{ defineProperty }} = Reflect;
         let log = '';
         pollute();
         c2c.ready.then(() => {{ c2c.emit('ready', {{}}); }});
         c2c.on('*', (data, meta) => {{ log += stringify([meta.name, meta.seq, data]); }});
         c2c.once('one', () => {{ throw 'broke'; }});
         c2c.on('one', () => {{
           localStorage.kept = 'k';
           document.cookie = 'id=v; max-age=1000';
           const accessor = {{ __proto__: null, get: () => 1 }};
           const value = {{ __proto__: null, value: 1, configurable: true }};
           log += stringify([
             localStorage.getItem('kept'), document.cookie, c2c.emit('fine', {{ a: [1, {{ b: 2 }}] }}),
             defineProperty(localStorage, 'accessor', accessor), defineProperty(localStorage, Symbol.for('s'), value),
           ]);
           for (let i = 0; i < 30; i++) c2c.emit('', {{}});
         }});
         c2c.on('three', () => c2c.emit('log', {{ log, hits }}));
         </script>
         <link rel=stylesheet href='{1}'>
         <script src='{2}'></script>
         <script>throw new RangeError('first');</script>
         <script>Promise.reject('rejected');</script>
         <script>
           dispatchEvent(new Event('unhandledrejection'));
           document.createElement('img').src = '{2}';
         </script>",
        polluting(trap, &names),
        cx.collector.url("/missing.css"),
        cx.collector.url("/missing.js"),
    )
}

/// A widget that reports the results, or why it ended.
const WIDGET: &str = "
    localStorage.clear();
    const diagnostics = [], custom = {};
    const isThere = () => custom.log && diagnostics.some(({ name }) => name === 'three')
      && diagnostics.reduce((sum, { type, count }) => sum + (type === 'refused' ? 1 : type === 'dropped' ? count : 0), 0) === 30
      && diagnostics.filter(({ type }) => type === 'error').length >= 6
      && Object.keys(localStorage).length === 2;
    const timer = setInterval(() => {
      if (!isThere()) return;
      clearInterval(timer);
      const jar = Object.entries(localStorage).map(([key, text]) => [key.split(' ').slice(3).join(' '), JSON.parse(text)[0]]).sort();
      tell({ custom, diagnostics, jar });
    }, 20);
    const bridge = mount({
      events: [],
      src, app: 'demo', jar: keptJar, context: { order: 'A' }, limits: { garbage_max: 0 },
      onState: ({ reason }) => reason && tell(reason),
      diagnostics: diagnosticsTo((diagnostic) => diagnostics.push(diagnostic)),
      onCustomEvent: ({ name, data }) => {
        custom[name.slice(7)] = data;
        if (name !== 'custom:ready') return;
        bridge.emit('one', { list: [1, [2]], deep: { type: 'own' } });
        bridge.emit('two', {});
        setTimeout(() => bridge.emit('three', { n: 3 }));
      },
    });
    bridge.emit('early', { n: 0 });
";

/// Opens a polluted document with this shim.
async fn pollute_frame(cx: &Cx, shim: &str, trap: &str) -> Result<()> {
    cx.browser.goto("about:blank").await?;
    cx.collector.forget();
    let head = customer(cx, trap);
    let stage = Stage { shim, hold_ms: 15_000, head: &head, body_end: "", widget: WIDGET };
    stage.open(cx).await
}

/// The events that the handlers hear, and the answers that custom code gets.
const HEARD: &str = r#"["early",0,{"n":0,"context":{"order":"A"}}]["one",2,{"list":[1,[2]],"deep":{"type":"own"},"context":{"order":"A"}}]["k","id=v",{"ok":true},false,true]["two",3,{"context":{"order":"A"}}]["three",4,{"n":3,"context":{"order":"A"}}]"#;

/// Returns the places and texts of errors, in alphabetical order.
fn errors(diagnostics: &[Value]) -> Vec<[String; 3]> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic["type"] == "error");
    let mut errors: Vec<[String; 3]> = errors
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            let kind = text("kind");
            // Engines report errors of a script in an opaque origin differently.
            let told = !["script", "csp"].contains(&kind.as_str());
            [kind, text("message"), text("source")]
                .map(|text| if told { text } else { String::new() })
        })
        .collect();
    errors.sort();
    errors
}

async fn what_the_frame_inherits_changes_nothing(cx: &Cx) -> Result<()> {
    for trap in TRAPS {
        pollute_frame(cx, SHIM.text(), trap).await?;
        let told = told(cx).await.context(trap)?;
        let context = json!({"order": "A"});
        assert_eq!(told["custom"]["log"]["log"], HEARD, "{trap}");
        // A thrown text is asked for a stack, like every value that may have one.
        assert_eq!(
            told["custom"]["log"]["hits"].as_str().unwrap_or_default().replace("stack ", ""),
            "",
            "{trap}"
        );
        assert_eq!(
            told["custom"]["fine"],
            json!({"a": [1, {"b": 2}], "context": context}),
            "{trap}"
        );
        assert_eq!(told["jar"], json!([["cookie id", "v"], ["local kept", "k"]]), "{trap}");
        let diagnostics = told["diagnostics"].as_array().context("a list")?;
        let is_delivered = |diagnostic: &&Value| diagnostic["type"] == "delivered";
        let delivered: Vec<_> = diagnostics
            .iter()
            .filter(is_delivered)
            .map(|report| {
                (
                    report["name"].as_str().unwrap_or_default(),
                    report["handlers"].as_u64().unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(delivered, [("early", 1), ("one", 3), ("two", 1), ("three", 2)], "{trap}");
        let [missing_css, missing_js] =
            ["/missing.css", "/missing.js"].map(|path| cx.collector.url(path));
        let expected = [
            ["", "", ""],
            ["", "", ""],
            ["handler", "broke", ""],
            ["rejection", "rejected", ""],
            ["resource", "the <link> did not load", &missing_css],
            ["resource", "the <script> did not load", &missing_js],
        ];
        assert_eq!(errors(diagnostics), expected.map(|error| error.map(str::to_owned)), "{trap}");
    }
    Ok(())
}

/// Without the check whether a value is a list, `Object.prototype` decides for lists.
async fn the_shim_with_a_read_that_inherits_fails(cx: &Cx) -> Result<()> {
    if cx.engine != Engine::Chromium {
        return Ok(());
    }
    let shim = SHIM.text();
    let at = shim.find(".type===`ping`").context("the shim reads a ping")?;
    let [from, to] = ["!", "&&"].map(|before| shim[..at].rfind(before));
    let (from, to) = (from.context("a negation")?, to.context("a conjunction")? + 2);
    assert!(to - from < 12, "{}", &shim[from..at]);
    let mutant = [&shim[..from], &shim[to..]].concat();
    // The mutant takes events for pings, and answers.
    pollute_frame(cx, &mutant, TRAPS[1]).await?;
    assert_eq!(told(cx).await?, "closed");
    Ok(())
}

/// A frame that plays the shim's part by hand: it posts what an event of the widget requests.
const BY_HAND: &str = "
    const { origin } = JSON.parse(name);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      for (const { data: { messages } } of [JSON.parse(data)].flat().filter(({ name }) => name === 'speak')) {
        for (const message of messages) port1.postMessage(message);
      }
    };
    parent.postMessage({ c2c: 1, type: 'hello', nonce: location.hash.slice(1) }, origin, [port2]);";

/// Complete messages of every kind, and then empty ones, the last of which is one too many.
const SPEAKING: &str = "
    let log = '';
    const { stringify } = JSON;
    const note = (value) => { log += stringify(value); };
    const error = { type: 'error', kind: 'script', message: 'm', source: '', line: 0, column: 0, stack: '' };
    const messages = [
      { type: 'emit', name: 'whole', json: '{\"a\":1}' },
      { type: 'jar', changes: { 0: ['local', 'k', 'v', null], 1: ['cookie', 'id', 'v', null] } },
      error,
      { type: 'refused', name: 'n', reason: 'r' },
      { type: 'dropped', count: 3 },
      { type: 'cut_off', source: 'https://slow.example/script.js?visitor=7' },
      { type: 'delivered', seq: 0, handlers: 2 },
      {}, [], null, 'text', 7, [{}], { changes: {} }, { name: 'x', json: '{}' },
      { type: 'jar' }, { type: 'jar', changes: { 0: {} } }, { type: 'jar', changes: { 0: [, , , ,] } },
      { type: 'error' }, { type: 'refused' }, { type: 'dropped' }, { type: 'cut_off' }, { type: 'delivered' }, { type: 'pong' },
    ];
    const garbage_max = messages.length - 7 - 1;
    localStorage.clear();
    const bridge = mount({
      events: [],
      src, app: 'demo', jar: keptJar, context: { order: 'A' }, limits: { garbage_max }, parentOrigins,
      diagnostics: diagnosticsTo(note),
      onCustomEvent: ({ name, data }) => note([name, data]),
      onState({ status, reason }) {
        note([status, reason]);
        if (status === 'ready') {
          pollute();
          bridge.emit('speak', { messages });
        } else if (status === 'failed') tell({ log, hits, kept: localStorage.length });
      },
    });";

/// Pollutes after the hello: until then the host, too, passes options that inherit to browsers.
async fn what_the_widget_inherits_changes_nothing(cx: &Cx) -> Result<()> {
    let types = ["emit", "pong", "jar", "error", "refused", "dropped", "delivered", "cut_off"];
    let traps = types.map(|name| format!("{{ value: '{name}' }}"));
    let mut names = names();
    // Every page destructures lists, and the language then looks up this name.
    names.remove("return");
    for trap in traps.iter().map(String::as_str).chain(TRAPS) {
        cx.browser.goto("about:blank").await?;
        cx.collector.forget();
        let widget = format!(
            "const parentOrigins = ['{}']; {}{SPEAKING}",
            cx.collector.origin(),
            polluting(trap, &names)
        );
        let stage = Stage { shim: BY_HAND, hold_ms: 0, head: "", body_end: "", widget: &widget };
        // The driver runs its own scripts in the page on top.
        let parent = format!("<iframe src='{}'></iframe>", stage.widget_url(cx).await?);
        cx.browser.goto(&cx.collector.page("/parent", parent, &[])).await?;
        let told = told(cx).await.context(trap)?;
        let expected = [
            r#"["ready",null]"#,
            r#"["custom:whole",{"a":1,"context":{"order":"A"}}]"#,
            r#"{"type":"error","kind":"script","message":"m","source":null,"line":null,"column":null,"callers":[]}"#,
            r#"{"type":"refused","name":"n","reason":"r"}"#,
            r#"{"type":"dropped","count":3}"#,
            r#"{"type":"cut_off","source":"https://slow.example/script.js"}"#,
            r#"{"type":"delivered","seq":0,"name":"speak","handlers":2}"#,
            r#"["failed","closed"]"#,
        ];
        assert_eq!(told, json!({"log": expected.concat(), "hits": "", "kept": 2}), "{trap}");
    }
    Ok(())
}

async fn a_hello_without_a_type_is_none(cx: &Cx) -> Result<()> {
    let frame = "
        const { origin } = JSON.parse(name);
        const nonce = location.hash.slice(1);
        for (const hello of [{}, { nonce }, { c2c: 1, nonce }, { type: 'hello', nonce }, { c2c: 1, type: 'hello', nonce }]) {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => port1.postMessage({ type: 'emit', name: 'taken', json: JSON.stringify({ hello }) });
          parent.postMessage(hello, origin, [port2]);
        }";
    let widget = "
        const { prototype } = Object;
        mount({ events: [], src, onCustomEvent: ({ data: { hello } }) => tell(Object.keys(hello)) });
        prototype.c2c = 1;
        prototype.type = 'hello';";
    let stage = Stage { shim: frame, hold_ms: 0, head: "", body_end: "", widget };
    stage.open(cx).await?;
    assert_eq!(told(cx).await?, json!(["c2c", "type", "nonce"]));
    Ok(())
}

async fn what_the_parent_page_inherits_is_no_envelope(cx: &Cx) -> Result<()> {
    let envelope = "{ name: 'whole', data: {}, timestamp: 't', id: 'i', seq: 0 }";
    let inner = format!(
        "<script>
         const whole = {envelope};
         for (const name of Object.keys(whole)) {{
           const {{ [name]: left, ...part }} = whole;
           parent.postMessage(part, '*');
         }}
         parent.postMessage({{}}, '*');
         parent.postMessage(whole, '*');
         </script>"
    );
    cx.collector.page("/inner", inner, &[]);
    let widget_origin = cx.collector.origin_of("widget.localhost");
    let inner = cx.collector.url_of("widget.localhost", "/inner");
    let server = &cx.server().await?.widget;
    let hit = cx.collector.hit_url("told");
    let page = format!(
        "<!doctype html><body><script type=module>
           import {{ listen }} from '{server}/listen.js';
           const frame = document.createElement('iframe');
           const heard = [];
           listen({{ frame, widgetOrigin: '{widget_origin}', onEvent(envelope) {{
             heard.push(Object.keys(envelope).length);
             if (heard.at(-1) === 5) fetch('{hit}', {{ __proto__: null, method: 'POST', body: JSON.stringify(heard) }});
           }} }});
           Object.assign(Object.prototype, {envelope});
           frame.src = '{inner}';
           document.body.append(frame);
         </script>"
    );
    cx.browser.goto(&cx.collector.page("/parent", page, &[])).await?;
    assert_eq!(told(cx).await?, json!([5]));
    Ok(())
}
