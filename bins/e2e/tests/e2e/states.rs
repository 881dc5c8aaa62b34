//! A frame's life: consent, leaving, restarts, and the data that the visitor's jar keeps.

use c2c_harness::{Cx, DEADLINE, Recorded, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{choose_jar, enter_widget, mount, said, say, widget_page_in};

pub(crate) const TESTS: Tests = &[
    ("nothing_is_loaded_before_consent", &nothing_is_loaded_before_consent),
    ("consent_withdrawn_leaves_nothing", &consent_withdrawn_leaves_nothing),
    ("the_parent_page_decides_if_it_may", &the_parent_page_decides_if_it_may),
    ("a_frame_that_left_is_reported_and_gone", &a_frame_that_left_is_reported_and_gone),
    ("a_reload_is_another_document", &a_reload_is_another_document),
    ("document_open_is_no_leaving", &document_open_is_no_leaving),
    ("a_new_element_begins_anew", &a_new_element_begins_anew),
    ("a_visitor_keeps_the_same_id", &a_visitor_keeps_the_same_id),
    ("a_jar_is_of_one_parent_and_one_app", &a_jar_is_of_one_parent_and_one_app),
    ("a_full_jar_takes_no_more", &a_full_jar_takes_no_more),
    ("custom_code_holds_no_page_back", &custom_code_holds_no_page_back),
];

/// The option that notes every state in `window.states`.
const NOTE_STATES: &str =
    "onState: ({ status, reason }) => (window.states ??= []).push(reason ?? status)";

async fn wait_for_state(cx: &Cx, state: &str) -> Result<()> {
    let condition = format!("window.states?.at(-1) === '{state}'");
    cx.browser.wait_for(&condition, DEADLINE).await?;
    Ok(())
}

/// Returns the number of frames in the widget page; one is of the widget's own mount.
async fn frames(cx: &Cx) -> Result<Value> {
    cx.browser.eval("document.querySelectorAll('iframe').length").await
}

async fn nothing_is_loaded_before_consent(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} const seen = [];
         c2c.on('*', (data, {{ name }}) => {{ seen.push(name + (data.n ?? '')); if (name === 'fence') say(seen); }});</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, &format!("consent: 'pending', {NOTE_STATES}")).await?;
    let script = "for (let n = 0; n < 300; n++) bridge.emit('tick', { n });
        return [bridge.state.status, document.querySelectorAll('iframe').length];";
    assert_eq!(cx.browser.run(script, &[]).await?, json!(["waiting", 1]));
    cx.browser.run("bridge.setConsent('granted');", &[]).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('fence', {});", &[]).await?;
    let mut expected: Vec<String> = (0..256).map(|n| format!("tick{n}")).collect();
    expected.push("fence".to_owned());
    assert_eq!(said(cx).await?, json!(expected));
    Ok(())
}

async fn consent_withdrawn_leaves_nothing(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} localStorage.id ??= 'first'; c2c.on('ask', () => say(localStorage.id));
         c2c.on('write', () => {{ localStorage.id = 'second'; }});</script>",
        say(cx)
    );
    let app = cx.app().await?;
    app.publish(&code, "").await?;
    mount(cx, &format!("app: '{}', jar: keptJar, {NOTE_STATES}", app.id)).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('write', {});", &[]).await?;
    let kept = format!(
        "Object.keys(localStorage).filter((key) => key.startsWith('c2c-jar {} ')).length",
        app.id
    );
    cx.browser.wait_for(&format!("{kept} === 1 && Object.values(localStorage).some((item) => item.includes('second'))"), DEADLINE).await?;
    let script = "bridge.setConsent('denied'); bridge.emit('ask', {}); return bridge.state.status;";
    assert_eq!(cx.browser.run(script, &[]).await?, "denied");
    assert_eq!((frames(cx).await?, cx.browser.eval(&kept).await?), (json!(1), json!(0)));
    // Events that were emitted meanwhile do not come later.
    cx.browser.run("bridge.setConsent('granted');", &[]).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('ask', {});", &[]).await?;
    assert_eq!(said(cx).await?, "first");
    assert_eq!(cx.collector.count("said"), 1);
    Ok(())
}

