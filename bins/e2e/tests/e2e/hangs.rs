//! A frame that hangs costs the page nothing but the frame.
//!
//! A frame that hangs can hang its driver: so the page is driven by its own timers and reports to
//! the collector.

use c2c_harness::{Cx, DEADLINE, Engine, Options, Result, Tests};
use serde_json::json;

use crate::steps::widget_page_in;

pub(crate) const TESTS: Tests =
    &[("a_hung_frame_is_reported_and_removed", &a_hung_frame_is_reported_and_removed)];

/// The harness lets Firefox wait for scripts of a page that is gone: this one would run forever.
fn as_visitors_have_it() -> Options {
    let ended = ("dom.abort_script_on_child_shutdown".to_owned(), true.into());
    Options { firefox_prefs: [ended].into(), ..Options::default() }
}

async fn a_hung_frame_is_reported_and_removed(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // The request is complete before the loop begins.
    let hanging = cx.collector.hit_url("hanging");
    let code = format!(
        "<script>c2c.on('hang', () => {{
           const request = new XMLHttpRequest();
           request.open('POST', '{hanging}', false);
           request.send();
           for (;;);
         }});</script>"
    );
    app.publish(&code, "").await?;
    let page = widget_page_in(cx, "", "addEventListener('message', ({ data }) => data.report && fetch('HIT', { method: 'POST', body: data.report }));").await?;
    let browser = cx.another_browser(&as_visitors_have_it()).await?;
    browser.goto(&page).await?;
    browser.enter_frame("#widget").await?;
    // The page counts the ticks of a timer for a while without the hang, then with it. Other load
    // on the machine takes some of both, so there are several attempts: a frozen page would have no
    // ticks in any.
    let script = "const [src] = arguments;
        import('/host.js').then(({ mount }) => {
          const limits = { heartbeat_ms: 2000, answer_ms: 1000 };
          const count = { ticks: 0, began: 0 };
          setInterval(() => (count.ticks += 1), 50);
          const begin = () => Object.assign(count, { ticks: 0, began: performance.now() });
          const rate = () => count.ticks / (performance.now() - count.began);
          let usual = 0;
          // The page's own frame, in the same process, may hang until it is removed, too.
          const container = document.body.appendChild(document.createElement('div'));
          const bridge = mount({ events: [], src, limits, container, onState({ status, reason }) {
            if (status === 'connecting') return;
            if (status === 'ready') {
              begin();
              setTimeout(() => { usual = rate(); begin(); bridge.emit('hang', {}); }, 2000);
            } else {
              const after = performance.now() - count.began;
              setTimeout(() => {
                const share = rate() / usual;
                const frames = container.childElementCount;
                if (share < 0.9 && bridge.restart()) return;
                parent.postMessage({ report: JSON.stringify({ reason, after, share, frames }) }, '*');
              }, 1000);
            }
          } });
        });";
    browser.run(script, &[json!(app.sandbox_url())]).await?;
    cx.collector.hit("hanging", DEADLINE).await?;
    if browser.engine() == Engine::WebKit {
        // It has no processes for frames: nothing of the page runs, and no report can come.
        let report = cx.collector.hit("report", DEADLINE).await;
        assert!(report.is_err(), "WebKit has learnt to go on: {report:?}");
        drop(browser);
        return Ok(());
    }
    let report = cx.collector.hit("report", 4 * DEADLINE).await?.json()?;
    assert_eq!((&report["reason"], &report["frames"]), (&json!("hung"), &json!(0)), "{report}");
    let after = report["after"].as_f64();
    assert!(after.is_some_and(|ms| ms <= 4000.0), "within twice the heartbeat: {report}");
    assert!(report["share"].as_f64() >= Some(0.9), "of the usual ticks: {report}");
    browser.close().await
}
