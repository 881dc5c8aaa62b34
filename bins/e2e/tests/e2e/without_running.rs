//! The console can always be opened and the code changed, even if the code stalls or hangs the
//! page.

use c2c_harness::{App, Cx, DEADLINE, Method, Result, Tests};
use serde_json::json;

use crate::timeline::{connected, play};

pub(crate) const TESTS: Tests = &[
    ("an_app_is_opened_without_running", &an_app_is_opened_without_running),
    ("links_lead_there", &links_lead_there),
    ("after_a_run_without_an_end", &after_a_run_without_an_end),
    ("after_a_run_that_ended_well", &after_a_run_that_ended_well),
    ("a_run_in_another_window_is_awaited", &a_run_in_another_window_is_awaited),
    ("what_is_kept_is_bounded", &what_is_kept_is_bounded),
];

/// Tests for the engine in which code stalls the page, and in which a driver's script may import
/// modules in spite of the page's policy.
pub(crate) const CHROMIUM: Tests = &[
    ("after_a_stall", &after_a_stall),
    ("without_storage_the_code_runs", &without_storage_the_code_runs),
];

/// Tests for engines in which a hung frame does not hang the console.
pub(crate) const HUNG: Tests = &[("after_a_hang", &after_a_hang)];

/// Returns code that reports that it runs.
fn reporting(cx: &Cx, name: &str) -> String {
    format!("<script>fetch('{}')</script>", cx.collector.hit_url(name))
}

async fn goto(cx: &Cx, app: &App, query: &str) -> Result<()> {
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}{query}", app.id)).await
}

/// Waits until the console shows that nothing runs, and why, and for everything that it would have
/// run.
async fn assert_held(cx: &Cx, why: &str) -> Result<()> {
    let shown = "document.querySelector('#held').checkVisibility() && document.querySelector('#held-text').textContent";
    let shown = cx.browser.wait_for(shown, DEADLINE).await?;
    assert!(shown.as_str().is_some_and(|text| text.contains(why)), "{shown}");
    let found = "[document.querySelector('#run-state').textContent, live.checkVisibility(), live.contentWindow.length,
        document.querySelector('#timeline').innerText.trim()]";
    assert_eq!(cx.browser.eval(found).await?, json!(["Not run.", false, 0, ""]));
    Ok(())
}

/// Asserts, behind the other channel, that no preview has been staged since.
async fn assert_not_staged(cx: &Cx) -> Result<()> {
    let asked = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/previews')).length";
    assert_eq!(cx.browser.eval(asked).await?, 0);
    Ok(())
}

/// Changes the code, publishes it, and runs it.
async fn fix(cx: &Cx, app: &App, code: &str) -> Result<()> {
    cx.browser.replace_code("body-end", "").await?;
    cx.browser.replace_code("head", code).await?;
    crate::console::publish(cx, "Published as revision").await?;
    // A publication runs only code that a person has run.
    assert_not_staged(cx).await?;
    cx.browser.click("#run [type=submit]").await?;
    connected(cx, 1).await?;
    assert_eq!(
        cx.browser.eval("[document.querySelector('#held').hidden, live.hidden]").await?,
        json!([true, false])
    );
    let path = format!("/api/apps/{}/draft", app.id);
    let saved = cx.server().await?.api(Method::GET, &path, None).await?.json()?;
    assert_eq!(saved["head"], code);
    Ok(())
}

async fn an_app_is_opened_without_running(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&reporting(cx, "ran"), "").await?;
    goto(cx, app, "?run=no").await?;
    assert_held(cx, "You opened this app without running its code.").await?;
    assert_not_staged(cx).await?;
    assert_eq!(cx.collector.count("ran"), 0);
    // Also after a reload; and the code is there.
    cx.browser.reload().await?;
    assert_held(cx, "You opened this app without running its code.").await?;
    assert_eq!(cx.browser.eval("head.value").await?, reporting(cx, "ran"));
    cx.browser.click("#run-held").await?;
    cx.collector.hit("ran", DEADLINE).await?;
    connected(cx, 1).await?;
    assert_eq!(cx.collector.count("ran"), 1);
    // From then on a publication runs it, as usual.
    cx.browser.append_code("head", "<b></b>").await?;
    crate::console::publish(cx, "Published as revision 2").await?;
    connected(cx, 2).await?;
    // Pressing Run or playing a call also requests a run.
    for pressed in ["#run [type=submit]", "[data-play=started]"] {
        goto(cx, app, "?run=no").await?;
        assert_held(cx, "You opened").await?;
        cx.browser.click(pressed).await?;
        connected(cx, 1).await?;
    }
    Ok(())
}

