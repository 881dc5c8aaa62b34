//! The diagnostics that the author of custom code gets.
//!
//! Lines are those of the sandbox document: a test looks for them in the server's response.

use c2c_harness::{Context as _, Cx, DEADLINE, Engine, Method, Result, Tests, request};
use serde_json::{Value, json};

use crate::steps::{mount, said, say};

pub(crate) const TESTS: Tests = &[
    ("an_uncaught_error_names_its_line", &an_uncaught_error_names_its_line),
    ("a_handlers_error_is_told_once_with_its_line", &a_handlers_error_is_told_once_with_its_line),
    ("a_handlers_error_is_told_after_document_open", &a_handlers_error_is_told_after_document_open),
    ("a_rejection_names_its_line", &a_rejection_names_its_line),
    ("whatever_is_thrown_is_told", &whatever_is_thrown_is_told),
    ("what_does_not_load_is_named", &what_does_not_load_is_named),
    ("a_script_of_another_site_hides_its_errors", &a_script_of_another_site_hides_its_errors),
    ("what_a_policy_forbids_is_told", &what_a_policy_forbids_is_told),
    ("refused_emits_are_told", &refused_emits_are_told),
    ("deliveries_are_told_with_their_handlers", &deliveries_are_told_with_their_handlers),
    ("too_many_in_the_frame_are_counted", &too_many_in_the_frame_are_counted),
    ("too_many_at_the_host_are_counted", &too_many_at_the_host_are_counted),
    ("custom_code_neither_breaks_nor_notices", &custom_code_neither_breaks_nor_notices),
    ("nothing_is_sent_unless_asked", &nothing_is_sent_unless_asked),
];

/// Options under which the page's `window.diagnostics` and `window.states` collect everything.
pub(crate) const NOTE: &str = "onState: (state) => (window.states ??= []).push(state),
    diagnostics: diagnosticsTo((diagnostic) => (window.diagnostics ??= []).push(diagnostic))";

/// Mounts custom code and notes its diagnostics.
async fn watch(cx: &Cx, head: &str, body_end: &str) -> Result<()> {
    cx.app().await?.publish(head, body_end).await?;
    mount(cx, NOTE).await
}

/// Reports a widget event to the frame.
async fn emit(cx: &Cx, name: &str) -> Result<()> {
    cx.browser.run("bridge.emit(arguments[0], {});", &[json!(name)]).await?;
    Ok(())
}

/// Returns all diagnostics, once there are `count` and everything that the frame sent before the
/// fence has come.
async fn diagnostics(cx: &Cx, count: usize) -> Result<Vec<Value>> {
    cx.browser.wait_for(&format!("window.diagnostics?.length >= {count}"), DEADLINE).await?;
    emit(cx, "fence").await?;
    cx.browser
        .wait_for("window.diagnostics?.some(({ name }) => name === 'fence')", DEADLINE)
        .await?;
    let all = cx.browser.eval("diagnostics").await?;
    let all = all.as_array().context("a list")?.iter();
    let all = all.filter(|diagnostic| diagnostic["name"] != "fence").cloned();
    all.map(without_callers).collect()
}

/// Checks the callers of an error, which differ between engines, and leaves them out.
fn without_callers(mut diagnostic: Value) -> Result<Value> {
    if diagnostic["type"] != "error" {
        return Ok(diagnostic);
    }
    let error = diagnostic.as_object_mut().context("an object")?;
    let callers = error.remove("callers").context("no callers")?;
    for caller in callers.as_array().context("a list")? {
        assert!(caller["line"].is_u64() && caller["column"].is_u64(), "{caller}");
        assert!(caller["source"].as_str().is_some_and(|url| !url.contains(['?', '#'])), "{caller}");
    }
    Ok(diagnostic)
}

