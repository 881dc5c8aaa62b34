//! Tests that custom code cannot leave its sandbox.
//!
//! Each probe is a piece of script that tries to reach something and returns what it reached. It
//! runs three times: in a frame without sandbox that shares its page's origin, where it must
//! succeed (the control: the probe is able to fail); as custom code of a widget on top; and as
//! custom code of a widget in a parent page. Probes write before they read.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{choose_jar, enter_widget, heard, press};

pub(crate) const TESTS: Tests = &[
    ("own_cookies", &own_cookies),
    ("cookies_of_the_other_origins", &cookies_of_the_other_origins),
    ("parent_cookies", &parent_cookies),
    ("local_storage", &local_storage),
    ("parent_storage", &parent_storage),
    ("session_storage", &session_storage),
    ("indexed_db", &indexed_db),
    ("parent_document", &parent_document),
    ("top_document", &top_document),
    ("frame_element", &frame_element),
    ("origin_is_opaque", &origin_is_opaque),
    ("top_location_assign", &top_location_assign),
    ("top_location_href", &top_location_href),
    ("parent_location", &parent_location),
    ("a_click_on_a_top_link", &a_click_on_a_top_link),
    ("top_location_in_a_click", &top_location_in_a_click),
];

/// The answer of every successful probe.
const REACHED: &str = "reached";

/// Returns a script that runs a probe (the body of an async function) and reports under `hit`.
fn script(cx: &Cx, hit: &str, probe: &str) -> String {
    let hit = cx.collector.hit_url(hit);
    format!(
        "<script>(async () => {{
           let said;
           try {{ said = String(await (async () => {{ {probe} }})()); }}
           catch (error) {{ said = 'refused: ' + error.name; }}
           fetch('{hit}', {{ method: 'POST', body: said }});
         }})();</script>"
    )
}

/// Runs a probe in a frame without sandbox, and returns its answer.
async fn control(cx: &Cx, probe: &str) -> Result<String> {
    let frame = cx.collector.page("/frame", script(cx, "control", probe), &[]);
    let top = format!("<title>top</title><iframe id=frame src='{frame}'></iframe>");
    cx.browser.goto(&cx.collector.page("/top", top, &[])).await?;
    Ok(cx.collector.hit("control", DEADLINE).await?.text())
}

