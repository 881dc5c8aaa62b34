//! The frame's own cookies and storage: they behave towards custom code as the web's standards
//! describe, and the host gets their changes.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{said, say};

pub(crate) const TESTS: Tests = &[
    ("cookies_round_trip", &cookies_round_trip),
    ("cookies_have_limits", &cookies_have_limits),
    ("storage_has_the_standards_surface", &storage_has_the_standards_surface),
    ("storage_has_a_quota", &storage_has_a_quota),
    ("document_open_empties_nothing", &document_open_empties_nothing),
    ("it_works_among_patched_built_ins", &it_works_among_patched_built_ins),
    ("a_kept_jar_comes_back", &a_kept_jar_comes_back),
    ("a_kept_jar_of_wrong_form_breaks_nothing", &a_kept_jar_of_wrong_form_breaks_nothing),
    ("changes_of_a_kept_jar_are_told", &changes_of_a_kept_jar_are_told),
    ("many_changes_travel_in_few_messages", &many_changes_travel_in_few_messages),
    ("keys_that_come_and_go_are_bounded", &keys_that_come_and_go_are_bounded),
    ("a_jar_that_is_not_kept_tells_nothing", &a_jar_that_is_not_kept_tells_nothing),
    ("what_is_refused_is_told_once", &what_is_refused_is_told_once),
];

/// Runs code in a sandbox document, and returns the value that it passes to `say`.
async fn run(cx: &Cx, code: &str) -> Result<Value> {
    let app = cx.app().await?;
    app.publish(&format!("<script>{} {code}</script>", say(cx)), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    said(cx).await
}

/// Sets up a hand-written host in the widget page: it mounts the app's document with `extra` in the
/// boot name and notes the port's messages in `received`, with the time.
async fn host(cx: &Cx, code: &str, extra: &Value) -> Result<()> {
    let app = cx.app().await?;
    // The code does not run in the frame that the widget page mounts by itself.
    let code = format!("<script>{} if (c2c.context.hand) {{ {code} }}</script>", say(cx));
    app.publish(&code, "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let script = "const [src, extra] = arguments;
        window.received = [];
        return new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.setAttribute('sandbox', 'allow-scripts');
          frame.name = JSON.stringify({ c2c: 1, origin: location.origin, context: { hand: 'yes' }, ...extra });
          addEventListener('message', ({ source, data, ports }) => {
            if (source !== frame.contentWindow || data.nonce !== 'by-hand') return;
            window.port = ports[0];
            port.onmessage = ({ data }) => received.push({ ...data, at: performance.now() });
            port.postMessage(JSON.stringify({ type: 'accepted' }));
            resolve();
          });
          frame.src = src + '#by-hand';
          document.body.append(frame);
        });";
    cx.browser.run(script, &[json!(app.sandbox_url()), extra.clone()]).await?;
    Ok(())
}

/// Returns the changes sent so far, once the answer to a ping shows that nothing else is under way.
async fn changes(cx: &Cx, count: usize) -> Result<Value> {
    let all = "received.filter(({ type }) => type === 'jar').flatMap(({ changes }) => Object.values(changes))";
    cx.browser.wait_for(&format!("{all}.length >= {count}"), DEADLINE).await?;
    cx.browser.run("port.postMessage(JSON.stringify({ type: 'ping', n: 7 }));", &[]).await?;
    cx.browser
        .wait_for("received.some(({ type, n }) => type === 'pong' && n === 7)", DEADLINE)
        .await?;
    cx.browser.eval(all).await
}