/// Returns an error of a kind at the line where `code` is in the document; the column, on which
/// engines differ, is taken from `found` after a check that it lies in that line.
async fn error_at(cx: &Cx, kind: &str, message: &str, code: &str, found: &Value) -> Result<Value> {
    let app = cx.app().await?;
    let for_a_frame = [("sec-fetch-dest", "iframe")];
    let url = app.sandbox_url();
    let document = request(Method::GET, &url, &for_a_frame, "").await?.expect(200)?.text();
    let (at, line) = document
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(code))
        .context(format_args!("{code} is not in the document"))?;
    let column = found["column"].as_u64().unwrap_or_default();
    assert!((1..=line.len() as u64).contains(&column), "{found} in {line}");
    Ok(json!({
        "type": "error", "kind": kind, "message": message,
        "source": url, "line": at + 1, "column": column,
    }))
}

/// Returns an error without a place.
fn error(kind: &str, message: &str) -> Value {
    json!({
        "type": "error", "kind": kind, "message": message,
        "source": null, "line": null, "column": null,
    })
}

fn muted() -> Value {
    error(
        "script",
        "an error whose details the browser hides, as it does for scripts from other sites unless \
         they are loaded with CORS (the attribute crossorigin)",
    )
}

async fn an_uncaught_error_names_its_line(cx: &Cx) -> Result<()> {
    let head = "<script>throw new Error('first');</script>
        <script>
          this is no script
        </script>
        <script>
          setTimeout(() => {
            throw new Error('timer');
          });
        </script>";
    let body_end = "<p>\n<script>\n\n throw new Error('body end');\n</script>";
    watch(cx, head, body_end).await?;
    let found = diagnostics(cx, 4).await?;
    assert_eq!(found.len(), 4, "{found:?}");
    if cx.engine == Engine::WebKit {
        // It treats every script in an opaque origin as cross-origin.
        assert_eq!(found, vec![muted(); 4]);
        return Ok(());
    }
    for text in ["first", "timer", "body end"] {
        let message = format!("Error: {text}");
        let error = found.iter().find(|found| found["message"] == message).context(message)?;
        let code = format!("Error('{text}')");
        let expected = error_at(cx, "script", &format!("Error: {text}"), &code, error).await?;
        assert_eq!(*error, expected);
    }
    let syntax = &found[1];
    let message = syntax["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("SyntaxError: "), "{message}");
    assert_eq!(*syntax, error_at(cx, "script", message, "this is no script", syntax).await?);
    Ok(())
}

async fn a_handlers_error_is_told_once_with_its_line(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{}
         const heard = [];
         window.onerror = () => {{ heard.push('onerror'); }};
         addEventListener('error', (event) => heard.push(event.defaultPrevented));
         c2c.on('go', () => {{
           throw new Error('broke');
         }});
         c2c.on('go', () => {{
           throw new Error('long '.repeat(150));
         }});
         c2c.on('go', () => say(heard));</script>",
        say(cx)
    );
    watch(cx, &code, "").await?;
    emit(cx, "go").await?;
    let found = diagnostics(cx, 3).await?;
    let short = error_at(cx, "handler", "Error: broke", "Error('broke')", &found[0]).await?;
    let message = &format!("Error: {}", "long ".repeat(150));
    let long = error_at(cx, "handler", message, "Error('long '", &found[1]).await?;
    let delivered = json!({"type": "delivered", "seq": 0, "name": "go", "handlers": 3});
    assert_eq!(found, [short, long, delivered]);
    // The browser still delivers it to the frame's own listeners.
    assert_eq!(said(cx).await?, json!(["onerror", false, "onerror", false]));
    Ok(())
}

async fn a_handlers_error_is_told_after_document_open(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{}
         let survivors = 0;
         addEventListener('control', () => survivors++);
         c2c.on('go', () => {{
           throw new Error('broke');
         }});
         addEventListener('load', () => setTimeout(() => {{
           document.open();
           document.close();
           dispatchEvent(new Event('control'));
           say(survivors);
         }}));</script>",
        say(cx)
    );
    watch(cx, &code, "").await?;
    // One of them is from the widget's own mount.
    for hit in cx.collector.hits("said", 2, DEADLINE).await? {
        assert_eq!(hit.json()?, 0, "the control: a listener of the window is gone");
    }
    emit(cx, "go").await?;
    let found = diagnostics(cx, 2).await?;
    let expected = error_at(cx, "handler", "Error: broke", "Error('broke')", &found[0]).await?;
    assert_eq!(
        found,
        [expected, json!({"type": "delivered", "seq": 0, "name": "go", "handlers": 1})]
    );
    Ok(())
}