async fn links_lead_there(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&reporting(cx, "ran"), "").await?;
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/")).await?;
    // The list is long: the tests before have made apps, too.
    cx.browser.wait_for("document.querySelector('#app-list li')", DEADLINE).await?;
    let search = "const search = document.querySelector('#app-search');
        search.value = arguments[0];
        search.dispatchEvent(new Event('input'));";
    cx.browser.run(search, &[json!(app.id)]).await?;
    let found = "document.querySelectorAll('#app-list li').length === 1";
    cx.browser.wait_for(found, DEADLINE).await?;
    let link = format!("#app-list [href='/apps/{}?run=no']", app.id);
    cx.browser.click(&link).await?;
    assert_held(cx, "You opened").await?;
    assert_eq!(cx.collector.count("ran"), 0);
    goto(cx, app, "").await?;
    connected(cx, 1).await?;
    // The code is connected before its request has come, and the page is left with it.
    cx.collector.hit("ran", DEADLINE).await?;
    assert_eq!(cx.browser.text("#run a").await?, "Open without running");
    cx.browser.click("#run a").await?;
    assert_held(cx, "You opened").await?;
    assert_eq!(cx.collector.count("ran"), 1);
    Ok(())
}

async fn after_a_stall(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // At once, like the worst code.
    let code = "<script>
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        for (let i = 0; i < 200; i++) { parent.focus(); top.focus(); }
        port2.postMessage(0);
      };
      setTimeout(() => port2.postMessage(0), 500);
    </script>";
    app.publish(code, "").await?;
    goto(cx, app, "").await?;
    // Twice: a reload in the middle of the second run, which begins by itself, would be a good end of it.
    let told = "document.querySelector('#timeline').innerText.includes('stalled the page again')";
    cx.browser.wait_for(told, 3 * DEADLINE).await?;
    cx.browser.reload().await?;
    assert_held(cx, "The last run of this code in this browser stalled the page").await?;
    assert_not_staged(cx).await?;
    fix(cx, app, &reporting(cx, "fixed")).await?;
    cx.collector.hit("fixed", DEADLINE).await?;
    ended_well(cx).await?;
    // After a successful run, it runs.
    cx.browser.reload().await?;
    connected(cx, 1).await?;
    assert_eq!(cx.collector.hits("fixed", 2, DEADLINE).await?.len(), 2);
    Ok(())
}

/// Waits until no record of the run is kept.
async fn ended_well(cx: &Cx) -> Result<()> {
    let kept = "!Object.keys(localStorage).some((key) => key.startsWith('c2c run '))";
    cx.browser.wait_for(kept, DEADLINE).await.map(drop)
}

async fn after_a_hang(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // The harness lets Firefox wait for scripts of a page that is gone, so the loop has an end.
    let code = "<script>c2c.on('call_started', () => {
        const end = performance.now() + 20000;
        while (performance.now() < end);
    });</script>";
    app.publish(code, "").await?;
    goto(cx, app, "").await?;
    connected(cx, 1).await?;
    play(cx, "started").await?;
    let told = "document.querySelector('#timeline').innerText.includes('it may be in a loop')";
    cx.browser.wait_for(told, 2 * DEADLINE).await?;
    cx.browser.reload().await?;
    assert_held(cx, "The last run of this code in this browser hung").await?;
    assert_not_staged(cx).await?;
    fix(cx, app, &reporting(cx, "fixed")).await?;
    cx.collector.hit("fixed", DEADLINE).await?;
    Ok(())
}

