//! The timeline of a preview: the requests that custom code makes, the calls that the sandbox ignores,
//! and a verdict on a played call.

use std::fmt::Write as _;

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::json;

use crate::console::{FOCUSED, open};
use crate::timeline::{play, row};
use crate::vendors::stand_in::{META, serve_all};

pub(crate) const TESTS: Tests = &[
    ("hits_of_vendors_are_named", &hits_of_vendors_are_named),
    ("each_kind_of_request_has_a_row", &each_kind_of_request_has_a_row),
    ("what_came_back_is_told", &what_came_back_is_told),
    ("an_event_without_handlers_leads_to_nothing", &an_event_without_handlers_leads_to_nothing),
    ("an_answer_reaches_the_code_as_before", &an_answer_reaches_the_code_as_before),
    ("ignored_calls_lead_to_their_lines", &ignored_calls_lead_to_their_lines),
    ("each_ignored_call_has_its_words", &each_ignored_call_has_its_words),
    ("messages_above_are_counted_within_bounds", &messages_above_are_counted_within_bounds),
    ("patched_built_ins_find_no_port", &patched_built_ins_find_no_port),
    ("an_error_says_where_and_why", &an_error_says_where_and_why),
    ("an_event_that_a_slow_script_misses_is_told", &an_event_that_a_slow_script_misses_is_told),
    ("a_verdict_gives_the_first_reason", &a_verdict_gives_the_first_reason),
    ("visitors_documents_are_not_traced", &visitors_documents_are_not_traced),
];

pub(crate) const GA4: &str = include_str!("../../../server/pages/examples/ga4.html");

/// Waits until one row has all these texts.
pub(crate) async fn row_with(cx: &Cx, kind: &str, texts: &[&str]) -> Result<()> {
    let found = format!(
        "[...document.querySelectorAll('#timeline .{kind}')]
           .some((row) => {}.every((text) => row.textContent.includes(text)))",
        json!(texts)
    );
    let wait = cx.browser.wait_for(&found, DEADLINE).await;
    match wait {
        Ok(_) => Ok(()),
        Err(error) => {
            let all = cx.browser.eval("[...document.querySelectorAll('#timeline li')].map((row) => row.textContent).join('\\n')").await?;
            Err(c2c_harness::Error::new(format!(
                "{texts:?}: {error}; {}",
                all.as_str().unwrap_or_default()
            )))
        }
    }
}

