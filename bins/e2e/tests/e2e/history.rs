//! Custom code can add entries to the tab's history. Nothing prevents it; an integrator's page can
//! step over them.

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};

use crate::steps::widget_page_in;

pub(crate) const TESTS: Tests = &[
    ("pushed_states", &pushed_states),
    ("fragments", &fragments),
    ("documents_of_a_frame_inside", &documents_of_a_frame_inside),
    ("what_replaces_adds_none", &what_replaces_adds_none),
    ("a_page_steps_over_what_was_added", &a_page_steps_over_what_was_added),
];

/// Pushes one entry per task: of several in one task, `WebKit` forgets some on a busy machine.
const PUSH: &str = "history.pushState(i, ''); await wait()";
const HASH: &str = "location.hash = 'h' + i; await wait()";
/// A load that is requested in the page's `load` event replaces the previous entry, so there is a
/// task between.
const INSIDE: &str = "inner.src = '/favicon.ico?' + i; await new Promise((done) => { inner.onload = done; }); await wait()";

/// Opens a page, and from there one with the widget, whose custom code does `step` `times` times.
async fn visit(cx: &Cx, step: &str, times: usize) -> Result<()> {
    let [before, done] = ["before", "done"].map(|name| cx.collector.hit_url(name));
    // WebKit adds no entry while the page on top loads, which may end later than its frames.
    let any_origin = [("access-control-allow-origin", "*")];
    let (go, hold) = cx.collector.page_held("/go", "", &any_origin);
    let code = format!(
        "<script>
          const wait = () => new Promise((done) => setTimeout(done, 10));
          addEventListener('load', async () => {{
            await fetch('{go}');
            await wait();
            const inner = document.body.appendChild(document.createElement('iframe'));
            for (let i = 0; i < {times}; i++) {{ {step}; }}
            fetch('{done}');
          }});
        </script>"
    );
    cx.app().await?.publish("", &code).await?;
    let page = widget_page_in(cx, "", "window.lengthAtLoad = history.length;").await?;
    let script = format!("addEventListener('pageshow', () => navigator.sendBeacon('{before}'));");
    let first = cx.collector.page("/before", format!("<script>{script}</script>"), &[]);
    let seen = cx.collector.count("done");
    cx.browser.goto(&first).await?;
    cx.browser.goto(&page).await?;
    drop(hold);
    cx.collector.hits("done", seen + 1, 2 * DEADLINE).await?;
    Ok(())
}

/// Asserts the length of the tab's history after 60 such steps: `added` in the order of
/// [`Engine::ALL`], `None` where the history is full. A full one has forgotten what the visitor did
/// before.
async fn assert_adds(cx: &Cx, step: &str, added: [Option<usize>; 3]) -> Result<()> {
    visit(cx, step, 60).await?;
    let added = added[Engine::ALL.iter().position(|engine| *engine == cx.engine).unwrap_or(0)];
    let expected = match added {
        None => "history.length === 50".to_owned(),
        Some(added) => format!("history.length === lengthAtLoad + {added}"),
    };
    let found = cx.browser.wait_for(&expected, DEADLINE).await;
    let lengths = cx.browser.eval("[lengthAtLoad, history.length]").await?;
    assert!(found.is_ok(), "not {expected}: {lengths}");
    Ok(())
}

async fn pushed_states(cx: &Cx) -> Result<()> {
    assert_adds(cx, PUSH, [None, Some(0), Some(60)]).await
}

async fn fragments(cx: &Cx) -> Result<()> {
    assert_adds(cx, HASH, [None, Some(0), Some(60)]).await
}

/// The first document takes the place of the frame's empty one.
async fn documents_of_a_frame_inside(cx: &Cx) -> Result<()> {
    assert_adds(cx, INSIDE, [None, None, Some(59)]).await
}

/// The alternatives that add no entries.
async fn what_replaces_adds_none(cx: &Cx) -> Result<()> {
    let step = "history.replaceState(i, '');
        inner.contentWindow.location.replace('/favicon.ico?' + i);
        await new Promise((done) => { inner.onload = done; }); await wait()";
    visit(cx, step, 10).await?;
    let lengths = cx.browser.eval("[lengthAtLoad, history.length]").await?;
    assert_eq!(lengths[0], lengths[1]);
    Ok(())
}

async fn a_page_steps_over_what_was_added(cx: &Cx) -> Result<()> {
    visit(cx, PUSH, 20).await?;
    // WebKit's driver does not answer a command that is under way then.
    let leave = "setTimeout(() => history.go(lengthAtLoad - history.length - 1), 200)";
    let seen = cx.collector.count("before");
    cx.browser.run(leave, &[]).await?;
    cx.collector.hits("before", seen + 1, DEADLINE).await?;
    Ok(())
}