/// Silences a page like a hang, which cannot be driven: the page has no turn any more, not even at
/// its end.
const SILENCE: &str = "const last = setTimeout(() => {});
    for (let id = 0; id <= last; id++) clearTimeout(id);
    performance.now = () => Infinity;";

async fn after_a_run_without_an_end(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&reporting(cx, "ran"), "").await?;
    goto(cx, app, "").await?;
    cx.collector.hit("ran", DEADLINE).await?;
    // Playing a call counts as a start.
    play(cx, "started").await?;
    cx.browser.run(SILENCE, &[]).await?;
    // Also in another window.
    let tab = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&tab).await?;
    goto(cx, app, "").await?;
    assert_held(cx, "The last run of this code in this browser did not end").await?;
    assert_not_staged(cx).await?;
    assert_eq!(cx.collector.count("ran"), 1);
    fix(cx, app, &reporting(cx, "fixed")).await?;
    cx.collector.hit("fixed", DEADLINE).await?;
    Ok(())
}

async fn after_a_run_that_ended_well(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&reporting(cx, "ran"), "").await?;
    goto(cx, app, "").await?;
    connected(cx, 1).await?;
    cx.collector.hit("ran", DEADLINE).await?;
    // A reload in the middle of it is an end.
    cx.browser.reload().await?;
    connected(cx, 1).await?;
    cx.collector.hits("ran", 2, DEADLINE).await?;
    ended_well(cx).await
}

async fn a_run_in_another_window_is_awaited(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&reporting(cx, "ran"), "").await?;
    goto(cx, app, "").await?;
    connected(cx, 1).await?;
    let tab = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&tab).await?;
    goto(cx, app, "").await?;
    connected(cx, 1).await?;
    cx.collector.hits("ran", 2, DEADLINE).await?;
    assert_eq!(cx.browser.eval("document.querySelector('#held').hidden").await?, true);
    Ok(())
}

async fn what_is_kept_is_bounded(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    goto(cx, app, "?run=no").await?;
    assert_held(cx, "You opened").await?;
    let fill = "for (let i = 0; i < 50; i++) {
          localStorage.setItem(`c2c run app${i}`, JSON.stringify({ end: 'hung', at: i === 7 ? 1 : 1000 + i }));
        }
        document.querySelector('#run-held').click();";
    cx.browser.run(fill, &[]).await?;
    connected(cx, 1).await?;
    let kept = "[Object.keys(localStorage).filter((key) => key.startsWith('c2c run ')).length, 'c2c run app7' in localStorage,
        'c2c run app8' in localStorage]";
    let kept = cx.browser.eval(kept).await?;
    assert!(kept[0].as_u64().is_some_and(|number| number <= 50), "{kept}");
    assert_eq!([&kept[1], &kept[2]], [&json!(false), &json!(true)], "the oldest is gone");
    Ok(())
}

async fn without_storage_the_code_runs(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    goto(cx, app, "?run=no").await?;
    assert_held(cx, "You opened").await?;
    let module = "return import('/console/runs.js').then(async ({ runsOf }) => {
        const runs = runsOf('app');
        runs.endBadly('hung');
        const kept = await runs.lastEnd();
        Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } });
        for (const call of ['running', 'ready', 'endWell']) runs[call]();
        runs.endBadly('hung');
        return [kept, await runs.lastEnd()];
      });";
    assert_eq!(cx.browser.run(module, &[]).await?, json!(["hung", null]));
    // Nor does text that others wrote there.
    for text in ["", "null", "7", "{}", "{\"end\":\"running\"}"] {
        cx.browser.reload().await?;
        let module = "const [text] = arguments;
            localStorage.setItem('c2c run app', text);
            return import('/console/runs.js').then(({ runsOf }) => runsOf('app').lastEnd());";
        let end = cx.browser.run(module, &[json!(text)]).await?;
        assert!(end.is_null() || end == "lost", "{text:?}: {end}");
    }
    Ok(())
}
