//! The visitor never waits for custom code: a frame that keeps the pages above it from their own
//! tasks is removed, whatever channel it uses.
//!
//! Both pages count the ticks of a timer. They report to the collector directly, because a driver
//! waits for a page that is stalled.

#![expect(
    clippy::print_stdout,
    reason = "how long a page takes to recover is a figure, and no test"
)]

use std::time::Duration;

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{enter_widget, mount, widget_page_in};

pub(crate) const TESTS: Tests = &[
    ("a_name_that_changes_without_end", &a_name_that_changes_without_end),
    ("names_of_frames_inside", &names_of_frames_inside),
    ("focus_that_goes_to_and_fro", &focus_that_goes_to_and_fro),
    ("focus_from_frames_inside", &focus_from_frames_inside),
    ("few_huge_messages", &few_huge_messages),
    ("a_page_that_is_busy_keeps_its_frame", &a_page_that_is_busy_keeps_its_frame),
    ("a_busy_page_excuses_stray_messages", &a_busy_page_excuses_stray_messages),
];

/// Tests that measure no time, so others may run beside them.
pub(crate) const UNTIMED: Tests = &[
    ("a_clock_that_jumps_costs_no_frame", &a_clock_that_jumps_costs_no_frame),
    ("a_page_may_have_a_scheduler_of_its_own", &a_page_may_have_a_scheduler_of_its_own),
];

/// Tests for engines in which the attacks stall a page.
pub(crate) const CONTROLS: Tests = &[("the_guard_is_what_helps", &the_guard_is_what_helps)];

/// Time for which the ticks are counted, from a second after an attack began, in milliseconds.
const COUNTED_MS: u32 = 4000;
/// The share of the usual ticks that a page must keep.
const KEPT: f64 = 0.9;
/// When both pages must have recovered from a flood of `focus()`: before the host makes another
/// frame. Unhindered, the attack would go on.
const FOCUS: Duration = Duration::from_secs(5);
/// The same for changes of `window.name`, of which Chromium queues more.
const NAMES: Duration = Duration::from_secs(20);
/// Other programs use the machine as well. An attack that takes the ticks takes them each time.
const ATTEMPTS: usize = 3;

/// In a page: `report(from, more)` returns the share of the usual ticks.
const COUNTING: &str = "
    const ticks = [];
    setInterval(() => ticks.push(performance.now()), 10);
    const between = (from, to) => ticks.filter((tick) => tick >= from && tick < to).length / (to - from);
    const share = (began) => between(began + 1000, began + 1000 + COUNTED) / between(began - 1000, began);
    const report = (began, more) => new Promise((resolve) => setTimeout(
      () => resolve(JSON.stringify({ share: share(began), ...more() })),
      began + 1100 + COUNTED - performance.now()));
    /* How long after `began` two seconds began that were as usual, in milliseconds. */
    const recovered = (began) => new Promise((resolve) => {
      const usual = between(began - 1000, began);
      const timer = setInterval(() => {
        const now = performance.now();
        if (between(now - 2000, now) < 0.9 * usual) return;
        clearInterval(timer);
        resolve(String(Math.round(now - 2000 - began)));
      }, 250);
    });";

fn counting() -> String {
    COUNTING.replace("COUNTED", &COUNTED_MS.to_string())
}

/// In the frame: `attack(turn)` calls `turn` in one task after the other, for `END` milliseconds.
const ATTACK: &str = "
    const attack = (turn) => {
      const end = performance.now() + END;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { turn(); if (performance.now() < end) port2.postMessage(0); };
      port2.postMessage(0);
    };
    /* Frames inside, each of which runs this text. */
    const inside = (text) => {
      for (let i = 0; i < 5; i++) {
        const frame = document.createElement('iframe');
        frame.srcdoc = `<script>const attack = ${attack}; ${text}</` + 'script>';
        document.body.append(frame);
      }
    };
    let n = 0;";