async fn cookies_round_trip(cx: &Cx) -> Result<()> {
    // Assigned values, and the values that reading returns afterwards.
    let steps = [
        ("a=1", "a=1"),
        ("b=2; Path=/x; Domain=.sandbox.localhost; Secure; SameSite=None; Partitioned", "a=1; b=2"),
        ("a=3", "a=3; b=2"),
        ("a=; max-age=0", "b=2"),
        ("a=4", "b=2; a=4"),
        ("b=; expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=4"),
        ("b=5; expires=Fri, 31 Dec 2099 23:59:59 GMT", "a=4; b=5"),
        ("b=; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/elsewhere", "a=4"),
        ("b=6;max-age=1000;expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=4; b=6"),
        ("b=7; max-age=0; max-age=9", "a=4; b=7"),
        ("b=8; max-age=nonsense; expires=nonsense", "a=4; b=8"),
        ("b=; Max-Age=-1", "a=4"),
        ("none=; max-age=0", "a=4"),
        ("  b \t=  9  ;", "a=4; b=9"),
        ("b=x=y==", "a=4; b=x=y=="),
        ("b=", "a=4; b="),
        ("nameless", "a=4; b=; nameless"),
        ("=replaced", "a=4; b=; replaced"),
        ("; max-age=5", "a=4; b=; replaced"),
        ("", "a=4; b=; replaced"),
        ("=", "a=4; b=; replaced"),
        ("=; max-age=0", "a=4; b="),
        ("h=1; HttpOnly", "a=4; b="),
        ("h=1; path=/; httponly=0", "a=4; b="),
        ("c=\n1", "a=4; b="),
        ("c=1; path=\0", "a=4; b="),
        ("c=\u{7f}", "a=4; b="),
        ("b=one\ttwo", "a=4; b=one\ttwo"),
        ("1=number", "a=4; b=one\ttwo; 1=number"),
        ("b=; max-age=0", "a=4; 1=number"),
        ("__proto__=p", "a=4; 1=number; __proto__=p"),
        ("toString=t", "a=4; 1=number; __proto__=p; toString=t"),
        ("max-age=1", "a=4; 1=number; __proto__=p; toString=t; max-age=1"),
    ];
    let (set, expected): (Vec<_>, Vec<_>) = steps.iter().copied().unzip();
    let code = format!(
        "const read = {}.map((text) => {{ document.cookie = text; return document.cookie; }});
         for (const value of [7, null, {{ toString: () => 'a=object' }}]) document.cookie = value;
         let symbol;
         try {{ document.cookie = Symbol(); }} catch (error) {{ symbol = error.name; }}
         const {{ get, set }} = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
         set.call(document, 'by=accessor');
         say([read, document.cookie, symbol, get.call(document) === document.cookie, navigator.cookieEnabled]);",
        json!(set)
    );
    let after = "a=object; 1=number; __proto__=p; toString=t; max-age=1; null; by=accessor";
    assert_eq!(run(cx, &code).await?, json!([expected, after, "TypeError", true, true]));
    // The control: without a jar, the frame has no storage.
    let page = format!(
        "<iframe sandbox=allow-scripts srcdoc=\"<script>try {{ localStorage }} catch (error) {{
           fetch('{}', {{ method: 'POST', body: error.name }}) }}</script>\"></iframe>",
        cx.collector.hit_url("bare")
    );
    cx.browser.goto(&cx.collector.page("/bare", page, &[])).await?;
    assert_eq!(cx.collector.hit("bare", DEADLINE).await?.text(), "SecurityError");
    Ok(())
}