async fn the_parent_page_decides_if_it_may(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&format!("<script>{} say('loaded');</script>", say(cx)), "").await?;
    let parent = cx.collector.origin();
    // A sibling of the widget, on an origin that may embed it, tries first.
    let forger = "<script>addEventListener('message', () => {
        for (const consent of ['granted', 'denied']) parent.frames[0].postMessage({ c2c: 1, type: 'consent', consent }, '*');
        parent.postMessage('tried', '*');
      });</script>";
    let forger = cx.collector.page("/forger", forger, &[]);
    let sibling = format!("<iframe id=forger src='{forger}'></iframe>");
    cx.browser.goto(&widget_page_in(cx, &sibling, "").await?).await?;
    enter_widget(cx).await?;
    let script = "const [src, parentOrigins] = arguments;
        return import('/host.js').then(({ mount }) => {
          const options = { src, parentOrigins, consent: 'pending' };
          window.bridges = [mount({ events: [], ...options, parentConsent: true }), mount({ events: [], ...options })];
          addEventListener('message', ({ data }) => { if (data === 'fence') window.fenced = true; });
        });";
    cx.browser.run(script, &[json!(app.sandbox_url()), json!([parent])]).await?;
    cx.browser.enter_top().await?;
    let post = "addEventListener('message', ({ data }) => { if (data === 'tried') { window.tried = true; frames[0].postMessage('fence', '*'); } });
        frames[1].postMessage('go', '*');";
    cx.browser.run(post, &[]).await?;
    cx.browser.wait_for("window.tried", DEADLINE).await?;
    enter_widget(cx).await?;
    cx.browser.wait_for("window.fenced", DEADLINE).await?;
    let statuses = "bridges.map(({ state }) => state.status)";
    assert_eq!(cx.browser.eval(statuses).await?, json!(["waiting", "waiting"]));
    cx.browser.enter_top().await?;
    // Then the parent page, with the module that parent pages import.
    let decide = "const [listen, widgetOrigin] = arguments;
        return import(listen).then(({ listen }) => {
          listen({ frame: document.querySelector('#widget'), widgetOrigin, onEvent() {} }).setConsent('granted');
        });";
    let widget = &cx.server().await?.widget;
    cx.browser.run(decide, &[json!(format!("{widget}/listen.js")), json!(widget)]).await?;
    enter_widget(cx).await?;
    cx.browser.wait_for(&format!("{statuses}[0] === 'ready'"), DEADLINE).await?;
    assert_eq!(cx.browser.eval(statuses).await?, json!(["ready", "waiting"]), "only where it may");
    Ok(())
}

async fn a_frame_that_left_is_reported_and_gone(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // On the same host: the widget's own policy does not stop the frame there.
    let elsewhere = format!("{}/none", cx.server().await?.sandbox);
    let code = format!(
        "<script>{} c2c.on('leave', () => {{ location.href = '{elsewhere}'; }});
         c2c.on('late', () => say('late'));</script>",
        say(cx)
    );
    app.publish(&code, "").await?;
    mount(cx, &format!("limits: {{ answer_ms: 1000 }}, {NOTE_STATES}")).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('leave', {});", &[]).await?;
    wait_for_state(cx, "navigated").await?;
    assert_eq!(frames(cx).await?, 1);
    // The control and the fence: another element receives events.
    cx.browser.run("bridge.emit('late', {}); bridge.restart();", &[]).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('late', {});", &[]).await?;
    assert_eq!(said(cx).await?, "late");
    assert_eq!(cx.collector.count("said"), 1);
    Ok(())
}

