//! A frame cannot abuse diagnostics: a page of the collector mounts a document of the collector
//! that plays the shim's part itself.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

use crate::diagnostics::NOTE;

pub(crate) const TESTS: Tests = &[
    ("a_hostile_frame_is_read_with_care", &a_hostile_frame_is_read_with_care),
    ("a_hostile_frame_cannot_forge_deliveries", &a_hostile_frame_cannot_forge_deliveries),
    ("a_frame_that_never_reports_fills_no_memory", &a_frame_that_never_reports_fills_no_memory),
    ("a_flood_from_a_hostile_frame_ends_it", &a_flood_from_a_hostile_frame_ends_it),
    ("a_callback_may_end_the_bridge", &a_callback_may_end_the_bridge),
];

/// Says hello, and posts the messages that the widget requests.
const HOSTILE: &str = "<script>
    const channel = new MessageChannel();
    const port = channel.port1;
    port.onmessage = ({ data }) => {
      const events = JSON.parse(data);
      if (Array.isArray(events)) for (const { data: { messages } } of events) for (const message of messages) port.postMessage(message);
    };
    const nonce = location.hash.slice(1);
    parent.postMessage({ c2c: 1, type: 'hello', nonce }, JSON.parse(name).origin, [channel.port2]);
    </script>";

/// Mounts the hostile document, as `window.bridge`, with the given options. Its floods also delay
/// the page's own tasks; `stalls.rs` tests how that ends. It answers no ping, so it gets none.
async fn mount_hostile(cx: &Cx, options: &str) -> Result<()> {
    let frame = cx.collector.page("/hostile", HOSTILE, &[]);
    cx.browser.goto(&cx.collector.page("/mounts", "<body>", &[])).await?;
    let host = format!("{}/host.js", cx.server().await?.widget);
    let script = format!(
        "const [host, diagnostics, src] = arguments;
         window.diagnostics = [];
         return Promise.all([import(host), import(diagnostics)]).then(([{{ mount }}, {{ diagnosticsTo }}]) => {{
           window.bridge = mount({{ events: [], src, limits: {{ starved_max: 1e9, heartbeat_ms: 1e9 }}, {options} }});
         }});"
    );
    let diagnostics = host.replace("host.js", "diagnostics.js");
    cx.browser.run(&script, &[json!(host), json!(diagnostics), json!(frame)]).await?;
    cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
    Ok(())
}

/// Makes the hostile document post each of `messages`, `times` over.
async fn post(cx: &Cx, messages: &Value, times: usize) -> Result<()> {
    let script = "const [messages, times] = arguments;
        bridge.emit('post', { messages: Array.from({ length: times }, () => messages).flat() });";
    cx.browser.run(script, &[messages.clone(), json!(times)]).await?;
    Ok(())
}

fn refused(name: &str) -> Value {
    json!({"type": "refused", "name": name, "reason": "r"})
}