async fn cookies_have_limits(cx: &Cx) -> Result<()> {
    let code = "const names = () => document.cookie.split('; ').filter(Boolean).map((pair) => pair.split('=')[0]);
        const results = [];
        const clear = () => { for (const name of names()) document.cookie = name + '=; max-age=0'; };
        for (const value of ['x'.repeat(4094), 'x'.repeat(4095), '\u{e9}'.repeat(4094), '\u{e9}'.repeat(4095), '\u{1f600}'.repeat(2047), '\u{1f600}'.repeat(2048)]) {
          document.cookie = 'nm=' + value;
          results.push(names().length);
          clear();
        }
        document.cookie = 'nm=kept';
        document.cookie = 'nm=' + 'x'.repeat(5000);
        results.push(document.cookie);
        clear();
        for (let i = 0; i < 181; i++) document.cookie = 'c' + i + '=1';
        document.cookie = 'c5=updated';
        results.push([names().length, names()[0], names().indexOf('c5')]);
        // The expired ones make room; one that has not expired stays. (A date has whole seconds: the next one but one is over a second away.)
        const date = (seconds) => new Date((Math.floor(Date.now() / 1000) + seconds) * 1000);
        const end = date(1);
        document.cookie = 'c90=1; expires=' + end.toUTCString();
        document.cookie = 'c91=1; max-age=0.03';
        document.cookie = 'c92=1; expires=' + date(3600).toUTCString();
        while (Date.now() < end.getTime() + 50);
        document.cookie = 'new=1';
        results.push([names().length, names()[0], ...['c90', 'c91', 'c92'].map((name) => names().includes(name))]);
        say(results);";
    let expected =
        json!([1, 0, 1, 0, 1, 0, "nm=kept", [180, "c1", 4], [179, "c1", false, false, true]]);
    assert_eq!(run(cx, code).await?, expected);
    Ok(())
}