/// Waits for the verdict, when nothing more is awaited.
async fn verdict(cx: &Cx) -> Result<String> {
    let settled = "document.querySelector('#verdict h3')?.textContent === 'The call was played' && document.querySelector('#verdict ul').innerText";
    let text = cx.browser.wait_for(settled, 2 * DEADLINE).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

async fn hits_of_vendors_are_named(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let app = cx.app().await?;
    let head = GA4.replace("G-XXXXXXX", "G-ACTING");
    let lead = "<script>c2c.on('call_started', () => fbq('track', 'Lead', { value: 3 }));</script>";
    app.publish(&head, &format!("{}{lead}", META.paste)).await?;
    open(cx, app).await?;
    // Its script takes a while, and sends earlier events only then.
    row_with(cx, "request", &["Meta · ViewContent"]).await?;
    row_with(cx, "request", &["GA4 · page_view"]).await?;
    play(cx, "whole").await?;
    row_with(cx, "request", &["GA4 · page_view"]).await?;
    row_with(
        cx,
        "request",
        &["GA4 · call_ended · duration 42 · reason remote_hangup", "for call_ended"],
    )
    .await?;
    row_with(cx, "request", &["GA4 · survey_submitted · rating 5", "for survey_submitted"]).await?;
    row_with(cx, "request", &["Meta · Lead · value 3", "for call_started"]).await?;
    row_with(cx, "request", &["GA4 · GET /gtag/js", "answered"]).await?;
    let told = verdict(cx).await?;
    assert!(
        told.contains(
            "GA4: 3 hits sent: call_started, call_ended, survey_submitted (1 before the call)"
        ),
        "{told}"
    );
    assert!(told.contains("Meta: 1 hit sent: Lead (1 before the call)"), "{told}");
    // The link leads to the row of the event.
    let link = "[...document.querySelectorAll('#timeline .request')].find((row) => row.textContent.includes('call_ended')).querySelector('.place')";
    cx.browser.run(&format!("{link}.click()"), &[]).await?;
    assert_eq!(cx.browser.eval("document.activeElement.dataset.name").await?, "call_ended");
    Ok(())
}

async fn each_kind_of_request_has_a_row(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let hit = |name: &str| cx.collector.hit_url(name);
    cx.collector.page("/k/style.css", "b{}", &[("content-type", "text/css")]);
    cx.collector.page("/k/late.js", "0", &[("content-type", "text/javascript")]);
    cx.collector.page("/k/frame.html", "1", &[("content-type", "text/html")]);
    let (style, late, frame) = (
        cx.collector.url("/k/style.css"),
        cx.collector.url("/k/late.js"),
        cx.collector.url("/k/frame.html"),
    );
    let head = format!(
        "<link rel=stylesheet href='{style}'>
        <script>
          c2c.on('call_started', async () => {{
            fetch('{}', {{ method: 'post', body: new URLSearchParams({{ a: '1' }}) }});
            const exchange = new XMLHttpRequest();
            exchange.open('put', '{}');
            exchange.send('x=2');
            navigator.sendBeacon('{}', new Blob(['{{\"b\":3}}']));
            new Image().src = '{}';
            await 0;
            fetch('{}');
            document.head.append(Object.assign(document.createElement('script'), {{ src: '{late}' }}));
            document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{frame}' }}));
            try {{ new WebSocket('{}'); }} catch {{}}
            new EventSource('{}');
          }});
        </script><img alt='' src='{}'>",
        hit("k_fetch"), hit("k_xhr"), hit("k_beacon"), hit("k_image"), hit("k_after"),
        hit("k_socket").replace("http", "ws"), hit("k_stream"), hit("k_markup")
    );
    app.publish(&head, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    // The collector has many paths on one host: the row is folded, and shows all when opened.
    let ours = "[...document.querySelectorAll('#timeline .request')]";
    let seen = format!(
        "(() => {{ for (const details of document.querySelectorAll('#timeline .request details')) details.open = true;
           const text = {ours}.map((row) => row.querySelector('pre').textContent).join('');
           return {}.filter((name) => !text.includes(name)).join(); }})()",
        json!(["k_fetch", "k_xhr", "k_beacon", "k_image", "k_after", "/k/style.css", "/k/late.js", "/k/frame.html", "k_socket", "k_stream", "k_markup"])
    );
    let all = cx.browser.wait_for(&format!("({seen}) === ''"), DEADLINE).await;
    if let Err(error) = all {
        let missing = cx.browser.eval(&seen).await?;
        return Err(c2c_harness::Error::new(format!("{error}: without a row: {missing}")));
    }
    // Bodies in three forms, and the event also for what follows an `await`.
    let text = cx.browser.eval(&format!("{ours}.filter((row) => row.textContent.includes('for call_started')).map((row) => row.querySelector('pre').textContent).join('')")).await?;
    let text = text.as_str().unwrap_or_default();
    for part in ["a=1", "x=2", "{\\\"b\\\":3}", "k_after", "POST", "PUT"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}