async fn a_hostile_frame_is_read_with_care(cx: &Cx) -> Result<()> {
    mount_hostile(cx, NOTE).await?;
    let fine = json!({
        "type": "error", "kind": "script", "message": "Uncaught Error: m",
        "source": "https://user:secret@site.example/path/file.js?visitor=7#part", "line": 3, "column": 0, "stack": "",
    });
    let with = |field: &str, value: Value| {
        let mut message = fine.clone();
        message[field] = value;
        message
    };
    let long = "x".repeat(1025);
    let stack = |text: &str| with("stack", json!(text));
    let garbage = [
        json!({"type": "error"}),
        with("kind", json!("other")),
        with("kind", json!(["script"])),
        with("message", json!(null)),
        with("message", json!(long)),
        with("source", json!(null)),
        with("source", json!(long)),
        with("stack", json!(long)),
        with("stack", json!({"length": 1})),
        with("line", json!("3")),
        with("line", json!(-1)),
        with("line", json!(1.5)),
        with("column", json!(3_000_000_000_u64)),
        json!({"type": "refused", "name": "n", "reason": {}}),
        json!({"type": "refused", "name": 7, "reason": "r"}),
        json!({"type": "refused", "name": long, "reason": "r"}),
        json!({"type": "dropped", "count": 0}),
        json!({"type": "dropped", "count": 3_000_000_000_u64}),
        json!({"type": "dropped"}),
        json!({"type": ["error"]}),
    ];
    // The host tolerates up to 100 of them.
    assert_eq!(garbage.len(), 20);
    post(cx, &json!(garbage), 5).await?;
    let placed = |text: &str| {
        let mut message = stack(text);
        message["source"] = json!("");
        message
    };
    let read = [
        fine.clone(),
        with("source", json!("blob:https://site.example/1-2-3")),
        with("source", json!("data:text/javascript,secret")),
        with("source", json!("no url")),
        with("kind", json!("rejection")),
        with("line", json!(0)),
        placed(
            "Error: m\n    at f (https://site.example/a.js?visitor=7:12:34)\n    at https://site.example/b.js:5:6",
        ),
        placed("f@https://site.example/a.js#part:12:34\n@https://site.example/b.js:5:6"),
        placed(
            "TypeError: see https://site.example/a.js:1:2\n    at async https://site.example/b.js:5:6",
        ),
        placed("no stack"),
        json!({"type": "dropped", "count": 7, "more": "left"}),
        refused("last"),
    ];
    post(cx, &json!(read), 1).await?;
    cx.browser.wait_for("diagnostics.some(({ name }) => name === 'last')", DEADLINE).await?;
    let at = |kind: &str, source: Value, line: Value, column: Value| {
        json!({
            "type": "error", "kind": kind, "message": "Error: m",
            "source": source, "line": line, "column": column, "callers": [],
        })
    };
    let called_from_b = |mut error: Value| {
        error["callers"] = json!([{"source": "https://site.example/b.js", "line": 5, "column": 6}]);
        error
    };
    let bare = json!("https://site.example/path/file.js");
    let expected = json!([
        at("script", bare.clone(), json!(3), json!(null)),
        at("script", json!("blob:"), json!(3), json!(null)),
        at("script", json!("data:"), json!(3), json!(null)),
        at("script", json!(null), json!(3), json!(null)),
        at("rejection", bare.clone(), json!(3), json!(null)),
        at("script", bare, json!(null), json!(null)),
        called_from_b(at("script", json!("https://site.example/a.js"), json!(12), json!(34))),
        called_from_b(at("script", json!("https://site.example/a.js"), json!(12), json!(34))),
        at("script", json!("https://site.example/b.js"), json!(5), json!(6)),
        at("script", json!(null), json!(null), json!(null)),
        {"type": "dropped", "count": 7},
        refused("last"),
    ]);
    assert_eq!(cx.browser.eval("diagnostics").await?, expected);
    assert_eq!(cx.browser.eval("bridge.state.status").await?, "ready");
    // One more than allowed.
    post(cx, &json!(garbage[..1]), 1).await?;
    cx.browser.wait_for("bridge.state.status === 'failed'", DEADLINE).await?;
    assert_eq!(
        cx.browser.eval("bridge.state").await?,
        json!({"status": "failed", "reason": "closed"})
    );
    Ok(())
}

async fn a_hostile_frame_cannot_forge_deliveries(cx: &Cx) -> Result<()> {
    mount_hostile(cx, NOTE).await?;
    let report = |seq: Value, handlers: Value| json!({"type": "delivered", "seq": seq, "name": "forged", "handlers": handlers});
    // Its own request is event 0, the next one is event 1; there is no event 2.
    let first = json!([
        report(json!(2), json!(1)),
        report(json!("0"), json!(1)),
        report(json!(null), json!(1)),
        report(json!(0), json!(-1)),
        report(json!(0), json!(1.5)),
        report(json!(0), json!("1")),
        report(json!(0), json!(1_000_001)),
        report(json!(0), json!(3)),
        report(json!(0), json!(3)),
        refused("first"),
    ]);
    post(cx, &first, 1).await?;
    cx.browser.wait_for("diagnostics.some(({ name }) => name === 'first')", DEADLINE).await?;
    let delivered = json!({"type": "delivered", "seq": 0, "name": "post", "handlers": 3});
    assert_eq!(cx.browser.eval("diagnostics").await?, json!([delivered, refused("first")]));
    // Eight pieces of garbage so far: repeated reports add up to more than the frame may send.
    post(cx, &json!([report(json!(1), json!(0))]), 1 + 92).await?;
    post(cx, &json!([refused("second")]), 1).await?;
    cx.browser.wait_for("diagnostics.some(({ name }) => name === 'second')", DEADLINE).await?;
    assert_eq!(cx.browser.eval("diagnostics.length").await?, 4);
    post(cx, &json!([report(json!(1), json!(0))]), 1).await?;
    cx.browser.wait_for("bridge.state.status === 'failed'", DEADLINE).await?;
    Ok(())
}