async fn a_rejection_names_its_line(cx: &Cx) -> Result<()> {
    let code = "<script>
        Promise.reject(new Error('rejected'));
        (async function named() {
          await null;
          throw new TypeError('at http://elsewhere.example/:1:2');
        })();
        Promise.reject(new Error('handled')).catch(() => {});
        Promise.reject('text');
        dispatchEvent(new CustomEvent('unhandledrejection', { detail: { reason: 'of a library' } }));
        </script>";
    watch(cx, code, "").await?;
    let mut found = diagnostics(cx, 3).await?;
    found.sort_by_key(|error| error["message"].to_string());
    let rejected =
        error_at(cx, "rejection", "Error: rejected", "Error('rejected')", &found[0]).await?;
    let message = "TypeError: at http://elsewhere.example/:1:2";
    let thrown = error_at(cx, "rejection", message, "TypeError('at", &found[1]).await?;
    assert_eq!(found, [rejected, thrown, error("rejection", "text")]);
    Ok(())
}

async fn whatever_is_thrown_is_told(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{}
        const revoked = Proxy.revocable({{}}, {{}}); revoked.revoke();
        const values = [
          null, undefined, 7, '', 10n, Symbol('s'), {{}}, Object.create(null), revoked.proxy,
          {{ get message() {{ throw 1; }}, get stack() {{ throw 2; }}, toString() {{ throw 3; }} }},
          {{ stack: {{}}, toString: () => ({{}}), valueOf: () => 'text' }},
          {{ stack: 'x'.repeat(1e7), toString: () => 'x'.repeat(1e7) }},
        ];
        let loud = 0;
        addEventListener('error', () => loud++);
        for (const value of values) c2c.on('go', () => {{ throw value; }});
        c2c.on('go', () => say([loud, values.length]));</script>",
        say(cx)
    );
    watch(cx, &code, "").await?;
    emit(cx, "go").await?;
    let found = diagnostics(cx, 13).await?;
    let textless = "object";
    let long = "x".repeat(1024);
    let texts = [
        "null",
        "undefined",
        "7",
        "",
        "10",
        "Symbol(s)",
        "[object Object]",
        textless,
        textless,
        textless,
        "text",
        long.as_str(),
    ];
    let mut expected: Vec<_> = texts.iter().map(|text| error("handler", text)).collect();
    expected.push(json!({"type": "delivered", "seq": 0, "name": "go", "handlers": 13}));
    assert_eq!(found, expected);
    assert_eq!(said(cx).await?, json!([12, 12]));
    Ok(())
}

async fn what_does_not_load_is_named(cx: &Cx) -> Result<()> {
    let url = |path: &str| cx.collector.url(path);
    let head = format!(
        "<script src='{}?visitor=7#part'></script>
         <link rel=stylesheet href='{}?visitor=7'>
         <script>dispatchEvent(new ErrorEvent('error', {{ message: 'not by the browser' }}));</script>",
        url("/missing.js"),
        url("/missing.css")
    );
    let body_end = format!("<img src='{}'>", url("/missing.png"));
    watch(cx, &head, &body_end).await?;
    let mut found = diagnostics(cx, 3).await?;
    found.sort_by_key(|error| error["message"].to_string());
    let expected = [("img", "/missing.png"), ("link", "/missing.css"), ("script", "/missing.js")];
    let expected = expected.map(|(what, path)| {
        let mut error = error("resource", &format!("the <{what}> did not load"));
        error["source"] = json!(url(path));
        error
    });
    assert_eq!(found, expected);
    Ok(())
}

