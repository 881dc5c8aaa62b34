//! The host script's guarantees to the widget: its frame, its queue, its end, and how much of a
//! flood it accepts.

use c2c_catalogue::Catalogue;
use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{enter_widget, heard, mount, open_parent, press, said, say};

pub(crate) const TESTS: Tests = &[
    ("a_flood_outside_the_port_ends_the_frame", &a_flood_outside_the_port_ends_the_frame),
    ("a_flood_from_inside_ends_the_frame", &a_flood_from_inside_ends_the_frame),
    ("a_flood_of_emits_is_thinned_out", &a_flood_of_emits_is_thinned_out),
    ("events_wait_for_the_frame_in_order", &events_wait_for_the_frame_in_order),
    (
        "one_event_that_cannot_be_delivered_takes_no_other_along",
        &one_event_that_cannot_be_delivered_takes_no_other_along,
    ),
    (
        "the_element_holds_the_frame_before_its_document_loads",
        &the_element_holds_the_frame_before_its_document_loads,
    ),
    ("destroy_leaves_nothing", &destroy_leaves_nothing),
    ("a_flood_of_the_parent_page_ends_the_frame", &a_flood_of_the_parent_page_ends_the_frame),
    ("the_document_of_another_app_gets_nothing", &the_document_of_another_app_gets_nothing),
    ("an_event_is_checked_before_it_is_sent", &an_event_is_checked_before_it_is_sent),
];

async fn one_event_that_cannot_be_delivered_takes_no_other_along(cx: &Cx) -> Result<()> {
    let code = format!("<script>{} c2c.on('last', () => say('last'));</script>", say(cx));
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "").await?;
    let body = "const results = [];
        const cycle = {}; cycle.self = cycle;
        for (const fields of [undefined, null, 7, [], cycle, { n: 1n }]) {
          try { bridge.emit('odd', fields); results.push('taken'); } catch { results.push('refused'); }
        }
        bridge.emit('odd', { bytes: new Uint8Array(2), gone: undefined, when: new Date(0) });
        bridge.emit('last', {});
        return results;";
    assert_eq!(cx.browser.run(body, &[]).await?, json!(vec!["refused"; 6]));
    assert_eq!(said(cx).await?, "last");
    Ok(())
}

async fn an_event_is_checked_before_it_is_sent(cx: &Cx) -> Result<()> {
    let heard = "const all = []; c2c.on('survey_submitted', ({ rating }) => all.push(rating));
        c2c.on('call_ended', () => say(all));";
    cx.app().await?.publish(&format!("<script>{} {heard}</script>", say(cx)), "").await?;
    mount(cx, "").await?;
    let body = "const [catalogue] = arguments;
        return import('/validate.js').then(({ validating }) => {
          const told = [];
          const strict = validating(bridge, catalogue);
          const lenient = validating(bridge, catalogue, ({ message }) => told.push(message));
          const rate = (bridge, rating) => bridge.emit('survey_submitted', { rating, comment: null });
          try { rate(strict, 6); } catch (error) { told.push(error.message); }
          rate(strict, 5);
          rate(lenient, 7);
          lenient.emit('call_ended', { duration: 1, reason: 'user_hangup' });
          return told;
        });";
    let catalogue: Value = serde_json::from_str(&Catalogue::reference().to_json())?;
    let message = |rating| {
        format!(
            "survey_submitted is not as the catalogue says\n\
             /rating: expected an integer from 1 to 5, got {rating}"
        )
    };
    assert_eq!(cx.browser.run(body, &[catalogue]).await?, json!([message(6), message(7)]));
    assert_eq!(said(cx).await?, json!([5, 7]));
    Ok(())
}

/// Asserts that a call makes the host remove the frame of this code, and that the widget works on.
async fn assert_frame_ends(cx: &Cx, code: &str) -> Result<()> {
    open_parent(cx, code, "", "").await?;
    press(cx, "#call").await?;
    enter_widget(cx).await?;
    cx.browser.wait_for("document.querySelector('iframe') === null", DEADLINE).await?;
    cx.browser.enter_top().await?;
    press(cx, "#hang-up").await?;
    heard(cx, "call_ended").await?;
    Ok(())
}

async fn a_flood_outside_the_port_ends_the_frame(cx: &Cx) -> Result<()> {
    let code = "<script>c2c.on('call_started', () => {
        for (let i = 0; i < 2000; i++) parent.postMessage(i, '*');
    });</script>";
    assert_frame_ends(cx, code).await
}

async fn a_flood_of_emits_is_thinned_out(cx: &Cx) -> Result<()> {
    let code = "<script>c2c.on('call_started', () => {
        for (let i = 0; i < 5000; i++) c2c.emit('drop', { i });
    });</script>";
    open_parent(cx, code, "", "").await?;
    press(cx, "#call").await?;
    let count = "document.querySelectorAll('#events li[data-name=\"custom:drop\"]').length";
    cx.browser.wait_for(&format!("{count} >= 100"), DEADLINE).await?;
    press(cx, "#hang-up").await?;
    heard(cx, "call_ended").await?;
    let count = cx.browser.eval(count).await?.as_u64().expect("a number");
    // The burst, and the number that seconds of a slow machine may add at 20 a second.
    assert!(count < 300, "{count} of 5000");
    Ok(())
}