async fn a_reload_is_another_document(cx: &Cx) -> Result<()> {
    // It says hello again, with the values that it finds: no name and no nonce.
    let code = format!(
        "<script>{} say([c2c.context.k, name, location.hash]); c2c.on('leave', () => location.reload());</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, &format!("context: {{ k: 'v' }}, limits: {{ answer_ms: 1000 }}, {NOTE_STATES}"))
        .await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('leave', {});", &[]).await?;
    wait_for_state(cx, "navigated").await?;
    // The widget's own mount has loaded it as well, without context.
    let hits = cx.collector.hits("said", 3, DEADLINE).await?;
    let found: Vec<Value> = hits.iter().map(Recorded::json).collect::<Result<_>>()?;
    assert_eq!(found.iter().filter(|said| **said == json!(["v", "", ""])).count(), 1, "{found:?}");
    assert_eq!(found.iter().filter(|said| **said == json!([null, "", ""])).count(), 2, "{found:?}");
    Ok(())
}

async fn document_open_is_no_leaving(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} c2c.on('open', () => {{ document.open(); document.write('<p>new'); document.close(); }});
         c2c.on('ask', () => say(document.body.textContent));</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, &format!("limits: {{ heartbeat_ms: 300, answer_ms: 1000 }}, {NOTE_STATES}")).await?;
    wait_for_state(cx, "ready").await?;
    let loads = "window.loads = 0; const frames = document.querySelectorAll('iframe');
        frames[frames.length - 1].addEventListener('load', () => (window.loads += 1));
        bridge.emit('open', {});";
    cx.browser.run(loads, &[]).await?;
    cx.browser.wait_for("window.loads >= 1", DEADLINE).await?;
    // Longer than the host waits for an answer: measured by ticks, as the host does.
    let waited = "return new Promise((resolve) => { let ticks = 0;
        const timer = setInterval(() => { ticks += 1; if (ticks === 8) { clearInterval(timer); resolve(states.at(-1)); } }, 250); });";
    assert_eq!(cx.browser.run(waited, &[]).await?, "ready");
    cx.browser.run("bridge.emit('ask', {});", &[]).await?;
    assert_eq!(said(cx).await?, "new");
    Ok(())
}

async fn a_new_element_begins_anew(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} let n = 0; c2c.on('count', () => {{ n += 1; say(n); }});</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, &format!("limits: {{ restarts_max: 2 }}, {NOTE_STATES}")).await?;
    for round in 1..=3 {
        wait_for_state(cx, "ready").await?;
        cx.browser
            .run(
                "window.before = document.querySelectorAll('iframe')[1]; bridge.emit('count', {});",
                &[],
            )
            .await?;
        let hits = cx.collector.hits("said", round, DEADLINE).await?;
        assert_eq!(hits[round - 1].json()?, 1, "a document of its own");
        let script = "states.push('asked'); const may = bridge.restart();
            return [may, document.querySelectorAll('iframe').length, document.querySelectorAll('iframe')[1] !== before];";
        let expected = if round < 3 { json!([true, 2, true]) } else { json!([false, 2, false]) };
        assert_eq!(cx.browser.run(script, &[]).await?, expected);
    }
    Ok(())
}

/// Returns code that has an id for its visitor, as analytics do, and reports it.
fn identifies(cx: &Cx) -> String {
    format!(
        "<script>{}
         const cookie = /(?:^|; )id=(\\w+)/.exec(document.cookie);
         const id = cookie?.[1] ?? 'v' + Math.random().toString(36).slice(2);
         document.cookie = `id=${{id}}; max-age=86400; path=/; samesite=lax`;
         localStorage.setItem('seen', String(1 + Number(localStorage.getItem('seen') ?? 0)));
         say([id, localStorage.seen]);</script>",
        say(cx)
    )
}

/// Returns the code's report at its `visit`th load.
async fn visit(cx: &Cx, visit: usize) -> Result<Value> {
    let hits = cx.collector.hits("said", visit, DEADLINE).await?;
    hits[visit - 1].json()
}

/// Waits until the widget's storage has this many items of jars.
async fn kept(cx: &Cx, items: usize) -> Result<()> {
    let condition = format!(
        "Object.keys(localStorage).filter((key) => key.startsWith('c2c-jar ')).length === {items}"
    );
    cx.browser.wait_for(&condition, DEADLINE).await?;
    Ok(())
}

async fn a_visitor_keeps_the_same_id(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&identifies(cx), "").await?;
    choose_jar(cx, "kept").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let first = visit(cx, 1).await?;
    kept(cx, 2).await?;
    cx.browser.goto(&app.widget_url("")).await?;
    assert_eq!(visit(cx, 2).await?, json!([first[0], "2"]));
    // The control: without the kept jar every visitor is new.
    choose_jar(cx, "visit").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let third = visit(cx, 3).await?;
    assert_ne!(third[0], first[0]);
    assert_eq!(third[1], "1");
    Ok(())
}