async fn what_came_back_is_told(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let cases = "<script>
        fetch('https://status.test/204', { method: 'POST' });
        fetch('https://hidden.test/x', { mode: 'no-cors' });
        new Image().src = 'https://pixel.test/image';
        navigator.sendBeacon('https://beacon.test/x', 'b');
        fetch('https://unreachable.test/x').catch(() => {});
        // One object for two requests: each has its own answer.
        const exchange = new XMLHttpRequest();
        exchange.open('GET', 'https://twice.test/first');
        exchange.onload = () => {
          exchange.onload = null;
          exchange.open('GET', 'https://unreachable.test/second');
          exchange.send();
        };
        exchange.send();
      </script>
      <script src='https://nowhere.test/lost.js'></script>";
    for (host, path) in [
        ("status.test", "/204"),
        ("hidden.test", "/x"),
        ("pixel.test", "/image"),
        ("beacon.test", "/x"),
        ("twice.test", "/first"),
    ] {
        cx.collector.stand_in(host, path, "");
    }
    app.publish(cases, "").await?;
    open(cx, app).await?;
    row_with(cx, "request", &["status.test · POST /204", "answered 20"]).await?;
    row_with(cx, "request", &["hidden.test · GET /x", "answered"]).await?;
    row_with(
        cx,
        "request",
        &["pixel.test · GET /image", "no image came back, which some pixels do on purpose"],
    )
    .await?;
    row_with(cx, "request", &["beacon.test · POST /x", "handed to the browser"]).await?;
    row_with(cx, "request", &["unreachable.test · 2 requests", "2 failed"]).await?;
    row_with(cx, "request", &["twice.test · GET /first", "answered 20"]).await?;
    row_with(cx, "request", &["nowhere.test · GET /lost.js", "failed"]).await
}

/// Tasks that run just after an event are not its doing if it has no handlers.
async fn an_event_without_handlers_leads_to_nothing(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.collector.stand_in("ticks.test", "/", "");
    // The first events arrive with the end of the hold, so these tasks lie around them.
    let ticks = "<script>
        let ticks = 0;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          new Image().src = 'https://ticks.test/';
          if (++ticks < 200) port2.postMessage(0);
        };
        addEventListener('c2c:ready', () => port2.postMessage(0));
      </script>";
    app.publish(ticks, "").await?;
    open(cx, app).await?;
    row(cx, "widget_loaded", "No handler is subscribed").await?;
    let rows =
        "[...document.querySelectorAll('#timeline .request')].map((row) => row.textContent).join()";
    let complete = format!("{rows}.includes('· 200 requests') && {rows}");
    let text = cx.browser.wait_for(&complete, DEADLINE).await?;
    let text = text.as_str().unwrap_or_default();
    assert!(!text.contains("for widget_loaded"), "{text}");
    Ok(())
}

/// The replaced functions are the browser's own for the code that calls them.
async fn an_answer_reaches_the_code_as_before(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.collector.page("/data.json", "{\"n\":7}", &[("access-control-allow-origin", "*")]);
    let url = cx.collector.url("/data.json");
    let head = format!(
        "<script>
          const told = [];
          const unhandled = new Promise((resolve) => addEventListener('unhandledrejection', () => resolve('unhandled')));
          (async () => {{
            told.push((await (await fetch('{url}')).json()).n, `${{fetch}}`.includes('[native code]'), fetch.name, fetch.length);
            told.push(Object.getOwnPropertyNames(window).includes('fetch'), alert() === undefined, confirm() === false);
            told.push(await fetch('https://unreachable.test/y').catch((error) => error instanceof TypeError));
            told.push(new Worker(URL.createObjectURL(new Blob(['']))) instanceof Worker, parent === top || parent !== window);
            try {{ fetch.call(1); }} catch (error) {{ told.push(error.name); }}
            fetch('https://unreachable.test/z');
            told.push(await unhandled);
            c2c.emit('told', {{ told }});
          }})();
        </script>"
    );
    app.publish(&head, "").await?;
    open(cx, app).await?;
    row(cx, "custom:told", "reached the parent page").await?;
    let told = crate::timeline::opened(cx, "custom:told").await?["data"]["told"].clone();
    let mut told: Vec<_> = told.as_array().cloned().unwrap_or_default();
    // A call with another receiver rejects in some engines, and throws in others.
    told.retain(|value| value != "TypeError");
    assert_eq!(
        json!(told),
        json!([7, true, "fetch", 1, true, true, true, true, true, true, "unhandled"])
    );
    Ok(())
}