async fn what_a_policy_forbids_is_told(cx: &Cx) -> Result<()> {
    let picture = cx.collector.url("/picture.png");
    let head = format!(
        "<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\">
         <script>
           document.dispatchEvent(new SecurityPolicyViolationEvent('securitypolicyviolation', {{ bubbles: true }}));
           new Image().src = '{picture}?visitor=7#part';
         </script>"
    );
    watch(cx, &head, "").await?;
    let found = diagnostics(cx, 1).await?;
    assert_eq!(found[0]["kind"], "csp", "{found:?}");
    assert_eq!(found[0]["message"], format!("img-src forbids {picture}"), "{found:?}");
    assert!(!json!(found).to_string().contains("visitor"), "{found:?}");
    assert_eq!(found.iter().filter(|found| found["kind"] == "csp").count(), 1, "{found:?}");
    Ok(())
}

async fn a_script_of_another_site_hides_its_errors(cx: &Cx) -> Result<()> {
    let headers = [("content-type", "text/javascript"), ("access-control-allow-origin", "*")];
    let script = cx.collector.page("/vendor.js", "\n\n  null.field;", &headers);
    watch(cx, &format!("<script src='{script}?visitor=7'></script>"), "").await?;
    assert_eq!(diagnostics(cx, 1).await?, [muted()]);

    // The control: with CORS it is not muted.
    watch(cx, &format!("<script crossorigin src='{script}?visitor=7'></script>"), "").await?;
    let found = diagnostics(cx, 1).await?;
    assert_eq!((&found[0]["source"], &found[0]["line"]), (&json!(script), &json!(3)), "{found:?}");
    Ok(())
}

async fn refused_emits_are_told(cx: &Cx) -> Result<()> {
    let code = "<script>
        const cycle = {}; cycle.self = cycle;
        c2c.emit('fine', {});
        c2c.emit('has space', {});
        c2c.emit({ toString() { throw 1; } }, {});
        c2c.emit(Symbol('s'), {});
        c2c.emit('x'.repeat(5000), {});
        c2c.emit('cycle', cycle);
        c2c.emit('list', []);
        c2c.emit('large', { text: 'x'.repeat(20000) });
        c2c.emit('call_ended', {});
        c2c.emit('claims', { context: {} });
        </script>";
    watch(cx, code, "").await?;
    let found = diagnostics(cx, 9).await?;
    let long = "x".repeat(1024);
    let form = r"the name must match /^[a-z][\w.-]{0,63}$/i";
    let expected = [
        ("has space", form),
        ("object", form),
        ("Symbol(s)", form),
        (long.as_str(), form),
        ("cycle", "the data must be a JSON object"),
        ("list", "the data must be a JSON object"),
        ("large", "data over 16 KiB"),
        ("call_ended", "the name looks like that of an event of the widget"),
        ("claims", "the key \"context\" is reserved"),
    ];
    let expected =
        expected.map(|(name, reason)| json!({"type": "refused", "name": name, "reason": reason}));
    assert_eq!(found, expected);
    Ok(())
}

async fn deliveries_are_told_with_their_handlers(cx: &Cx) -> Result<()> {
    // The handlers of held events come with the last script; unsubscribed ones do not count.
    let body_end = "<script>
        c2c.on('one', () => {});
        c2c.on('two', () => { c2c.emit('ran', []); });
        c2c.on('two', () => { throw 1; });
        c2c.on('two', () => {})();
        </script>";
    cx.app().await?.publish("", body_end).await?;
    cx.browser.goto(&cx.app().await?.widget_url("")).await?;
    // All in one task: the events are queued until the frame is there.
    let script = format!(
        "return Promise.all([import('/host.js'), import('/diagnostics.js')]).then(([{{ mount }}, {{ diagnosticsTo }}]) => {{
           window.bridge = mount({{ events: [], src: arguments[0], {NOTE} }});
           for (const name of ['none', 'one', 'two']) bridge.emit(name, {{}});
         }});"
    );
    cx.browser.run(&script, &[json!(cx.app().await?.sandbox_url())]).await?;
    let found = diagnostics(cx, 5).await?;
    let delivered = |seq: usize, name: &str, handlers: usize| json!({"type": "delivered", "seq": seq, "name": name, "handlers": handlers});
    let expected = [
        delivered(0, "none", 0),
        delivered(1, "one", 1),
        json!({"type": "refused", "name": "ran", "reason": "the data must be a JSON object"}),
        error("handler", "1"),
        delivered(2, "two", 2),
    ];
    assert_eq!(found, expected);
    Ok(())
}