async fn a_jar_is_of_one_parent_and_one_app(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&identifies(cx), "").await?;
    choose_jar(cx, "kept").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let alone = visit(cx, 1).await?;
    kept(cx, 2).await?;
    // Under a parent page, even of the same server, the visitor counts as another one.
    cx.browser.goto(&app.parent_url("")).await?;
    let framed = visit(cx, 2).await?;
    assert_ne!(framed[0], alone[0]);
    // Another app's code finds none of it.
    let other = cx.server().await?.create_app("other").await?;
    other.publish(&identifies(cx), "").await?;
    other.configure(&[], "kept").await?;
    let mounts = "const [src, app] = arguments;
        return Promise.all([import('/host.js'), import('/jar.js')]).then(([{ mount }, { keptJar }]) => {
          mount({ events: [], src, app, jar: keptJar });
        });";
    cx.browser.goto(&app.widget_url("")).await?;
    assert_eq!(visit(cx, 3).await?, json!([alone[0], "2"]));
    cx.browser.run(mounts, &[json!(other.sandbox_url()), json!(other.id)]).await?;
    let other = visit(cx, 4).await?;
    assert_eq!(other[1], "1");
    assert_ne!(other[0], alone[0]);
    Ok(())
}

async fn a_full_jar_takes_no_more(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} c2c.on('fill', async () => {{
           for (let i = 0; i < 100; i++) localStorage['k' + i] = 'x'.repeat(1000);
           say(localStorage.length);
         }});</script>",
        say(cx)
    );
    let app = cx.app().await?;
    app.publish(&code, "").await?;
    // Entries that other apps have left: the oldest of them goes first.
    let others = "localStorage.setItem('mine', 'm');
        const entry = (written) => JSON.stringify(['y'.repeat(60000), null, written]);
        for (let i = 0; i < 8; i++) localStorage.setItem(`c2c-jar other${i} https://shop.example local k`, entry(i));";
    cx.browser.goto(&app.widget_url("")).await?;
    cx.browser.run(others, &[]).await?;
    mount(cx, &format!("app: '{}', jar: keptJar, {NOTE_STATES}", app.id)).await?;
    wait_for_state(cx, "ready").await?;
    cx.browser.run("bridge.emit('fill', {});", &[]).await?;
    assert_eq!(said(cx).await?, 100, "the code's own jar has room");
    let sizes = "(() => { const sizes = { own: 0, all: 0 };
        for (const [key, item] of Object.entries(localStorage)) {
          if (!key.startsWith('c2c-jar ')) continue;
          const size = key.length + item.length;
          sizes.all += size;
          if (key.startsWith('c2c-jar OWN ')) sizes.own += size;
        }
        return sizes; })()"
        .replace("OWN", &app.id);
    // Everything that fits is kept; no further key would fit.
    cx.browser.wait_for(&format!("{sizes}.own > 65536 - 1200"), DEADLINE).await?;
    let found = cx.browser.eval(&sizes).await?;
    let is_within = |what: &str, most: u64| found[what].as_u64().is_some_and(|size| size <= most);
    assert!(is_within("own", 65536) && is_within("all", 524_288), "{found}");
    let left = "[localStorage.mine, ...[0, 7].map((i) => `c2c-jar other${i} https://shop.example local k` in localStorage)]";
    assert_eq!(
        cx.browser.eval(left).await?,
        json!(["m", false, true]),
        "the oldest of others goes"
    );
    Ok(())
}

/// Neither widget nor parent page waits for custom code that never finishes loading.
async fn custom_code_holds_no_page_back(cx: &Cx) -> Result<()> {
    let javascript = [("content-type", "text/javascript")];
    let (slow, hold) = cx.collector.page_held("/slow.js", "say('late')", &javascript);
    let code = format!("<script>{}</script><script src='{slow}'></script>", say(cx));
    cx.app().await?.publish("", &code).await?;
    let page = widget_page_in(cx, "", "onload = () => fetch('HIT');").await?;
    // By a script, after the driver's command has ended: the driver would wait until nothing loads
    // any more.
    let leave = "setTimeout((page) => { location = page; }, 500, arguments[0]);";
    cx.browser.run(leave, &[json!(page)]).await?;
    cx.collector.hit("report", DEADLINE).await?;
    drop(hold);
    assert_eq!(said(cx).await?, "late", "and the code runs");
    Ok(())
}
