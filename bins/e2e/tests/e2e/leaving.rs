//! The visitor leaves the page at once, whatever custom code does then; and tags can still send
//! their last requests.
//!
//! The test measures the time from the page's own `location.href = …` to the request for the next
//! page, and to the first script of that page.

#![expect(clippy::print_stdout, reason = "figures")]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use c2c_harness::{Browser, Context as _, Cx, DEADLINE, Engine, Options, Result, Tests, Undriven};
use serde_json::json;

use crate::steps::widget_page_in;

/// Loops of the custom code while the page is being left.
pub(crate) const LOOPS: Tests = &[
    ("a_loop_at_the_end_keeps_no_visitor", &a_loop_at_the_end_keeps_no_visitor),
    (
        "a_loop_below_a_widget_on_top_keeps_no_visitor",
        &a_loop_below_a_widget_on_top_keeps_no_visitor,
    ),
];

/// Tests that compare no times. In Chromium the host itself does, whenever a page is being left: it
/// removes a frame that another program delays by more than 150 ms.
pub(crate) const TESTS: Tests = &[
    ("last_words_leave", &last_words_leave),
    ("a_page_that_stays_keeps_its_frame", &a_page_that_stays_keeps_its_frame),
];

/// Chromium alone also asks the frames inside the sandbox.
pub(crate) const PINS: Tests = &[
    ("a_loop_inside_is_cut_off", &a_loop_inside_is_cut_off),
    (
        "a_loop_inside_that_listens_to_the_end_has_half_a_second",
        &a_loop_inside_that_listens_to_the_end_has_half_a_second,
    ),
    ("without_a_driver_no_visitor_waits_longer", &without_a_driver_no_visitor_waits_longer),
];

/// Duration of custom code's loops, in milliseconds.
const LOOP_MS: f64 = 4000.0;
/// Longest additional time for leaving, compared with a page without custom code.
const MORE_MS: f64 = 300.0;
/// Other programs use the machine as well. A loop that blocks the page blocks it each time.
const ATTEMPTS: usize = 3;

const WORDS: [&str; 4] = ["beforeunload", "pagehide", "unload", "visibilitychange"];

/// `at(type, action)` listens for such events on their target.
const AT: &str =
    "const at = (type, action) => (type === 'visibilitychange' ? document : window).addEventListener(type, action);
     const loop = () => { const end = performance.now() + LOOP; while (performance.now() < end); };";

fn at() -> String {
    AT.replace("LOOP", &LOOP_MS.to_string())
}

/// Custom code that reports once the widget knows it: a page that is left before has nothing to ping.
fn custom_code(code: &str, loaded: &str) -> String {
    format!("<script>{}{code}; c2c.ready.then(() => fetch('{loaded}'));</script>", at())
}

/// Firefox with visitors' settings: it ends the process of a page that is gone.
fn as_visitors_have_it() -> Options {
    let ended = ("dom.abort_script_on_child_shutdown".to_owned(), true.into());
    Options { firefox_prefs: [ended].into(), ..Options::default() }
}

/// The place of the widget.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    InAParent,
    OnTop,
}

/// The times of leaving without custom code, in each engine and place.
type Usual = HashMap<(Engine, Place), [f64; 2]>;

/// Opens a page with the custom code, and returns a browser in which it runs.
async fn open(cx: &Cx, place: Place, code: &str) -> Result<Browser> {
    open_with(cx, &as_visitors_have_it(), place, code).await
}

async fn open_with(cx: &Cx, options: &Options, place: Place, code: &str) -> Result<Browser> {
    let app = cx.app().await?;
    let loaded = cx.collector.hit_url("loaded");
    app.publish("", &custom_code(code, &loaded)).await?;
    let url = match place {
        Place::InAParent => widget_page_in(cx, "", "").await?,
        Place::OnTop => app.widget_url(""),
    };
    let [before, inner] = ["loaded", "inner"].map(|name| cx.collector.count(name));
    let browser = cx.another_browser(options).await?;
    browser.goto(&url).await?;
    cx.collector.hits("loaded", before + 1, DEADLINE).await?;
    if code.contains("iframe") {
        cx.collector.hits("inner", inner + 1, DEADLINE).await?;
    }
    Ok(browser)
}