/// The number of all diagnostics so far, with those that were only counted.
const TOLD: &str = "window.diagnostics?.reduce((sum, { type, count }) => sum + (type === 'dropped' ? count : 1), 0)";

/// Returns how many were passed on before the first `dropped`, and how many there were in all.
fn told(found: &[Value]) -> (usize, u64) {
    let is_count = |diagnostic: &&Value| diagnostic["type"] == "dropped";
    let counts = found.iter().filter(is_count);
    let dropped: u64 = counts.clone().filter_map(|count| count["count"].as_u64()).sum();
    let passed = found.len() - counts.count();
    (passed, passed as u64 + dropped)
}

async fn too_many_in_the_frame_are_counted(cx: &Cx) -> Result<()> {
    // More than the host accepts from any other sender than the shim.
    let code = "<script>for (let i = 0; i < 20000; i++) c2c.emit('', {});</script>";
    watch(cx, code, "").await?;
    // A loop that takes long is told of in several counts.
    cx.browser.wait_for(&format!("{TOLD} === 20000"), DEADLINE).await?;
    let found = diagnostics(cx, 1).await?;
    let (passed, all) = told(&found);
    assert_eq!(all, 20000);
    // The burst, and the number that seconds of a slow machine may add at 5 a second.
    assert!((19..60).contains(&passed), "{passed}");
    assert_eq!(cx.browser.eval("bridge.state.status").await?, "ready");
    Ok(())
}

async fn too_many_at_the_host_are_counted(cx: &Cx) -> Result<()> {
    let code = "<script>for (let i = 0; i < 5000; i++) c2c.emit('call_ended', {});</script>";
    watch(cx, code, "").await?;
    cx.browser.wait_for(&format!("{TOLD} === 5000"), DEADLINE).await?;
    let found = diagnostics(cx, 1).await?;
    let (passed, all) = told(&found);
    assert_eq!(all, 5000);
    assert!((20..60).contains(&passed), "{passed}");
    Ok(())
}

