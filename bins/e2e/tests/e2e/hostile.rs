//! Text typed by a customer, visitor or attacker is only ever text in the console: a hundred
//! hostile texts in every place where it shows one.

use std::sync::Arc;

use c2c_harness::{App, ConsoleLine, Context as _, Cx, DEADLINE, Result, Server, Tests};
use serde_json::json;

pub(crate) const TESTS: Tests = &[
    ("in_names", &in_names),
    ("in_names_of_settings", &in_names_of_settings),
    ("in_names_above_the_editor", &in_names_above_the_editor),
    ("in_other_names_above_the_editor", &in_other_names_above_the_editor),
    ("in_code_findings_and_conflicts", &in_code_findings_and_conflicts),
    ("in_the_timeline", &in_the_timeline),
    ("the_alarm_can_ring", &the_alarm_can_ring),
    ("no_page_holds_the_consoles_window", &no_page_holds_the_consoles_window),
];

/// Texts that run a script if taken for markup, an address, a style or a template.
const CORES: &[&str] = &[
    "<script>top.ran=1</script>",
    "<img src=x onerror=top.ran=1>",
    "<svg onload=top.ran=1>",
    "<svg><script>top.ran=1</script></svg>",
    "<iframe srcdoc='<script>top.ran=1</script>'>",
    "<iframe src=javascript:top.ran=1>",
    "<a href=javascript:top.ran=1 autofocus onfocus=top.ran=1>x</a>",
    "<body onload=top.ran=1>",
    "<details open ontoggle=top.ran=1>",
    "<input autofocus onfocus=top.ran=1>",
    "<video><source onerror=top.ran=1></video>",
    "<math><mtext><script>top.ran=1</script></mtext></math>",
    "<object data=javascript:top.ran=1>",
    "<style>@import'javascript:top.ran=1'</style>",
    "<link rel=stylesheet href=//x.test/ onerror=top.ran=1>",
    "<base href=//x.test/>",
    "<meta http-equiv=refresh content='0;javascript:top.ran=1'>",
    "<form action=javascript:top.ran=1><button autofocus>x",
    "<template><script>top.ran=1</script></template>",
    "javascript:top.ran=1",
    "{{constructor.constructor('top.ran=1')()}}",
    "${top.ran=1}",
    "\u{202e}<script>top.ran=1</script>",
    "\u{2028}top.ran=1//",
    "&lt;script&gt;top.ran=1&lt;/script&gt;",
];

/// Texts that end the context into which a text may have been put.
const BREAKOUTS: &[&str] = &["", "\"'>", "</textarea></title>", "--></style>"];

/// Returns one hundred texts, each short enough for an app's name.
fn texts() -> Vec<String> {
    let texts =
        BREAKOUTS.iter().flat_map(|end| CORES.iter().map(move |core| format!("{end}{core}")));
    let texts: Vec<String> = texts.collect();
    assert!(texts.len() == 100 && texts.iter().all(|text| text.chars().count() <= 100));
    texts
}

/// Fails if a script of a text ran in the current page, or if a policy had to stop one.
pub(crate) async fn assert_quiet(cx: &Cx) -> Result<()> {
    let strangers = "[window.ran ?? null, document.querySelectorAll(
      'script:not([src=\"/console.js\"]), img[src], svg, object, base, style:not([nonce]), iframe:not(#live), meta[http-equiv]'
    ).length]";
    assert_eq!(cx.browser.eval(strangers).await?, json!([null, 0]));
    let reports = reports(cx).await?;
    assert!(reports.is_empty(), "{reports:?}");
    Ok(())
}

/// Returns the browser's reports of policy violations.
async fn reports(cx: &Cx) -> Result<Vec<ConsoleLine>> {
    let mut lines = cx.browser.console().await?.unwrap_or_default();
    lines.retain(|line| {
        ["Content Security Policy", "Trusted"].iter().any(|word| line.message.contains(word))
    });
    Ok(lines)
}

/// Creates an app on the test's own server, so that the lists of other tests stay short.
async fn an_app(server: &Arc<Server>) -> Result<App> {
    server.create_app("Plain").await
}

