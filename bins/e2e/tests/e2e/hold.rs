//! Events wait for the document: early events reach a handler in the last script.

use c2c_bridge::{Diagnostics, Shim};
use c2c_harness::{Cx, DEADLINE, Result, Tests};
use c2c_names::BridgeLimits;
use serde_json::json;

use crate::steps::{Stage, said, say, told};

pub(crate) const TESTS: Tests = &[
    ("a_script_of_four_seconds_loses_no_event", &a_script_of_four_seconds_loses_no_event),
    ("a_deferred_script_hears_the_first_event", &a_deferred_script_hears_the_first_event),
    (
        "a_listener_of_the_parsed_document_hears_the_first_event",
        &a_listener_of_the_parsed_document_hears_the_first_event,
    ),
    ("a_script_that_does_not_come_is_named", &a_script_that_does_not_come_is_named),
    ("without_such_a_script_it_is_the_document", &without_such_a_script_it_is_the_document),
    ("a_cut_off_keeps_events_for_later_handlers", &a_cut_off_keeps_events_for_later_handlers),
];

const SHIM: Shim = Shim { jar: false, diagnostics: Diagnostics::Errors };
const SCRIPT: [(&str, &str); 1] = [("content-type", "text/javascript")];

/// Emits before there is a frame, and then makes it send a fence after that event.
const EMITTING: &str = "
    const fence = () => document.querySelector('iframe').contentWindow.postMessage('fence', '*');
    const onState = ({ status }) => {
      if (status === 'ready') fence();
    };
    /* The frame asks for another event and fence. */
    const onCustomEvent = () => {
      bridge.emit('later', {});
      fence();
    };
    const bridge = mount({ events: [], src, onState, onCustomEvent, limits: { heartbeat_ms: 300 }, diagnostics: diagnosticsTo((diagnostic) => {
      if (diagnostic.type === 'cut_off') tell(diagnostic);
    }) });
    bridge.emit('first', {});";

/// Opens a document that waits for a script, which is released when `fence`, a function body, has
/// run after the first event; then the last snippet must report that event's name.
async fn hears_first(cx: &Cx, attributes: &str, fence: &str, last: &str) -> Result<()> {
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &SCRIPT);
    let url = cx.collector.hit_url("fence");
    let head = format!(
        "<script>{} addEventListener('message', () => {{ {fence}; fetch('{url}'); }});</script>",
        say(cx)
    );
    let body_end = format!("<script {attributes} src='{slow}'></script>{last}");
    let hold_ms = BridgeLimits::default().hold_ms_max;
    let stage =
        Stage { shim: SHIM.text(), hold_ms, head: &head, body_end: &body_end, widget: EMITTING };
    stage.open(cx).await?;
    cx.collector.hit("fence", DEADLINE).await?;
    drop(hold);
    assert_eq!(said(cx).await?, "first");
    Ok(())
}

async fn a_script_of_four_seconds_loses_no_event(cx: &Cx) -> Result<()> {
    let busy = "while (performance.now() < 4000);";
    let last = "<script>c2c.on('first', (_, meta) => say(meta.name));</script>";
    hears_first(cx, "", busy, last).await
}

/// The document is parsed long before the script arrives.
async fn a_deferred_script_hears_the_first_event(cx: &Cx) -> Result<()> {
    let code = "c2c.on('first', (_, meta) => say(meta.name));";
    let last =
        format!("<script defer src='{}'></script>", cx.collector.page("/last.js", code, &SCRIPT));
    // An event that finds the document parsed must not end the waiting.
    let parsed = "if (document.readyState === 'loading') {
        return document.addEventListener('readystatechange', () => c2c.emit('parsed'), { once: true });
    }";
    hears_first(cx, "defer", parsed, &last).await
}

async fn a_listener_of_the_parsed_document_hears_the_first_event(cx: &Cx) -> Result<()> {
    let last = "<script>document.addEventListener('DOMContentLoaded', () => c2c.on('first', (_, meta) => say(meta.name)));</script>";
    hears_first(cx, "", "", last).await
}

/// Returns the diagnostic about a document that begins like this and is never released. Its custom
/// code has cleared every timer. (Scripts that do arrive have two seconds to do so.)
async fn cut_off(cx: &Cx, head: &str) -> Result<serde_json::Value> {
    let clear = "<script>let i = setTimeout(() => {}); while (i) clearTimeout(i--);</script>";
    let head = format!("{clear}{head}");
    let body_end = "<script>0</script>";
    let stage = Stage { shim: SHIM.text(), hold_ms: 2000, head: &head, body_end, widget: EMITTING };
    stage.open(cx).await?;
    told(cx).await
}

async fn a_script_that_does_not_come_is_named(cx: &Cx) -> Result<()> {
    let there = cx.collector.page("/there.js", "0", &SCRIPT);
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &SCRIPT);
    // One that was added later, behind the slow one, and has arrived.
    let head = format!(
        "<script src='{there}?0'></script>
         <script>addEventListener('message', () => document.documentElement.appendChild(document.createElement('script')).src = '{there}?1');</script>
         <script src='{slow}?visitor=7#part'></script>"
    );
    let found = cut_off(cx, &head).await?;
    drop(hold);
    assert_eq!(found, json!({"type": "cut_off", "source": slow}));
    Ok(())
}

async fn without_such_a_script_it_is_the_document(cx: &Cx) -> Result<()> {
    let there = cx.collector.page("/there.js", "0", &SCRIPT);
    let (slow, hold) = cx.collector.page_held("/slow.css", "", &[("content-type", "text/css")]);
    let head = format!("<script src='{there}'></script><link rel=stylesheet href='{slow}'>");
    let found = cut_off(cx, &head).await?;
    drop(hold);
    assert_eq!(found, json!({"type": "cut_off", "source": null}));
    Ok(())
}

async fn a_cut_off_keeps_events_for_later_handlers(cx: &Cx) -> Result<()> {
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &SCRIPT);
    let head = format!("<script>{}</script><script src='{slow}'></script>", say(cx));
    let body_end = "<script>
        const late = [];
        c2c.on('tick', () => late.push('too late'));
        c2c.on('tick', ({ n }) => late.push(n), { replay: true });
        say(late);</script>";
    let widget = format!("{EMITTING} for (let n = 0; n < 200; n++) bridge.emit('tick', {{ n }});");
    let stage = Stage { shim: SHIM.text(), hold_ms: 300, head: &head, body_end, widget: &widget };
    stage.open(cx).await?;
    assert_eq!(told(cx).await?["type"], "cut_off");
    drop(hold);
    assert_eq!(said(cx).await?, json!((0..200).collect::<Vec<_>>()));
    Ok(())
}