async fn custom_code_neither_breaks_nor_notices(cx: &Cx) -> Result<()> {
    // A trap replaces everything that the shim could look up while it reports an error. (It reads
    // the browser's own events like any script: code that patches them misleads only itself.)
    let code = format!(
        "<script>(() => {{
           {}
           const hit = [];
           const {{ ownKeys }} = Reflect;
           const {{ defineProperty, getOwnPropertyDescriptor }} = Object;
           const trap = (object, name) => {{
             const keys = ownKeys(object);
             for (let i = 0; i < keys.length; i++) {{
               const key = keys[i];
               const property = getOwnPropertyDescriptor(object, key);
               if (!property.configurable || key === 'constructor') continue;
               const fail = () => {{ hit[hit.length] = name + ' ' + key.toString(); throw new Error('trap'); }};
               defineProperty(object, key, 'value' in property
                 ? {{ __proto__: null, configurable: true, value: fail }}
                 : {{ __proto__: null, configurable: true, get: fail, set: fail }});
             }}
           }};
           c2c.on('go', () => {{ throw new Error('broke'); }});
           c2c.on('flood', () => {{ for (let i = 0; i < 30; i++) c2c.emit('', {{}}); }});
           c2c.on('end', () => say(hit));
           const {{ prototype }} = MessagePort;
           trap(Performance.prototype, 'performance'); trap(prototype, 'port');
           trap(EventTarget.prototype, 'target');
           String.prototype.slice = () => {{ hit[hit.length] = 'slice'; }};
           for (const name of ['String', 'reportError', 'performance', 'setTimeout', 'ErrorEvent']) {{
             defineProperty(window, name, {{ value: () => {{ hit[hit.length] = name; }} }});
           }}
           for (const name of ['kind', 'source', 'count']) {{
             defineProperty(Object.prototype, name, {{
               get() {{ hit[hit.length] = 'get ' + name; }},
               set() {{ hit[hit.length] = 'set ' + name; }},
             }});
           }}
         }})();</script>
         <script>throw new RangeError('first');</script>
         <script>Promise.reject('rejected');</script>
         <script src='{}'></script>",
        say(cx),
        cx.collector.url("/missing.js"),
    );
    watch(cx, &code, "").await?;
    emit(cx, "go").await?;
    let found = diagnostics(cx, 5).await?;
    let uncaught =
        if cx.engine == Engine::WebKit { muted() } else { error("script", "RangeError: first") };
    let expected = [
        uncaught["message"].clone(),
        json!("rejected"),
        json!("the <script> did not load"),
        json!("Error: broke"),
    ];
    for message in expected {
        let count = found.iter().filter(|found| found["message"] == message).count();
        assert_eq!(count, 1, "{message} in {found:?}");
    }
    emit(cx, "flood").await?;
    cx.browser
        .wait_for("window.diagnostics?.some(({ type }) => type === 'dropped')", DEADLINE)
        .await?;
    emit(cx, "end").await?;
    assert_eq!(said(cx).await?, json!([]));
    Ok(())
}

async fn nothing_is_sent_unless_asked(cx: &Cx) -> Result<()> {
    let code = "<script>
        c2c.on('go', () => { throw new Error('broke'); });
        c2c.on('end', () => c2c.emit('fence', {}));
        c2c.emit('has space', {});
        throw new Error('first');</script>";
    cx.app().await?.publish(code, "").await?;
    cx.browser.goto(&cx.app().await?.widget_url("")).await?;
    let script = "const [src] = arguments;
        window.types = [];
        const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
        Object.defineProperty(MessagePort.prototype, 'onmessage', { get, set(listener) {
          // The host's own channel, by which it watches for stalls, has messages without a type.
          set.call(this, (event) => { const { type } = event.data; if (type && type !== 'pong') types.push(type); listener(event); });
        } });
        return Promise.all([import('/host.js'), import('/diagnostics.js')]).then(([{ mount }, { diagnosticsTo }]) => {
          window.diagnosticsTo = diagnosticsTo;
          const start = (options) => {
            const container = document.body.appendChild(document.createElement('div'));
            const bridge = mount({ events: [], src, container, ...options });
            bridge.emit('go', {});
            bridge.emit('end', {});
            return JSON.parse(container.firstChild.name);
          };
          window.start = start;
          return start({});
        });";
    let app = cx.app().await?;
    let name = cx.browser.run(script, &[json!(app.sandbox_url())]).await?;
    let origin = &cx.server().await?.widget;
    assert_eq!(name, json!({"c2c": 1, "origin": origin, "app": "", "context": {}}));
    cx.browser.wait_for("types.includes('emit')", DEADLINE).await?;
    assert_eq!(cx.browser.eval("types").await?, json!(["emit"]));
    // The control.
    let name = cx.browser.eval("start({ diagnostics: diagnosticsTo(() => {}) })").await?;
    assert_eq!(
        name,
        json!({"c2c": 1, "origin": origin, "app": "", "context": {}, "diagnostics": true})
    );
    cx.browser
        .wait_for("types.filter((type) => type === 'delivered').length === 2", DEADLINE)
        .await?;
    let types = cx.browser.eval("types.slice(1)").await?;
    assert_eq!(types, json!(["refused", "error", "error", "delivered", "emit", "delivered"]));
    Ok(())
}