async fn goto_app(cx: &Cx, server: &Server, app: &App) -> Result<()> {
    cx.browser.goto(&format!("{}/apps/{}", server.console, app.id)).await?;
    crate::timeline::connected(cx, 1).await
}

/// Shows each of these names on its app's page, which is one of the app's two pages.
async fn names_are_text(cx: &Cx, names: &[String], page: &str) -> Result<()> {
    let server = Arc::new(Server::start().await?);
    for name in names {
        let app = server.create_app(name).await?;
        cx.browser.goto(&format!("{}/apps/{}{page}", server.console, app.id)).await?;
        let heading = "document.querySelector('#app-name').textContent";
        let shown = cx.browser.wait_for(heading, DEADLINE).await?;
        assert_eq!(shown.as_str(), Some(name.trim()));
        assert_quiet(cx).await?;
    }
    Ok(())
}

async fn in_names_of_settings(cx: &Cx) -> Result<()> {
    names_are_text(cx, &texts(), "/settings").await
}

async fn in_names_above_the_editor(cx: &Cx) -> Result<()> {
    names_are_text(cx, &texts()[..50], "").await
}

async fn in_other_names_above_the_editor(cx: &Cx) -> Result<()> {
    names_are_text(cx, &texts()[50..], "").await
}

async fn in_names(cx: &Cx) -> Result<()> {
    let server = Arc::new(Server::start().await?);
    let mut apps = Vec::new();
    for text in texts() {
        apps.push(server.create_app(&text).await?);
    }
    cx.browser.goto(&format!("{}/", server.console)).await?;
    cx.browser
        .wait_for("document.querySelectorAll('#app-list li').length === 101", DEADLINE)
        .await?;
    let shown = cx
        .browser
        .eval("[...document.querySelectorAll('#app-list a:not(.no-run)')].map((link) => link.textContent)")
        .await?;
    let mut expected: Vec<String> = texts().iter().map(|text| text.trim().to_owned()).collect();
    expected.push("Demo shop".to_owned());
    expected.sort();
    let mut shown: Vec<String> = serde_json::from_value(shown).expect("names");
    shown.sort();
    assert_eq!(shown, expected);
    assert_quiet(cx).await?;
    // The demo page shows the name as well.
    cx.browser.goto(&apps[0].parent_url("")).await?;
    cx.browser.wait_for("document.querySelector('#app-name').textContent", DEADLINE).await?;
    assert_eq!(cx.browser.eval("window.ran ?? null").await?, json!(null));
    Ok(())
}

async fn in_code_findings_and_conflicts(cx: &Cx) -> Result<()> {
    let server = Arc::new(Server::start().await?);
    let app = an_app(&server).await?;
    goto_app(cx, &server, &app).await?;
    let everything = texts().join("\n");
    for text in texts().iter().chain([&everything]) {
        let unchecked = "document.querySelector('.verdict').textContent = 'unchecked'";
        cx.browser.run(unchecked, &[]).await?;
        if *text == everything {
            cx.browser.replace_code("body-end", text).await?;
        }
        cx.browser.replace_code("head", text).await?;
        cx.browser
            .wait_for("document.querySelector('.verdict').textContent !== 'unchecked'", DEADLINE)
            .await?;
        assert_quiet(cx).await?;
    }
    // Meanwhile another person has saved text just as bad.
    app.save_draft("", &CORES.join("\n").replace("<template>", "")).await?;
    cx.browser.replace_code("body-end", "").await?;
    cx.browser.replace_code("head", "<p>mine</p> ").await?;
    cx.browser.wait_for("document.querySelector('.notice.conflict button')", DEADLINE).await?;
    cx.browser.click(".notice.conflict button").await?;
    let shown =
        "document.querySelector('#compare[open] .comparison')?.textContent.includes('top.ran')";
    cx.browser.wait_for(shown, DEADLINE).await?;
    assert_quiet(cx).await
}

