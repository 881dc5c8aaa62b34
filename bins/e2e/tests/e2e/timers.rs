//! Custom code can clear every timer of its document by its number. The shim's delayed work does
//! not depend on them. (Held events: `hold.rs`.)

use c2c_bridge::{Diagnostics, Shim};
use c2c_harness::{Cx, Result, Tests};
use serde_json::json;

use crate::steps::{Stage, told};

pub(crate) const TESTS: Tests = &[
    ("cleared_timers_stop_no_jar", &cleared_timers_stop_no_jar),
    ("cleared_timers_stop_no_count", &cleared_timers_stop_no_count),
];

/// `clearAll()`, and `inTasks(count, action)`, which runs an action in `count` tasks, and clears
/// all timers after each.
const CLEARING: &str = "
    const clearAll = () => { let i = setTimeout(() => {}); while (i) clearTimeout(i--); };
    const inTasks = (count, action) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        clearAll();
        if (count-- > 0) { action(count); port2.postMessage(null); }
      };
      port2.postMessage(null);
    };";

/// Runs code in a frame, and returns the widget's report about it.
async fn run(cx: &Cx, code: &str, widget: &str) -> Result<serde_json::Value> {
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors };
    let head = format!("<script>{CLEARING}{code}</script>");
    let stage = Stage { shim: shim.text(), hold_ms: 15_000, head: &head, body_end: "", widget };
    stage.open(cx).await?;
    told(cx).await
}

/// The control: the code's own timer does not fire.
const OWN: &str = "setTimeout(() => c2c.emit('own_timer', {})); clearAll();";

async fn cleared_timers_stop_no_jar(cx: &Cx) -> Result<()> {
    let code = format!("{OWN} inTasks(50, (n) => {{ localStorage.n = n; }});");
    let widget = "
        localStorage.clear();
        const custom = [];
        mount({
          events: [],
          src, app: 'demo', jar: keptJar, limits: { heartbeat_ms: 300 },
          onCustomEvent: ({ name }) => custom.push(name),
        });
        const timer = setInterval(() => {
          const [text] = Object.values(localStorage);
          if (!text || JSON.parse(text)[0] !== '0') return;
          clearInterval(timer);
          tell(custom);
        }, 20);";
    assert_eq!(run(cx, &code, widget).await?, json!([]));
    Ok(())
}

async fn cleared_timers_stop_no_count(cx: &Cx) -> Result<()> {
    let code =
        format!("{OWN} inTasks(10, () => {{ for (let i = 0; i < 10; i++) c2c.emit('', {{}}); }});");
    let widget = "
        const custom = [];
        let told = 0;
        mount({
          events: [],
          src, limits: { heartbeat_ms: 300 },
          onCustomEvent: ({ name }) => custom.push(name),
          diagnostics: diagnosticsTo(({ type, count }) => {
            told += type === 'refused' ? 1 : type === 'dropped' ? count : 0;
            if (told === 100) tell(custom);
          }),
        });";
    assert_eq!(run(cx, &code, widget).await?, json!([]));
    Ok(())
}