/// The widget may end the bridge in a callback: the host drops the rest of its report about the
/// frame.
async fn a_callback_may_end_the_bridge(cx: &Cx) -> Result<()> {
    let options = "limits: { refusals_max: 0 }, diagnostics: diagnosticsTo(() => bridge.destroy())";
    mount_hostile(cx, options).await?;
    post(cx, &json!([{"type": "emit", "name": "", "json": "{}"}]), 1).await?;
    cx.browser.wait_for("bridge.state.status !== 'ready'", DEADLINE).await?;
    assert_eq!(
        cx.browser.eval("bridge.state").await?,
        json!({"status": "destroyed", "reason": null})
    );
    Ok(())
}

async fn a_frame_that_never_reports_fills_no_memory(cx: &Cx) -> Result<()> {
    mount_hostile(cx, NOTE).await?;
    // With the request itself there are 1,025 events: the host has forgotten the first.
    let script = "for (let i = 0; i < 1024; i++) bridge.emit('tick', { messages: [] });";
    cx.browser.run(script, &[]).await?;
    let report = |seq: usize| json!({"type": "delivered", "seq": seq, "handlers": 0});
    post(cx, &json!([report(0), report(1), refused("fence")]), 1).await?;
    cx.browser.wait_for("diagnostics.some(({ name }) => name === 'fence')", DEADLINE).await?;
    let delivered = json!({"type": "delivered", "seq": 1, "name": "tick", "handlers": 0});
    assert_eq!(cx.browser.eval("diagnostics").await?, json!([delivered, refused("fence")]));
    Ok(())
}

async fn a_flood_from_a_hostile_frame_ends_it(cx: &Cx) -> Result<()> {
    mount_hostile(cx, NOTE).await?;
    // The frame's own count of dropped messages is added to the host's.
    post(cx, &json!([refused("flood"), {"type": "dropped", "count": 7}]), 2_500).await?;
    let sum =
        "diagnostics.reduce((sum, { type, count }) => sum + (type === 'dropped' ? count : 1), 0)";
    cx.browser.wait_for(&format!("{sum} === 20000"), DEADLINE).await?;
    assert_eq!(cx.browser.eval("bridge.state.status").await?, "ready");
    post(cx, &json!([refused("flood")]), 5_100).await?;
    cx.browser.wait_for("bridge.state.status === 'failed'", DEADLINE).await?;
    assert_eq!(cx.browser.eval("bridge.state.reason").await?, "flooded");
    // Omitted diagnostics of a removed frame are not reported. The fence: a timer that is due
    // later.
    let script = "const before = diagnostics.length;
        return new Promise((resolve) => setTimeout(() => resolve(diagnostics.length - before), 1100));";
    assert_eq!(cx.browser.run(script, &[]).await?, 0);

    // Refused emits count in the same way. The shim would not send so many.
    mount_hostile(cx, "").await?;
    let emit = json!([{"type": "emit", "name": "", "json": "{}"}]);
    post(cx, &emit, 10_001).await?;
    cx.browser.wait_for("bridge.state.reason === 'flooded'", DEADLINE).await?;

    // Without a diagnostics callback, diagnostics are garbage from the first one on.
    mount_hostile(cx, "").await?;
    post(cx, &json!([refused("unasked")]), 101).await?;
    cx.browser.wait_for("bridge.state.reason === 'closed'", DEADLINE).await?;
    Ok(())
}