async fn in_the_timeline(cx: &Cx) -> Result<()> {
    let server = Arc::new(Server::start().await?);
    let app = an_app(&server).await?;
    goto_app(cx, &server, &app).await?;
    // Few enough at a time for the bridge's limits.
    for (run, texts) in texts().chunks(8).enumerate() {
        let list = serde_json::to_string(texts)
            .expect("texts")
            .replace("</", "<\\/")
            .replace("<!--", "<\\!--");
        let code = format!(
            "<script>
              for (const text of {list}) {{
                c2c.emit('payload', {{ text, [text]: [text] }});
                c2c.emit(text, {{}});
                setTimeout(() => {{ throw new Error(text); }});
              }}
            </script>"
        );
        cx.browser.replace_code("head", &code).await?;
        cx.browser.click("#clear").await?;
        cx.browser.click("#run [type=submit]").await?;
        let count = texts.len();
        let rows = format!(
            "['out', 'refused', 'error'].every((kind) => document.querySelectorAll('#timeline .' + kind).length === {count})"
        );
        cx.browser.wait_for(&rows, DEADLINE).await?;
        cx.browser.run("for (const row of document.querySelectorAll('#timeline details')) row.open = true;", &[]).await?;
        let written = "[...document.querySelectorAll('#timeline pre')].every((pre) => pre.textContent) && document.querySelector('#timeline').textContent";
        let text = cx.browser.wait_for(written, DEADLINE).await?;
        let text = text.as_str().unwrap_or_default();
        for hostile in texts {
            // In the error's message and, as JSON, in the event.
            assert!(text.contains(hostile.as_str()), "run {run}: {hostile} is not shown");
        }
        assert_quiet(cx).await?;
    }
    // Parent page and widget, inside the preview, also show and relay them as text.
    cx.browser.enter_frame("#live").await?;
    assert_eq!(
        cx.browser.eval("[window.ran ?? null, document.images.length]").await?,
        json!([null, 0])
    );
    Ok(())
}

/// The control: the checks above detect a script that runs.
async fn the_alarm_can_ring(cx: &Cx) -> Result<()> {
    let page = format!("<!DOCTYPE html><body>{}", CORES[0]);
    cx.browser.goto(&cx.collector.page("/ran", page, &[])).await?;
    assert_eq!(cx.browser.eval("window.ran ?? null").await?, 1);
    cx.browser.goto(&format!("{}/", cx.server().await?.console)).await?;
    assert!(reports(cx).await?.is_empty());
    cx.browser.run("new Image().src = 'http://localhost:1/x.png'", &[]).await?;
    let markup = "(() => { try { document.body.innerHTML = 'x'; } catch { return 'refused'; } })()";
    assert_eq!(cx.browser.eval(markup).await?, "refused");
    let reports = reports(cx).await?;
    assert!(reports.len() >= 2, "{reports:?}");
    Ok(())
}

async fn no_page_holds_the_consoles_window(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let console = format!("{}/apps/{}", cx.server().await?.console, app.id);
    let elsewhere = cx.collector.page("/elsewhere.html", "elsewhere", &[]);
    // A page that opened a window can navigate it later: to a copy of the console, for example.
    let page = cx.collector.page("/opener.html", "<button>Open</button>", &[]);
    for (url, is_held) in [(&elsewhere, true), (&console, false)] {
        cx.browser.goto(&page).await?;
        let before = cx.browser.windows().await?;
        let on_click = "const [url] = arguments;
            document.querySelector('button').onclick = () => open(url);";
        cx.browser.run(on_click, &[json!(url)]).await?;
        cx.browser.click("button").await?;
        let windows = cx.browser.windows().await?;
        let opened = windows.iter().find(|window| !before.contains(window)).context("a window")?;
        cx.browser.switch_to_window(opened).await?;
        cx.browser.wait_for_url(url, DEADLINE).await?;
        cx.browser.wait_for("document.readyState === 'complete'", DEADLINE).await?;
        assert_eq!(cx.browser.eval("opener !== null").await?, is_held, "{url}");
        cx.browser.close_window().await?;
        cx.browser.switch_to_window(&before[0]).await?;
    }
    Ok(())
}