async fn storage_has_the_standards_surface(cx: &Cx) -> Result<()> {
    // Run in order; if a case throws, its result is the error's name.
    let cases = [
        ("s instanceof Storage", json!(true)),
        ("Object.prototype.toString.call(s)", json!("[object Storage]")),
        ("Object.getPrototypeOf(s) === Storage.prototype", json!(true)),
        ("typeof s", json!("object")),
        ("s === window[name]", json!(true)),
        ("window[name] = 1; s === window[name]", json!(true)),
        ("s.length", json!(0)),
        ("[s.getItem('a'), s.a, s.key(0), 'a' in s]", json!([null, null, null, false])),
        ("s.setItem('a', 1)", json!(null)),
        ("[s.getItem('a'), s.a, s['a'], s.key(0), s.length, 'a' in s]", json!(["1", "1", "1", "a", 1, true])),
        ("s.b = { toString: () => 'text' }; s.getItem('b')", json!("text")),
        ("s.setItem('u', undefined); s.setItem('n', null); [s.u, s.n]", json!(["undefined", "null"])),
        ("s.setItem(null, 'key'); s.getItem('null')", json!("key")),
        ("s[7] = 'seven'; [s[7], s.getItem(7), s.getItem('7')]", json!(["seven", "seven", "seven"])),
        ("Object.keys(s).sort()", json!(["7", "a", "b", "n", "null", "u"])),
        ("const seen = []; for (const key in s) if (Object.hasOwn(s, key)) seen.push(key); seen.length", json!(6)),
        ("Array.from({ length: s.length }, (_, i) => s.key(i)).sort().join()", json!("7,a,b,n,null,u")),
        ("JSON.stringify(s)", json!("{\"7\":\"seven\",\"a\":\"1\",\"b\":\"text\",\"u\":\"undefined\",\"n\":\"null\",\"null\":\"key\"}")),
        ("({ ...s }).a", json!("1")),
        ("Object.entries(s).length", json!(6)),
        ("Object.getOwnPropertyDescriptor(s, 'a')", json!({"value": "1", "writable": true, "enumerable": true, "configurable": true})),
        ("const before = s.key(1); s.a = 'again'; [s.a, s.key(1) === before]", json!(["again", true])),
        ("delete s.a", json!(true)),
        ("[s.getItem('a'), s.a, delete s.a, s.length]", json!([null, null, true, 5])),
        ("s.removeItem('b'); s.removeItem('b'); s.length", json!(4)),
        ("[s.key(-1), s.key(99), s.key(4294967296) === s.key(0), s.key('x') === s.key(0)]", json!([null, null, true, true])),
        ("s.clear(); [s.length, Object.keys(s)]", json!([0, []])),
        // Names of methods can be items as well, and hide nothing.
        ("s.setItem('getItem', 'x'); [typeof s.getItem, s.getItem('getItem'), s.length]", json!(["function", "x", 1])),
        ("s.key = 'y'; [typeof s.key, s.getItem('key'), Object.keys(s)]", json!(["function", "y", []])),
        ("s.length = 9; [s.length, s.getItem('length')]", json!([3, "9"])),
        ("delete s.getItem; [typeof s.getItem, s.getItem('getItem')]", json!(["function", "x"])),
        ("s.__proto__ = 'p'; [s.getItem('__proto__'), s instanceof Storage]", json!(["p", true])),
        ("s.setItem('constructor', 'c'); s.constructor === Storage", json!(true)),
        ("s.clear(); s.length", json!(0)),
        ("Object.defineProperty(s, 'd', { value: 5 }); s.getItem('d')", json!("5")),
        ("Object.defineProperty(s, 'e', { get: () => 1 })", json!("TypeError")),
        ("Object.freeze(s)", json!("TypeError")),
        ("Object.preventExtensions(s)", json!("TypeError")),
        ("const symbol = Symbol('s'); s[symbol] = 5; [s[symbol], symbol in s, s.length, delete s[symbol], symbol in s]", json!([5, true, 1, true, false])),
        ("const child = Object.create(s); child.own = 1; [child.d, s.getItem('own'), child.own]", json!(["5", null, 1])),
        ("Reflect.ownKeys(s)", json!(["d"])),
        ("s.setItem('', 'empty'); [s.getItem(''), s['']]", json!(["empty", "empty"])),
        ("s.setItem('\\ud800', '\\ud800'); s.getItem('\\ud800').length", json!(1)),
        ("s.setItem('nul\\0', 'a\\0b'); s['nul\\0'].length", json!(3)),
        ("s.getItem()", json!("TypeError")),
        ("s.setItem('a')", json!("TypeError")),
        ("s.removeItem()", json!("TypeError")),
        ("s.key()", json!("TypeError")),
        ("s.setItem(Symbol(), '')", json!("TypeError")),
        ("s.setItem('a', Symbol())", json!("TypeError")),
        ("s.a = Symbol()", json!("TypeError")),
        ("Storage.prototype.getItem.call({}, 'a')", json!("TypeError")),
        ("Storage.prototype.length", json!("TypeError")),
        ("(0, s.getItem)('a')", json!("TypeError")),
        ("Storage.prototype.setItem.call(s, 'by', 'prototype'); s.by", json!("prototype")),
        ("[s.getItem.length, s.setItem.length, s.clear.length, s.getItem.name]", json!([1, 2, 0, "getItem"])),
        ("const real = Storage.prototype.setItem; Storage.prototype.setItem = function () { return 'patched'; };
          const patched = s.setItem('a', 1); Storage.prototype.setItem = real; patched", json!("patched")),
        ("window[name === 'localStorage' ? 'sessionStorage' : 'localStorage'].getItem('by')", json!(null)),
        ("s.clear()", json!(null)),
    ];
    let (code, expected): (Vec<_>, Vec<_>) = cases.iter().cloned().unzip();
    let code = format!(
        "const results = ['localStorage', 'sessionStorage'].map((name) => {{
           const s = window[name];
           return {}.map((code) => {{
             try {{ return Function('s', 'name', code)(s, name); }}
             catch (error) {{ return error.name; }}
           }});
         }});
         say(results);",
        json!(code.iter().map(|code| body_of(code)).collect::<Vec<_>>())
    );
    let found = run(cx, &code).await?;
    for storage in found.as_array().into_iter().flatten() {
        for (at, expected) in expected.iter().enumerate() {
            assert_eq!(storage[at], *expected, "{}", cases[at].0);
        }
    }
    Ok(())
}

/// Makes the last statement of a case its value.
fn body_of(code: &str) -> String {
    match code.rsplit_once("; ") {
        Some((before, last)) => format!("{before}; return {last}"),
        None => format!("return {code}"),
    }
}