fn now_ms() -> Result<f64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("a clock after 1970")?;
    Ok(since.as_secs_f64() * 1000.0)
}

/// Returns the times from the leaving to the next page's request and to its first script, in
/// milliseconds. `start` makes the page leave for the URL that it gets, with the time added to it.
async fn leave_by(cx: &Cx, start: impl AsyncFnOnce(&str) -> Result<()>) -> Result<[f64; 2]> {
    let next = next_page(cx);
    let is_next = |request: &c2c_harness::Recorded| request.path == "/next";
    let [asked, seen] = [
        cx.collector.requests().iter().filter(|request| is_next(request)).count(),
        cx.collector.count("arrived"),
    ];
    start(&next).await?;
    let requests = cx.collector.wait_for(asked + 1, DEADLINE, is_next).await?;
    let requested = now_ms()?;
    let left = requests[asked].query.as_deref().unwrap_or_default();
    let left: f64 = left.parse().context("a time")?;
    let arrived: f64 = cx.collector.hits("arrived", seen + 1, DEADLINE).await?[seen]
        .text()
        .parse()
        .context("a time")?;
    Ok([requested - left, arrived - left])
}

fn next_page(cx: &Cx) -> String {
    let arrived = cx.collector.hit_url("arrived");
    let script = format!("<script>navigator.sendBeacon('{arrived}', Date.now())</script>next");
    cx.collector.page("/next", script, &[])
}

async fn leave(cx: &Cx, browser: &Browser) -> Result<[f64; 2]> {
    leave_by(cx, async |next| {
        let script =
            format!("setTimeout(() => {{ location.href = '{next}?' + Date.now(); }}, 50);");
        browser.run(&script, &[]).await.map(drop)
    })
    .await
}

/// Measures the same in a browser without a driver: the page leaves when a request is answered.
async fn leave_undriven(cx: &Cx, code: &str) -> Result<[f64; 2]> {
    let loaded = cx.collector.hit_url("loaded");
    cx.app().await?.publish("", &custom_code(code, &loaded)).await?;
    let (go, hold) = cx.collector.page_held("/go", "", &[]);
    let next = next_page(cx);
    let script =
        format!("fetch('{go}').then(() => {{ location.href = '{next}?' + Date.now(); }});");
    let page = widget_page_in(cx, "", &script).await?;
    let [before, inner] = ["loaded", "inner"].map(|name| cx.collector.count(name));
    let _browser = Undriven::open(&cx.collector, &page)?;
    cx.collector.hits("loaded", before + 1, DEADLINE).await?;
    if code.contains("iframe") {
        cx.collector.hits("inner", inner + 1, DEADLINE).await?;
    }
    leave_by(cx, async move |_| {
        drop(hold);
        Ok(())
    })
    .await
}

/// Measures leaving without custom code, once for each engine and place. It is the same page in the
/// same browser in each test that compares with it, and no part of it is that test's own.
async fn usual(cx: &Cx, place: Place) -> Result<[f64; 2]> {
    static KNOWN: LazyLock<Mutex<Usual>> = LazyLock::new(Mutex::default);
    let key = (cx.engine, place);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    if let Some(known) = known {
        return Ok(known);
    }
    let measured = least(async || {
        let browser = open(cx, place, "").await?;
        let usual = leave(cx, &browser).await?;
        browser.close().await?;
        Ok(usual)
    })
    .await?;
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, measured);
    Ok(measured)
}

/// The least of several measurements: other programs can only add to it.
async fn least(mut measure: impl AsyncFnMut() -> Result<[f64; 2]>) -> Result<[f64; 2]> {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ATTEMPTS {
        let found = measure().await?;
        least = [0, 1].map(|i| least[i].min(found[i]));
    }
    Ok(least)
}

/// Returns the additional time with the code: the best of several attempts, which end when one is
/// within the bound.
async fn measure(
    cx: &Cx,
    place: Place,
    usual: [f64; 2],
    code: &str,
    bound: f64,
) -> Result<[f64; 2]> {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ATTEMPTS {
        let browser = open(cx, place, code).await?;
        let found = leave(cx, &browser).await?;
        // Its driver may wait for the loop.
        drop(browser);
        best = [0, 1].map(|i| best[i].min(found[i] - usual[i]));
        if best[0] <= bound && best[1] <= bound {
            break;
        }
    }
    Ok(best)
}