/// Returns the reports of the two pages after the custom code has attacked with `script` for five
/// seconds.
async fn reports(cx: &Cx, attempt: usize, script: &str, limits: &str) -> Result<[Value; 2]> {
    // Firefox's own process is so busy then that no request leaves before it has finished its
    // tasks: the reports of the meanwhile counted ticks come up to half a minute after the attack.
    let end = if cx.engine == Engine::Chromium { "Infinity" } else { "5500" };
    let attack = ATTACK.replace("END", end);
    let code =
        format!("<script>{attack} c2c.on('attack', () => {{ {script} }});</script><p>text</p>");
    let app = cx.app().await?;
    app.publish("", &code).await?;
    // The widget page may contact no host but its own, so its parent reports for it.
    let parent = format!(
        "{counting} const tell = (whose) => (body) => fetch('HIT-' + whose, {{ method: 'POST', body }});
         addEventListener('message', ({{ data }}) => {{
           if (data === 'attack') {{
             window.began = performance.now();
             report(began, () => ({{}})).then(tell('parent'));
           }}
           if (data.recovered) tell('recovered')(data.recovered);
           if (data.ended) recovered(began).then(tell('recovered'));
           if (data.widget) tell('widget')(data.widget);
           if (data.ended) tell('ended')(data.ended);
         }});",
        counting = counting(),
    );
    cx.browser.goto(&widget_page_in(cx, "", &parent).await?).await?;
    enter_widget(cx).await?;
    let widget = format!(
        "const [src] = arguments;
         {counting}
         import('/host.js').then(({{ mount }}) => {{
           const container = document.body.appendChild(document.createElement('div'));
           let begun = 0;
           const bridge = mount({{ events: [], src, container, limits: {{ {limits} }}, onState({{ status, reason }}) {{
             if (begun && reason) {{
               parent.postMessage({{ ended: reason }}, '*');
               recovered(begun).then((recovered) => parent.postMessage({{ recovered }}, '*'));
             }}
             if (status !== 'ready' || begun) return;
             begun = 1;
             setTimeout(() => {{
               begun = performance.now();
               parent.postMessage('attack', '*');
               bridge.emit('attack', {{}});
               report(begun, () => ({{ state: bridge.state, frames: container.childElementCount }}))
                 .then((widget) => parent.postMessage({{ widget }}, '*'));
             }}, 1200);
           }} }});
         }});",
        counting = counting(),
    );
    cx.browser.run(&widget, &[json!(app.sandbox_url())]).await?;
    let widget = cx.collector.hits("report-widget", attempt, 5 * DEADLINE).await?;
    let parent = cx.collector.hits("report-parent", attempt, 5 * DEADLINE).await?;
    Ok([parent[attempt - 1].json()?, widget[attempt - 1].json()?])
}

fn share(report: &Value) -> f64 {
    report["share"].as_f64().unwrap_or_default()
}

/// Asserts that both pages keep their ticks.
async fn assert_unfelt(cx: &Cx, script: &str) -> Result<()> {
    let mut found = Vec::new();
    for attempt in 1..=ATTEMPTS {
        let pages = reports(cx, attempt, script, "").await?;
        if pages.iter().all(|page| share(page) >= KEPT) {
            return Ok(());
        }
        found.push(pages);
    }
    panic!("too few ticks in each attempt: {}", json!(found));
}

/// Asserts that the frame is removed, and that both pages recover from what Chromium has queued by
/// then, at a time `within` reach: how soon depends on how fast the machine queues and how fast it
/// handles what is queued. Other engines' pages keep their ticks.
async fn assert_ended(cx: &Cx, script: &str, within: Duration) -> Result<()> {
    if cx.engine != Engine::Chromium {
        return assert_unfelt(cx, script).await;
    }
    let [_, widget] = reports(cx, 1, script, "").await?;
    assert_eq!(widget["state"]["reason"], "stalled", "{widget}");
    assert_eq!(widget["frames"], 0, "{widget}");
    for recovered in cx.collector.hits("report-recovered", 2, 2 * DEADLINE).await? {
        let after = Duration::from_millis(recovered.json()?.as_u64().unwrap_or(u64::MAX));
        println!("{}: as usual {after:?} after the attack began", cx.name);
        assert!(after <= within, "{after:?}");
    }
    Ok(())
}

async fn a_name_that_changes_without_end(cx: &Cx) -> Result<()> {
    let script = "attack(() => { for (let i = 0; i < 2000; i++) window.name = 'x' + n++; });";
    assert_ended(cx, script, NAMES).await
}