async fn storage_has_a_quota(cx: &Cx) -> Result<()> {
    let code = "const max = 1024 * 1024;
        const results = [];
        const attempt = (action) => {
          try { action(); return 'fine'; } catch (error) {
            return [error.name, error.code, error instanceof DOMException];
          }
        };
        for (const s of [localStorage, sessionStorage]) {
          results.push([
            attempt(() => s.setItem('key', 'x'.repeat(max - 3))),
            attempt(() => s.setItem('k', '')),
            attempt(() => { s.k = ''; }),
            attempt(() => s.setItem('key', 'x'.repeat(max - 2))),
            s.key.length, s.getItem('key').length === max - 3, s.length,
            attempt(() => s.setItem('key', 'short')),
            attempt(() => s.setItem('k', '')),
            attempt(() => s.setItem('toString', 'x'.repeat(max))),
            attempt(() => { s.removeItem('key'); s.removeItem('k'); s.setItem('k', 'x'.repeat(max - 1)); s.clear(); s.setItem('k', 'x'.repeat(max - 1)); }),
          ]);
        }
        say(results);";
    let over = json!(["QuotaExceededError", 22, true]);
    let expected = json!(["fine", over, over, over, 1, true, 1, "fine", "fine", over, "fine"]);
    assert_eq!(run(cx, code).await?, json!([expected, expected]));
    Ok(())
}

async fn document_open_empties_nothing(cx: &Cx) -> Result<()> {
    let code = "document.cookie = 'a=1';
        localStorage.b = '2';
        const local = localStorage;
        addEventListener('load', () => setTimeout(() => {
          document.open();
          document.write('<p>all new');
          document.close();
          document.cookie = 'c=3';
          say([document.cookie, localStorage.b, localStorage === local]);
        }));";
    assert_eq!(run(cx, code).await?, json!(["a=1; c=3", "2", true]));
    Ok(())
}