async fn ignored_calls_lead_to_their_lines(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<script>
      c2c.on('call_started', () => {
        alert('hi');
        confirm('sure?');
        prompt('name');
        print();
        try { window.open('https://a.example/'); } catch { /* Firefox throws. */ }
        const form = document.body.appendChild(document.createElement('form'));
        form.submit();
        form.requestSubmit();
        Object.assign(document.createElement('a'), { href: 'data:,x', download: 'x.csv' }).click();
        parent.postMessage({ mine: 1 }, '*');
        parent.postMessage({ mine: 2 }, '*');
      });
    </script>";
    app.publish(head, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    let expected = [
        ("alert()", 3),
        ("confirm()", 4),
        ("prompt()", 5),
        ("print()", 6),
        ("window.open()", 7),
        ("form.submit()", 9),
        ("form.requestSubmit()", 10),
    ];
    for (title, line) in expected {
        row_with(cx, "ignored", &[title, &format!("Head HTML, line {line}")]).await?;
    }
    row_with(
        cx,
        "ignored",
        &["A message to the page above", "use c2c.emit(name, data)", "Head HTML, line 1"],
    )
    .await?;
    Ok(())
}

/// The trace runs while custom code does, and calls nothing that the code has replaced.
async fn patched_built_ins_find_no_port(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let hit = cx.collector.hit_url("patched");
    let head = format!(
        "<script>
          const {{ emit }} = c2c, {{ apply }} = Reflect, Port = MessagePort;
          const isPort = (value) => {{ try {{ return value instanceof Port; }} catch {{ return false; }} }};
          let leaks = 0, calls = 0;
          const patch = (holder, name) => {{
            const original = holder[name];
            holder[name] = function () {{
              calls += 1;
              if (isPort(this)) leaks += 1;
              for (let i = 0; i < arguments.length; i++) if (isPort(arguments[i])) leaks += 1;
              return apply(original, this, arguments);
            }};
          }};
          for (const [holder, names] of [
            [Port.prototype, ['postMessage', 'start']], [EventTarget.prototype, ['addEventListener', 'dispatchEvent']],
            [Function.prototype, ['call', 'apply', 'bind']], [WeakMap.prototype, ['get', 'set', 'has']],
            [Promise.prototype, ['then', 'catch']], [String.prototype, ['slice', 'toUpperCase', 'startsWith', 'matchAll']],
            [Response.prototype, ['text']], [URLSearchParams.prototype, ['append', 'toString']], [FormData.prototype, ['forEach']],
            [Array.prototype, ['push', 'map', Symbol.iterator]], [Object, ['defineProperty', 'getOwnPropertyDescriptor']],
            [PerformanceObserverEntryList.prototype, ['getEntries']],
          ]) for (const name of names) patch(holder, name);
          for (const key of ['seq', 'id', 'url', 'target']) Object.defineProperty(Object.prototype, key, {{ set(value) {{ if (isPort(this) || isPort(value)) leaks += 1; }}, configurable: true }});
          setInterval(() => {{ if (isPort(window.event?.target)) leaks += 1; }}, 5);
          c2c.on('call_started', async () => {{
            calls = 0;
            alert('traced');
            await fetch('{hit}', {{ method: 'POST', body: new Blob(['b']) }}).catch(() => {{}});
            emit('tried', {{ leaks }});
          }});
        </script>"
    );
    app.publish(&head, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row_with(cx, "request", &["POST", "/hit/patched", "answered"]).await?;
    row_with(cx, "ignored", &["alert()", "Head HTML, line"]).await?;
    row(cx, "custom:tried", "reached the parent page").await?;
    assert_eq!(crate::timeline::opened(cx, "custom:tried").await?["data"]["leaks"], 0);
    Ok(())
}

/// Errors whose place is not the first that the browser names, and files that do not arrive.
async fn an_error_says_where_and_why(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.collector.page("/no-cors.js", "export default 1", &[("content-type", "text/javascript")]);
    cx.collector.page(
        "/cors.js",
        "window.never = 1",
        &[("content-type", "text/javascript"), ("access-control-allow-origin", "*")],
    );
    let (module, script) = (cx.collector.url("/no-cors.js"), cx.collector.url("/cors.js"));
    let head = format!(
        "<script type=module>
          import one from '{module}';
        </script>
        <script type=module src='{module}?2'></script>
        <script src='{script}' integrity='sha384-{digest}' crossorigin></script>
        <script src='{script}?2' integrity='sha384-{digest}'></script>
        <script>
          c2c.on('call_started', () => document.querySelector('<'));
          c2c.on('call_ended', () => {{
            setTimeout(() => {{
              c2c.on(7);
            }});
          }});
        </script>",
        digest = "oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"
    );
    app.publish(&head, "").await?;
    open(cx, app).await?;
    row_with(
        cx,
        "error",
        &[
            "the <script> did not load: it imports",
            "/no-cors.js, which did not load",
            "Head HTML, line 2",
        ],
    )
    .await?;
    row_with(
        cx,
        "error",
        &[
            "the <script> did not load: a module needs a server that allows other origins (CORS)",
            "Head HTML, line 2",
        ],
    )
    .await?;
    row_with(
        cx,
        "error",
        &[
            "the <script> did not load: the file may differ from its integrity attribute",
            "Head HTML, line 5",
        ],
    )
    .await?;
    row_with(cx, "error", &["the <script> did not load: an element with integrity needs the attribute crossorigin here"]).await?;
    play(cx, "user_hangup").await?;
    row_with(cx, "error", &["SyntaxError", "in a handler of call_started"]).await?;
    // The error is thrown by the shim, and called by this line; WebKit hides such errors.
    let misuse: &[&str] = match cx.engine {
        Engine::WebKit => &["an error whose details the browser hides", "crossorigin"],
        _ => &["c2c.on(name, handler): a string and a function", "Head HTML, line 11"],
    };
    row_with(cx, "error", misuse).await
}

async fn an_event_that_a_slow_script_misses_is_told(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let (slow, hold) = cx.collector.page_held(
        "/slow.js",
        "c2c.on('call_started', () => {})",
        &[("content-type", "text/javascript")],
    );
    app.publish(&format!("<script async src='{slow}'></script>"), "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row(
        cx,
        "call_started",
        &format!("No handler is subscribed to this event; {slow} was still loading"),
    )
    .await?;
    drop(hold);
    row_with(cx, "request", &["/slow.js", "answered"]).await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_ended", "No handler is subscribed to this event").await?;
    let note = cx.browser.text("#timeline [data-name=call_ended] .noted").await?;
    assert!(!note.contains("loading"), "{note}");
    Ok(())
}

/// Every call that the shim watches has words in the console, where the engine has the call at all.
async fn each_ignored_call_has_its_words(cx: &Cx) -> Result<()> {
    let calls = [
        ("document.body.requestFullscreen()", "requestFullscreen()"),
        ("navigator.share({ title: 'x' })", "navigator.share()"),
        ("navigator.geolocation.getCurrentPosition(f, f)", "geolocation.getCurrentPosition()"),
        ("navigator.geolocation.watchPosition(f, f)", "geolocation.watchPosition()"),
        ("navigator.clipboard.writeText('x')", "clipboard.writeText()"),
        ("navigator.clipboard.readText()", "clipboard.readText()"),
        ("navigator.clipboard.write([])", "clipboard.write()"),
        ("navigator.clipboard.read()", "clipboard.read()"),
        ("navigator.mediaDevices.getUserMedia({ audio: true })", "mediaDevices.getUserMedia()"),
        ("navigator.mediaDevices.getDisplayMedia({})", "mediaDevices.getDisplayMedia()"),
        ("Notification.requestPermission()", "Notification.requestPermission()"),
        ("link({ target: '_blank' }).click()", "A link to another window"),
        ("link({ download: 'x.csv' }).click()", "A download"),
    ];
    let mut attempts = String::new();
    for (call, title) in calls {
        let (function, _) = call.rsplit_once('(').expect("a call");
        // Those of a link are on its prototype.
        let exists = if call.starts_with("link") { "true" } else { function };
        writeln!(
            attempts,
            "try {{ if ({exists}) {{ tried.push('{title}'); const told = {call}; told?.catch?.(f); }} }} catch {{ }}"
        )?;
    }
    let head = format!(
        "<script>
          const f = () => {{}}, tried = [];
          const link = (more) => Object.assign(document.body.appendChild(document.createElement('a')), {{ href: 'https://a.example/' }}, more);
          c2c.on('call_started', () => {{ {attempts} c2c.emit('tried', {{ tried }}); }});
        </script>"
    );
    let app = cx.app().await?;
    app.publish(&head, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row(cx, "custom:tried", "reached the parent page").await?;
    let tried = crate::timeline::opened(cx, "custom:tried").await?["data"]["tried"].clone();
    let tried = tried.as_array().cloned().unwrap_or_default();
    assert!(tried.len() >= 3, "{tried:?}");
    for title in &tried {
        row_with(cx, "ignored", &[title.as_str().unwrap_or_default(), "Head HTML, line"]).await?;
    }
    Ok(())
}

/// Messages to the page above are counted up to a limit: the next ones cost that page nothing more.
async fn messages_above_are_counted_within_bounds(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<script>
      c2c.on('call_started', () => {
        // Fewer than end a frame, also if the page is late after them: then they cost half of a burst more.
        const some = () => { for (let i = 0; i < 12; i++) parent.postMessage('mine', '*'); };
        some();
        setTimeout(some, 2500);
      });
    </script>";
    app.publish(head, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row_with(cx, "ignored", &["A message to the page above", "(20 times)"]).await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_ended", "No handler").await?;
    row_with(cx, "ignored", &["A message to the page above", "(20 times)"]).await
}

/// One run in which the reason is found by what the browser reports; the table below has the others.
async fn a_verdict_gives_the_first_reason(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let app = cx.app().await?;
    let gtag =
        GA4.replace("G-XXXXXXX", "G-ACTING").replace("function gtag", "oops(); function gtag");
    app.publish(&gtag, "").await?;
    open(cx, app).await?;
    play(cx, "whole").await?;
    let told = verdict(cx).await?;
    assert!(told.contains("GA4: nothing was sent: an error stopped the code: "), "{told}");
    // WebKit hides the places of errors in an opaque origin.
    if cx.engine != Engine::WebKit {
        cx.browser.click("#verdict .place").await?;
        assert_eq!(cx.browser.eval(FOCUSED).await?, "head");
    }
    Ok(())
}

async fn visitors_documents_are_not_traced(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let hit = cx.collector.hit_url("asked");
    app.publish(&format!("<script>fetch('{hit}?' + encodeURIComponent(Object.getOwnPropertyDescriptor(window, 'parent').get))</script>"), "").await?;
    cx.browser.goto(&app.parent_url("")).await?;
    let asked = cx.collector.hit("asked", DEADLINE).await?;
    let text = format!("{asked:?}");
    assert!(text.contains("native"), "{text}");
    if cx.engine == Engine::Chromium {
        let document = include_str!("../../../../crates/bridge/js/dist/shim_jar_diagnostics.js");
        assert!(!document.contains("ignored"), "the shim of visitors has the trace");
    }
    Ok(())
}