async fn events_wait_for_the_frame_in_order(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} const seen = [];
         c2c.on('tick', ({{ n }}) => seen.push(n));
         c2c.on('fence', () => say(seen));</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "").await?;
    // All in one task with the mount's promise: none can have been sent yet.
    let script = "const [src] = arguments;
        return import('/host.js').then(({ mount }) => {
          const bridge = mount({ events: [], src, onState: ({ status }) => { if (status === 'ready') bridge.emit('fence', {}); } });
          for (let n = 0; n < 300; n++) bridge.emit('tick', { n });
        });";
    cx.browser.run(script, &[json!(cx.app().await?.sandbox_url())]).await?;
    let seen = said(cx).await?;
    assert_eq!(seen, json!((0..256).collect::<Vec<_>>()));
    Ok(())
}

async fn the_element_holds_the_frame_before_its_document_loads(cx: &Cx) -> Result<()> {
    cx.browser.goto(&cx.app().await?.widget_url("")).await?;
    let body = "const [src] = arguments;
        const seen = [];
        const real = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'src');
        Object.defineProperty(HTMLIFrameElement.prototype, 'src', { ...real, set(value) {
          seen.push(['sandbox', 'referrerpolicy', 'credentialless', 'allow'].map((name) => this.getAttribute(name)));
          real.set.call(this, value);
        } });
        return import('/host.js').then(({ mount }) => { mount({ events: [], src }); return seen; });";
    let seen = cx.browser.run(body, &[json!(cx.app().await?.sandbox_url())]).await?;
    assert_eq!(seen, json!([["allow-scripts", "no-referrer", "", null]]));
    Ok(())
}

async fn a_flood_from_inside_ends_the_frame(cx: &Cx) -> Result<()> {
    let flood = "for (let i = 0; i < 2000; i++) parent.parent.postMessage(i, `*`);";
    let code = format!(
        "<script>c2c.on('call_started', () => {{
           const inner = document.createElement('iframe');
           inner.srcdoc = '<script>{flood}<\\/script>';
           document.documentElement.append(inner);
         }});</script>"
    );
    open_parent(cx, &code, "", "").await?;
    press(cx, "#call").await?;
    enter_widget(cx).await?;
    cx.browser.wait_for("document.querySelector('iframe') === null", DEADLINE).await?;
    Ok(())
}

async fn destroy_leaves_nothing(cx: &Cx) -> Result<()> {
    let code =
        format!("<script>{} say('loaded'); c2c.on('tick', () => say('tick'));</script>", say(cx));
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "onState: ({ status }) => (window.lastStatus = status)").await?;
    cx.browser.wait_for("window.lastStatus === 'ready'", DEADLINE).await?;
    let before = cx.browser.eval("document.querySelectorAll('iframe').length").await?;
    cx.browser.run("bridge.destroy(); bridge.destroy(); bridge.emit('tick', {});", &[]).await?;
    let after = cx.browser.eval("document.querySelectorAll('iframe').length").await?;
    assert_eq!((before, after), (json!(2), json!(1)));
    assert_eq!(
        cx.browser.eval("[lastStatus, bridge.state.status]").await?,
        json!(["destroyed", "destroyed"])
    );
    // Two loads (the widget's own mount, and this one), and no tick before a later visit.
    cx.browser.goto(&cx.app().await?.widget_url("")).await?;
    let hits = cx.collector.hits("said", 3, DEADLINE).await?;
    assert!(hits.iter().all(|hit| hit.text() == "\"loaded\""), "{hits:?}");
    Ok(())
}

async fn a_flood_of_the_parent_page_ends_the_frame(cx: &Cx) -> Result<()> {
    let code = "<script>c2c.on('call_started', () => {
        for (let i = 0; i < 2000; i++) top.postMessage(i, '*');
    });</script>";
    assert_frame_ends(cx, code).await
}

/// A page above the frame could navigate it there before it has loaded, with the name that it was
/// given.
async fn the_document_of_another_app_gets_nothing(cx: &Cx) -> Result<()> {
    let code = format!("<script>{} say([c2c.context.key ?? null, name]);</script>", say(cx));
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "app: 'another', context: { key: 'value' }, limits: { hello_ms: 500 }").await?;
    let reason = "bridge.state.reason === 'refused'";
    cx.browser.wait_for(reason, DEADLINE).await?;
    // The widget's own mount said the same first, with the name of this app.
    let hits = cx.collector.hits("said", 2, DEADLINE).await?;
    assert!(hits.iter().all(|hit| hit.text() == r#"[null,""]"#), "{hits:?}");
    Ok(())
}