async fn it_works_among_patched_built_ins(cx: &Cx) -> Result<()> {
    // A trap replaces everything that the jar could look up.
    let code = "(() => {
        const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
        const hit = [];
        let armed = false;
        const trap = (object, name) => {
          const keys = ownKeys(object);
          for (let i = 0; i < keys.length; i++) {
            const key = keys[i];
            const property = getOwnPropertyDescriptor(object, key);
            if (!property.configurable) continue;
            const label = name + ' ' + (typeof key === 'symbol' ? 'symbol' : key);
            const fail = (value) => { if (armed) { hit[hit.length] = label; throw new Error(label); } return value; };
            const given = property.get ? (self) => property.get.call(self) : () => property.value;
            defineProperty(object, key, { __proto__: null, configurable: true,
              get() { fail(); return given(this); }, set() { fail(); } });
          }
        };
        const names = ['String', 'RegExp', 'Array', 'Function', 'Date', 'WeakMap', 'Map', 'TextEncoder', 'Promise', 'Number',
          'MessagePort', 'EventTarget', 'DOMException', 'TypeError', 'Error', 'Uint8Array'];
        const prototypes = names.map((name) => [window[name].prototype, name]);
        const namespaces = ['Object', 'Reflect', 'JSON', 'Date', 'Math', 'Number', 'Array', 'String', 'Symbol'].map((name) => [window[name], name]);
        const storages = [localStorage, sessionStorage];
        const page = document;
        const results = [];
        const add = (value) => { results[results.length] = value; };
        for (const [object, name] of prototypes) trap(object, name + '.prototype');
        for (const [object, name] of namespaces) trap(object, name);
        for (const name of ['0', '1', 'get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'then', 'has', 'deleteProperty']) {
          defineProperty(Object.prototype, name, { __proto__: null, configurable: true,
            get() { if (armed) hit[hit.length] = name; }, set() { if (armed) hit[hit.length] = name + ' (set)'; } });
        }
        trap(window, 'window');
        // Pushing to them, this test stumbles over no trap.
        for (let i = 0; i < 40; i++) { hit[i] = 0; results[i] = 0; }
        hit.length = 0; results.length = 0;
        armed = true;
        page.cookie = 'a=1; max-age=60'; page.cookie = 'b=2; expires=Thu, 01 Jan 2099 00:00:00 GMT'; page.cookie = 'c=\\n';
        page.cookie = 'a=; max-age=0';
        const cookie = page.cookie;
        let quota = 0, items = 0;
        for (let i = 0; i < 2; i++) {
          const s = storages[i];
          s.setItem('a', 1); s.b = 2; s.removeItem('a'); s.c = 3; delete s.c;
          if (s.getItem('b') === '2' && s.b === '2' && 'b' in s && s.key(0) === 'b' && s.length === 1) items += 1;
          for (const key in s) if (key === 'b') items += 1;
          const big = 'x'; let long = big; for (let k = 0; k < 21; k++) long += long;
          try { s.big = long; } catch { quota += 1; }
          s.clear();
        }
        armed = false;
        for (const name of ['0', '1', 'get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'then', 'has', 'deleteProperty']) delete Object.prototype[name];
        post([cookie, items, quota, hit]);
      })();";
    // `say` itself would hit the traps: its functions are saved before.
    let code = format!(
        "const post = ((fetch, stringify) => (value) => fetch('{}', {{ method: 'POST', body: stringify(value) }}))(fetch.bind(window), JSON.stringify);
         {code}",
        cx.collector.hit_url("patched")
    );
    let app = cx.app().await?;
    app.publish(&format!("<script>{code}</script>"), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let found = cx.collector.hit("patched", DEADLINE).await?.json()?;
    assert_eq!(found, json!(["b=2", 4, 2, []]));
    Ok(())
}

async fn a_kept_jar_comes_back(cx: &Cx) -> Result<()> {
    let later = "say([document.cookie, { ...localStorage }, sessionStorage.length]);";
    let jar = json!({
        "cookie": [["id", "v-1", 4_102_444_800_000_u64], ["old", "x", 1_000], ["plain", "y", null], ["", "nameless", null]],
        "local": [["k", "value"], ["__proto__", "p"], ["getItem", "g"]],
    });
    host(cx, later, &json!({"jar": jar})).await?;
    assert_eq!(said(cx).await?, json!(["id=v-1; plain=y; nameless", {"k": "value"}, 0]));
    // Data from the host is no change.
    assert_eq!(changes(cx, 0).await?, json!([]));
    Ok(())
}

async fn a_kept_jar_of_wrong_form_breaks_nothing(cx: &Cx) -> Result<()> {
    let code = "document.cookie = 'after=1'; localStorage.after = '1'; say([document.cookie.includes('after=1'), localStorage.after]);";
    let long = "x".repeat(2_000_000);
    let jars = [
        json!(7),
        json!([]),
        json!({"cookie": 7, "local": {}}),
        json!({"cookie": [7, null], "local": [[]]}),
        json!({"cookie": [[{}, {}, {}]], "local": [[[], {"a": 1}]]}),
        json!({"cookie": [["n", "v", "text"], ["m", long, null]], "local": [["k", long]]}),
        json!({"__proto__": {"cookie": 1}}),
    ];
    for (at, jar) in jars.iter().enumerate() {
        host(cx, code, &json!({"jar": jar})).await?;
        let hits = cx.collector.hits("said", at + 1, DEADLINE).await?;
        assert_eq!(hits[at].json()?, json!([true, "1"]), "{jar:.80}");
    }
    Ok(())
}

async fn changes_of_a_kept_jar_are_told(cx: &Cx) -> Result<()> {
    let code = "document.cookie = 'id=1; max-age=1000';
        document.cookie = 'id=2; expires=Fri, 31 Dec 2099 23:59:59 GMT';
        document.cookie = 'plain=x';
        document.cookie = 'far=x; max-age=1e999';
        document.cookie = 'kept=; max-age=0';
        document.cookie = 'never=; max-age=0';
        localStorage.setItem('a', 1);
        localStorage.a = 2;
        localStorage.removeItem('was');
        localStorage.removeItem('never');
        localStorage.same = 'same';
        sessionStorage.setItem('s', 1);";
    let jar = json!({"cookie": [["kept", "x", null]], "local": [["was", "x"], ["same", "same"]]});
    host(cx, code, &json!({"jar": jar})).await?;
    let expected = json!([
        ["cookie", "id", "2", 4_102_444_799_000_u64],
        ["cookie", "plain", "x", null],
        ["cookie", "far", "x", null],
        ["cookie", "kept", null, null],
        ["local", "a", "2", null],
        ["local", "was", null, null],
    ]);
    assert_eq!(changes(cx, 6).await?, expected);
    // At the end of the task: they came in one message.
    assert_eq!(cx.browser.eval("received.filter(({ type }) => type === 'jar').length").await?, 1);
    Ok(())
}

async fn many_changes_travel_in_few_messages(cx: &Cx) -> Result<()> {
    let code = "for (let i = 0; i < 200; i++) localStorage['k' + i] = i;
        for (let i = 0; i < 100000; i++) localStorage.k0 = i;
        localStorage.clear();
        localStorage.last = 'x';
        setTimeout(() => { localStorage.more = 'y'; });";
    host(cx, code, &json!({"jar": {"cookie": [], "local": []}})).await?;
    let all = changes(cx, 202).await?;
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 202);
    assert!(all[..200].iter().all(|change| change[2].is_null()));
    assert_eq!(all[200], json!(["local", "last", "x", null]));
    let sizes = "received.filter(({ type }) => type === 'jar').map(({ changes }) => Object.keys(changes).length)";
    assert_eq!(cx.browser.eval(sizes).await?, json!([201, 1]));
    Ok(())
}

/// None of them is kept, so no quota stops them; but all of them would be in one message.
async fn keys_that_come_and_go_are_bounded(cx: &Cx) -> Result<()> {
    let code = "const long = 'x'.repeat(1000);
        for (let i = 0; i < 5000; i++) { localStorage.setItem(long + i, ''); localStorage.removeItem(long + i); }
        for (let i = 0; i < 20000; i++) document.cookie = 'c' + i + '=1';
        c2c.on('later', () => { localStorage.last = 'y'; });";
    host(cx, code, &json!({"jar": {"cookie": [], "local": []}})).await?;
    let first = changes(cx, 1).await?;
    let units: usize = first
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| change[1].as_str().unwrap_or_default().len() + 99)
        .sum();
    assert!((90_000..=100_000).contains(&units), "{units}");
    // The next message has room again.
    let event = json!([{"name": "later", "data": {}, "timestamp": "", "id": "", "seq": 0}]);
    cx.browser.run("port.postMessage(arguments[0]);", &[json!(event.to_string())]).await?;
    let last = "received.filter(({ type }) => type === 'jar').flatMap(({ changes }) => Object.values(changes)).at(-1)[1] === 'last'";
    cx.browser.wait_for(last, DEADLINE).await?;
    Ok(())
}

async fn a_jar_that_is_not_kept_tells_nothing(cx: &Cx) -> Result<()> {
    host(cx, "document.cookie = 'a=1'; localStorage.a = 1; say(document.cookie);", &json!({}))
        .await?;
    assert_eq!(said(cx).await?, "a=1");
    assert_eq!(changes(cx, 0).await?, json!([]));
    Ok(())
}

async fn what_is_refused_is_told_once(cx: &Cx) -> Result<()> {
    let code = "for (let i = 0; i < 3; i++) {
          document.cookie = 'a=1; HttpOnly';
          try { localStorage.a = 'x'.repeat(2e6); } catch {}
        }
        say('done');";
    host(cx, code, &json!({"diagnostics": true})).await?;
    said(cx).await?;
    changes(cx, 0).await?;
    let told = cx
        .browser
        .eval("received.filter(({ kind }) => kind === 'jar').map(({ message }) => message)")
        .await?;
    let expected = ["cookie refused", "storage is full"];
    assert_eq!(told, json!(expected.repeat(3)));
    Ok(())
}