async fn names_of_frames_inside(cx: &Cx) -> Result<()> {
    let script = "inside(`let n = 0;
        attack(() => { for (let i = 0; i < 500; i++) window.name = 'x' + n++; });`);";
    assert_ended(cx, script, NAMES).await
}

async fn focus_that_goes_to_and_fro(cx: &Cx) -> Result<()> {
    let script =
        "attack(() => { for (let i = 0; i < 200; i++) { parent.focus(); top.focus(); } });";
    assert_ended(cx, script, FOCUS).await
}

async fn focus_from_frames_inside(cx: &Cx) -> Result<()> {
    let script = "inside(`
        attack(() => { for (let i = 0; i < 50; i++) { parent.parent.focus(); top.focus(); } });`);";
    assert_ended(cx, script, FOCUS).await
}

/// Fewer messages than may come at once if they took no time. Each takes the page a tenth of a
/// second or more, so the page has lost some time when enough have come; but the frame is gone.
async fn few_huge_messages(cx: &Cx) -> Result<()> {
    let script = "const huge = new Uint8Array(64 << 20);
        attack(() => { if (n++ < 20) parent.postMessage(huge, '*'); });";
    reports(cx, 1, script, "").await?;
    let ended = cx.collector.hit("report-ended", 2 * DEADLINE).await?.body;
    assert!(ended == "flooded" || ended == "stalled", "{ended:?}");
    Ok(())
}

/// Without the guard both pages stall: the attack is effective.
async fn the_guard_is_what_helps(cx: &Cx) -> Result<()> {
    let script = "const end = performance.now() + 5000;
        attack(() => {
          for (let i = 0; i < 200 && performance.now() < end; i++) { parent.focus(); top.focus(); }
        });";
    let [parent, widget] = reports(cx, 1, script, "starved_max: 1e9").await?;
    assert_eq!((&widget["state"]["status"], &widget["frames"]), (&json!("ready"), &json!(1)));
    assert!(share(&parent) < 0.5 && share(&widget) < 0.5, "{parent} {widget}");
    Ok(())
}

/// The page's own work, for three seconds or more.
const WORK: [(&str, &str); 4] = [
    ("one task", "work(3000); done();"),
    (
        "many tasks",
        "let n = 0; const turn = () => { work(50); if (++n < 60) setTimeout(turn); else done(); }; turn();",
    ),
    (
        "many messages",
        "let n = 0; const { port1, port2 } = new MessageChannel();
         port1.onmessage = () => { work(5); if (++n < 600) port2.postMessage(0); else done(); };
         port2.postMessage(0);",
    ),
    (
        "a timer that is always due",
        "let n = 0; const timer = setInterval(() => { work(65); if (++n === 80) { clearInterval(timer); done(); } }, 0);",
    ),
];

async fn a_page_that_is_busy_keeps_its_frame(cx: &Cx) -> Result<()> {
    let code = format!("<script>fetch('{}')</script>", cx.collector.hit_url("loaded"));
    cx.app().await?.publish(&code, "").await?;
    for (i, (what, script)) in WORK.iter().enumerate() {
        mount(cx, "onState: ({ reason }) => (window.reasons ??= []).push(reason)").await?;
        cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
        let script = format!(
            "const work = (ms) => {{ const end = performance.now() + ms; while (performance.now() < end); }};
             return new Promise((done) => {{ {script} }}).then(() => new Promise((resolve) => setTimeout(resolve, 500)));"
        );
        cx.browser.run(&script, &[]).await?;
        let state = cx.browser.eval("[bridge.state.status, ...reasons]").await?;
        assert_eq!(state, json!(["ready", null]), "{what}: ready, and no more");
        // The widget's own mount, and this one's.
        cx.collector.hits("loaded", 2 * (i + 1), DEADLINE).await?;
    }
    assert_eq!(cx.collector.count("loaded"), 2 * WORK.len(), "none was loaded again");
    Ok(())
}

/// Every tick is late, and the frame sends one message in each of five gaps between ticks: the
/// messages are not the cause. (`few_huge_messages` tests the opposite.)
async fn a_busy_page_excuses_stray_messages(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>
        let n = 0;
        c2c.on('busy', () => {{
          const timer = setInterval(() => {{
            parent.postMessage('stray', '*');
            if (++n < 5) return;
            clearInterval(timer);
            fetch('{}');
          }}, 300);
        }});</script>",
        cx.collector.hit_url("sent")
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "onState: ({ reason }) => (window.reasons ??= []).push(reason)").await?;
    cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
    let busy = "window.strays = 0;
        addEventListener('message', ({ data }) => (window.strays += data === 'stray'));
        const work = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
        window.busy = setInterval(() => work(130), 160);
        setTimeout(() => bridge.emit('busy', {}), 2000);";
    cx.browser.run(busy, &[]).await?;
    cx.collector.hit("sent", DEADLINE).await?;
    cx.browser.wait_for("strays === 5 || reasons.length > 1", DEADLINE).await?;
    let found =
        cx.browser.eval("clearInterval(busy), [strays, bridge.state.status, ...reasons]").await?;
    assert_eq!(found, json!([5, "ready", null]), "ready, and no more");
    Ok(())
}

async fn a_page_may_have_a_scheduler_of_its_own(cx: &Cx) -> Result<()> {
    cx.app().await?.publish("", "").await?;
    let options = "...(addEventListener('error', ({ message }) => (window.failed = message)), window.scheduler = {}, {})";
    mount(cx, options).await?;
    cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
    assert_eq!(cx.browser.eval("window.failed ?? null").await?, json!(null));
    Ok(())
}

/// Like at a breakpoint, or after the computer slept.
async fn a_clock_that_jumps_costs_no_frame(cx: &Cx) -> Result<()> {
    cx.app().await?.publish("", "").await?;
    mount(cx, "").await?;
    cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
    let script = "const now = performance.now.bind(performance);
        performance.now = () => now() + 600000;
        return new Promise((resolve) => setTimeout(() => resolve(bridge.state.status), 2000));";
    assert_eq!(cx.browser.run(script, &[]).await?, "ready");
    Ok(())
}