async fn assert_loops_do_not_hold_the_page(cx: &Cx, place: Place, words: &[&str]) -> Result<()> {
    if cx.engine == Engine::WebKit {
        return assert_loops_hold_the_page(cx, place, words).await;
    }
    let usual = usual(cx, place).await?;
    for &word in words {
        let code = format!("at('{word}', loop);");
        let [request, arrival] = measure(cx, place, usual, &code, MORE_MS).await?;
        assert!(
            request <= MORE_MS && arrival <= MORE_MS,
            "{word}: {request} ms, {arrival} ms more"
        );
    }
    Ok(())
}

/// In `WebKit` all of it runs on the page's own thread: `beforeunload` before the request for the next
/// page, and the listeners for leaving a document before that page is shown. (`unload` reaches no
/// frame.) The loop's own duration is the only bound, so no usual time is measured.
async fn assert_loops_hold_the_page(cx: &Cx, place: Place, words: &[&str]) -> Result<()> {
    for &word in words {
        let browser = open(cx, place, &format!("at('{word}', loop);")).await?;
        let [request, arrival] = leave(cx, &browser).await?;
        drop(browser);
        let [holds_request, holds_arrival] = [word == "beforeunload", word != "unload"];
        assert_eq!(request >= LOOP_MS, holds_request, "{word}: requested after {request} ms");
        assert_eq!(arrival >= LOOP_MS, holds_arrival, "{word}: arrived after {arrival} ms");
    }
    Ok(())
}

async fn a_loop_at_the_end_keeps_no_visitor(cx: &Cx) -> Result<()> {
    assert_loops_do_not_hold_the_page(cx, Place::InAParent, &WORDS).await
}

async fn a_loop_below_a_widget_on_top_keeps_no_visitor(cx: &Cx) -> Result<()> {
    assert_loops_do_not_hold_the_page(cx, Place::OnTop, &WORDS[..2]).await
}

async fn last_words_leave(cx: &Cx) -> Result<()> {
    for (index, place) in [Place::InAParent, Place::OnTop].into_iter().enumerate() {
        let [beacon, fetch] = ["beacon", "fetch"].map(|way| cx.collector.hit_url(way));
        let code = format!(
            "for (const type of {words}) at(type, () => {{
               navigator.sendBeacon('{beacon}-' + type);
               fetch('{fetch}-' + type, {{ method: 'POST', keepalive: true }});
             }});",
            words = json!(WORDS),
        );
        // With its own setting, Firefox cuts off code that runs when it ends the frame's process,
        // and so sometimes these listeners.
        let browser = open_with(cx, &Options::default(), place, &code).await?;
        leave(cx, &browser).await?;
        for word in WORDS {
            // Firefox asks no sandboxed frame before it leaves; WebKit leaves without `unload`.
            let silent = matches!(
                (cx.engine, word),
                (Engine::Firefox, "beforeunload") | (Engine::WebKit, "unload")
            );
            if silent {
                continue;
            }
            for way in ["beacon", "fetch"] {
                cx.collector.hits(&format!("{way}-{word}"), index + 1, DEADLINE).await?;
            }
        }
        browser.close().await?;
    }
    let silent = match cx.engine {
        Engine::Chromium => return Ok(()),
        Engine::Firefox => "beforeunload",
        Engine::WebKit => "unload",
    };
    // Later messages on the same channels have arrived.
    assert_eq!(cx.collector.count(&format!("beacon-{silent}")), 0, "{silent}");
    Ok(())
}