/// Runs a probe as custom code in both layouts, and returns its answers.
async fn sandboxed(cx: &Cx, probe: &str) -> Result<[String; 2]> {
    let app = cx.app().await?;
    app.publish(&script(cx, "two", probe), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let two = cx.collector.hit("two", DEADLINE).await?.text();
    app.publish(&script(cx, "three", probe), "").await?;
    cx.browser.goto(&app.parent_url("")).await?;
    let three = cx.collector.hit("three", DEADLINE).await?.text();
    Ok([two, three])
}

/// Asserts that a probe succeeds without sandbox and is refused as custom code.
async fn refused(cx: &Cx, probe: &str) -> Result<()> {
    assert_eq!(control(cx, probe).await?, REACHED, "the probe cannot succeed anywhere");
    for said in sandboxed(cx, probe).await? {
        assert!(said.starts_with("refused: "), "{said}");
    }
    Ok(())
}

async fn own_cookies(cx: &Cx) -> Result<()> {
    // With a jar, this works, but affects no real origin (`jar.rs`).
    choose_jar(cx, "none").await?;
    refused(
        cx,
        "document.cookie = 'probe=reached'; return /probe=(\\w+)/.exec(document.cookie)[1];",
    )
    .await
}

async fn parent_cookies(cx: &Cx) -> Result<()> {
    refused(cx, "parent.document.cookie = 'probe=reached'; return /probe=(\\w+)/.exec(parent.document.cookie)[1];")
        .await
}

/// The console, the parent page and the widget have a cookie each; custom code tries to read one in
/// every way that it has to reach their documents, and to leave its own cookie.
async fn cookies_of_the_other_origins(cx: &Cx) -> Result<()> {
    let probe = |targets: &[String]| {
        let targets = json!(targets);
        format!(
            "const targets = {targets};
             const seen = [];
             const note = (read) => {{ try {{ seen.push(read()); }} catch {{}} }};
             try {{ document.cookie = 'planted=1; domain=localhost'; }} catch {{}}
             try {{ document.cookie = 'planted=1'; }} catch {{}}
             note(() => document.cookie);
             note(() => parent.document.cookie);
             note(() => top.document.cookie);
             for (const target of targets) {{
               const frame = document.createElement('iframe');
               const loaded = new Promise((resolve) => (frame.onload = resolve));
               frame.src = target;
               document.documentElement.append(frame);
               await loaded;
               note(() => frame.contentDocument.cookie);
               frame.remove();
               try {{ seen.push(await (await fetch(target, {{ credentials: 'include' }})).text()); }} catch {{}}
             }}
             return seen.some((text) => String(text).includes('secret=')) ? 'reached' : 'refused: all';"
        )
    };
    let secret = json!({"name": "secret", "value": "1"});

    let jar = cx.collector.page("/jar", "<p>jar</p>", &[]);
    cx.browser.set_cookie_at(&jar, secret.clone()).await?;
    assert_eq!(control(cx, &probe(&[jar])).await?, REACHED, "the probe cannot succeed anywhere");

    let server = cx.server().await?;
    let app = cx.app().await?;
    let targets = [format!("{}/", server.console), app.parent_url(""), app.widget_url("")];
    for target in &targets {
        cx.browser.set_cookie_at(target, secret.clone()).await?;
    }
    for said in sandboxed(cx, &probe(&targets)).await? {
        assert_eq!(said, "refused: all");
    }
    for target in &targets {
        let names: Vec<Value> = cx
            .browser
            .cookies_at(target)
            .await?
            .iter()
            .map(|cookie| cookie["name"].clone())
            .collect();
        assert_eq!(names, ["secret"], "{target}");
    }
    Ok(())
}

async fn local_storage(cx: &Cx) -> Result<()> {
    // With a jar, this works, but affects no real origin (`jar.rs`).
    choose_jar(cx, "none").await?;
    refused(cx, "localStorage.setItem('probe', 'reached'); return localStorage.getItem('probe');")
        .await
}

async fn session_storage(cx: &Cx) -> Result<()> {
    // With a jar, this works, but affects no real origin (`jar.rs`).
    choose_jar(cx, "none").await?;
    refused(
        cx,
        "sessionStorage.setItem('probe', 'reached'); return sessionStorage.getItem('probe');",
    )
    .await
}

async fn parent_storage(cx: &Cx) -> Result<()> {
    refused(cx, "parent.localStorage.setItem('probe', 'reached'); return top.localStorage.getItem('probe');").await
}

async fn indexed_db(cx: &Cx) -> Result<()> {
    let probe = "
        const done = (request) => new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const opening = indexedDB.open('probe', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('store');
        const store = (await done(opening)).transaction('store', 'readwrite').objectStore('store');
        await done(store.put('reached', 'key'));
        return done(store.get('key'));";
    refused(cx, probe).await
}

async fn parent_document(cx: &Cx) -> Result<()> {
    refused(cx, "parent.document.title = 'reached'; return parent.document.title;").await
}

async fn top_document(cx: &Cx) -> Result<()> {
    refused(cx, "top.document.title = 'reached'; return top.document.title;").await
}

async fn frame_element(cx: &Cx) -> Result<()> {
    refused(cx, "frameElement.title = 'reached'; return frameElement.title;").await
}

async fn origin_is_opaque(cx: &Cx) -> Result<()> {
    // As the browser reports it to others: with a jar, the shim defines `self.origin`
    // (`environment.rs`).
    let probe = "const told = new Promise((resolve) => addEventListener('message', ({ origin }) => resolve(origin)));
        postMessage('who am I?', '*');
        if ((await told) === 'null') throw new DOMException('', 'Opaque');
        return 'reached';";
    refused(cx, probe).await
}

/// Serves the page at which a navigation of the page above would arrive.
fn landing(cx: &Cx) -> String {
    cx.collector.page("/landed", "<p>landed</p>", &[])
}

fn landings(cx: &Cx) -> usize {
    cx.collector.requests().iter().filter(|request| request.path == "/landed").count()
}

/// Asserts that a statement that navigates a page above does so without sandbox, and not as custom
/// code. The fence is a later call through all levels, in the page that was opened.
async fn does_not_navigate(cx: &Cx, statement: &str) -> Result<()> {
    let landed = landing(cx);
    let probe = format!("const landed = '{landed}'; {statement}; return 'no error';");
    let frame = cx.collector.page("/frame", script(cx, "control", &probe), &[]);
    cx.browser
        .goto(&cx.collector.page("/top", format!("<iframe src='{frame}'></iframe>"), &[]))
        .await?;
    cx.browser.wait_for_url(&landed, DEADLINE).await?;
    assert_eq!(landings(cx), 1);

    let app = cx.app().await?;
    app.publish(&(script(cx, "two", &probe) + FENCE), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    cx.browser.run("window.marker = true", &[]).await?;
    cx.collector.hit("two", DEADLINE).await?;
    cx.browser.click("#call").await?;
    cx.browser.click("#hang-up").await?;
    assert_eq!(cx.browser.eval("window.marker").await?, true);

    app.publish(&(script(cx, "three", &probe) + FENCE), "").await?;
    cx.browser.goto(&app.parent_url("")).await?;
    cx.collector.hit("three", DEADLINE).await?;
    cx.browser.run("window.marker = true", &[]).await?;
    press(cx, "#call").await?;
    heard(cx, "custom:fence").await?;
    assert_eq!(cx.browser.eval("window.marker").await?, true);
    assert_eq!(cx.browser.url().await?, app.parent_url(""));
    assert_eq!(landings(cx), 1, "only the control's");
    Ok(())
}

/// Custom code that answers a call, so that a test sees that it still runs.
const FENCE: &str = "<script>c2c.on('call_started', () => c2c.emit('fence', {}));</script>";

async fn top_location_assign(cx: &Cx) -> Result<()> {
    does_not_navigate(cx, "top.location.assign(landed)").await
}

async fn top_location_href(cx: &Cx) -> Result<()> {
    does_not_navigate(cx, "top.location.href = landed").await
}

async fn parent_location(cx: &Cx) -> Result<()> {
    does_not_navigate(cx, "parent.location = landed").await
}

/// Tests a statement or an element that needs a person's click. The frame is invisible, so the test
/// first makes it visible, as an app could.
async fn a_click_does_not_navigate(cx: &Cx, element: &str) -> Result<()> {
    let landed = landing(cx);
    let element = element.replace("LANDED", &landed);
    let report = |hit: &str| {
        let hit = cx.collector.hit_url(hit);
        format!(
            "<script>addEventListener('click', (event) => setTimeout(() => fetch('{hit}?trusted=' + event.isTrusted)));</script>"
        )
    };
    let frame = cx.collector.page("/frame", format!("{}{element}", report("control")), &[]);
    cx.browser
        .goto(&cx.collector.page("/top", format!("<iframe src='{frame}'></iframe>"), &[]))
        .await?;
    cx.browser.enter_frame("iframe").await?;
    cx.browser.click("#target").await?;
    cx.browser.wait_for_url(&landed, DEADLINE).await?;

    let app = cx.app().await?;
    // Only a frame that is mounted visible may be clicked: the click gives it the focus.
    let show = "const [src] = arguments;
        const container = document.createElement('div');
        container.id = 'visible';
        document.body.prepend(container);
        return import('/host.js').then(({ mount }) => { mount({ events: [], src, container, visible: true }); });";
    for (layout, hit) in [(app.widget_url(""), "two"), (app.parent_url(""), "three")] {
        app.publish("", &format!("{}{element}{FENCE}", report(hit))).await?;
        cx.browser.goto(&layout).await?;
        cx.browser.run("window.marker = true", &[]).await?;
        if hit == "three" {
            enter_widget(cx).await?;
        }
        cx.browser.run(show, &[json!(app.sandbox_url())]).await?;
        cx.browser.enter_frame("#visible iframe").await?;
        cx.browser.click("#target").await?;
        let hit = cx.collector.hit(hit, DEADLINE).await?;
        assert_eq!(hit.param("trusted").as_deref(), Some("true"), "a person's click");
        cx.browser.enter_top().await?;
        assert_eq!(cx.browser.eval("window.marker").await?, true);
    }
    press(cx, "#call").await?;
    heard(cx, "custom:fence").await?;
    assert_eq!(landings(cx), 1, "only the control's");
    Ok(())
}

async fn a_click_on_a_top_link(cx: &Cx) -> Result<()> {
    a_click_does_not_navigate(cx, "<a id=target target=_top href='LANDED'>link</a>").await
}

async fn top_location_in_a_click(cx: &Cx) -> Result<()> {
    a_click_does_not_navigate(
        cx,
        "<button id=target onclick=\"top.location.href = 'LANDED'\">button</button>",
    )
    .await
}