async fn a_page_that_stays_keeps_its_frame(cx: &Cx) -> Result<()> {
    let alive = cx.collector.hit_url("alive");
    let code = format!(
        "c2c.on('call_started', () => fetch('{alive}'));
         addEventListener('beforeunload', () => {{}});"
    );
    let browser = open(cx, Place::InAParent, &code).await?;
    let download = cx.collector.page(
        "/download",
        "text",
        &[
            ("content-type", "application/octet-stream"),
            ("content-disposition", "attachment; filename=text.bin"),
        ],
    );
    browser.run("location.href = arguments[0];", &[json!(download)]).await?;
    cx.collector.wait_for(1, DEADLINE, |request| request.path == "/download").await?;
    // Longer than the interval at which the host asks the frame whether it runs.
    browser.run("return new Promise((resolve) => setTimeout(resolve, 1500));", &[]).await?;
    browser.enter_frame("#widget").await?;
    browser.click("#call").await?;
    cx.collector.hit("alive", DEADLINE).await?;
    assert_eq!(cx.collector.count("loaded"), 1, "the same frame");
    browser.close().await
}

/// Runs code in custom code's own frame, which the shim does not reach.
fn inside(cx: &Cx, code: &str) -> String {
    let runs = cx.collector.hit_url("inner");
    format!(
        "const inner = document.createElement('iframe');
         inner.srcdoc = {} + '</' + 'script>';
         document.body.append(inner);",
        json!(format!("<script>{}{code}; fetch('{runs}');", at())),
    )
}

async fn a_loop_inside_is_cut_off(cx: &Cx) -> Result<()> {
    let usual = usual(cx, Place::InAParent).await?;
    let [request, arrival] =
        measure(cx, Place::InAParent, usual, &inside(cx, "at('beforeunload', loop);"), MORE_MS)
            .await?;
    assert!(request <= MORE_MS && arrival <= MORE_MS, "{request} ms, {arrival} ms more");
    Ok(())
}

/// Chromium gives a removed frame half a second for its `pagehide`, and the page waits.
async fn a_loop_inside_that_listens_to_the_end_has_half_a_second(cx: &Cx) -> Result<()> {
    let code = inside(cx, "at('beforeunload', loop); at('pagehide', () => {});");
    let usual = usual(cx, Place::InAParent).await?;
    let [request, _] = measure(cx, Place::InAParent, usual, &code, 1000.0).await?;
    assert!((500.0..1000.0).contains(&request), "{request} ms more");
    Ok(())
}

/// Range around Chromium's own bound of half a second: minimum and maximum.
const BOUND_MS: [f64; 2] = [400.0, 800.0];

async fn without_a_driver_no_visitor_waits_longer(cx: &Cx) -> Result<()> {
    let runs = format!("fetch('{}');", cx.collector.hit_url("inner"));
    let elsewhere = format!("<script>{}at('beforeunload', loop); {runs}</script>", at());
    cx.collector.page("/elsewhere", elsewhere, &[]);
    // Of another site, and so in another process: the shim answers meanwhile.
    let elsewhere = format!(
        "const inner = document.createElement('iframe');
         inner.src = '{}';
         document.body.append(inner);",
        cx.collector.url_of("elsewhere.localhost", "/elsewhere"),
    );
    let own = "at('beforeunload', loop);".to_owned();
    let inside = inside(cx, &own);
    let both = format!("{own} at('pagehide', () => {{}});");
    // A frame without listeners is not asked.
    let busy = "const busy = () => {
          const end = performance.now() + 1000;
          while (performance.now() < end);
          setTimeout(busy, 1);
        };
        setTimeout(busy, 1);"
        .to_owned();
    let usual = least(async || leave_undriven(cx, "").await).await?;
    for (what, code, [least, most]) in [
        ("busy", busy, [f64::MIN, 100.0]),
        ("own", own, [100.0, MORE_MS]),
        ("inside", inside, [100.0, MORE_MS]),
        ("both", both, BOUND_MS),
        ("elsewhere", elsewhere, BOUND_MS),
    ] {
        let mut found = Vec::new();
        for _ in 0..ATTEMPTS {
            let [request, arrival] = leave_undriven(cx, &code).await?;
            found.push((request - usual[0]).max(arrival - usual[1]));
            if found.last().is_some_and(|more| *more <= most) {
                break;
            }
        }
        println!("{}: {what}: {found:.0?} ms more", cx.name);
        assert!(found.iter().any(|more| *more <= most), "{what}: {found:?} ms more");
        assert!(found.iter().all(|more| *more >= least), "{what}: {found:?} ms more");
    }
    Ok(())
}
