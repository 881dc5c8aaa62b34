//! The live preview in the console, and the timeline of its events.

use std::sync::Arc;

use c2c_harness::{Cx, DEADLINE, Result, Server, Tests};
use serde_json::{Value, json};

use crate::console::{FOCUSED, open};
use crate::steps::{all_heard, rate_wrongly};

pub(crate) const TESTS: Tests = &[
    ("unsaved_code_runs_in_the_preview_only", &unsaved_code_runs_in_the_preview_only),
    ("an_error_leads_to_its_line", &an_error_leads_to_its_line),
    ("the_timeline_says_what_came_of_each_event", &the_timeline_says_what_came_of_each_event),
    (
        "an_event_of_no_catalogue_is_told_and_not_sent",
        &an_event_of_no_catalogue_is_told_and_not_sent,
    ),
    ("events_that_wait_no_longer_are_told", &events_that_wait_no_longer_are_told),
    ("each_play_button_plays", &each_play_button_plays),
    ("the_context_reaches_the_code", &the_context_reaches_the_code),
    ("custom_code_cannot_write_into_the_timeline", &custom_code_cannot_write_into_the_timeline),
    ("a_step_waits_for_the_preview", &a_step_waits_for_the_preview),
    ("a_preview_that_does_not_come_is_told", &a_preview_that_does_not_come_is_told),
    ("each_run_has_its_own_port", &each_run_has_its_own_port),
    ("a_flood_ends_the_preview", &a_flood_ends_the_preview),
    ("scrolling_ends_the_preview", &scrolling_ends_the_preview),
    ("what_is_added_to_the_history_is_told", &what_is_added_to_the_history_is_told),
    ("a_stall_ends_the_run_and_begins_another", &a_stall_ends_the_run_and_begins_another),
    ("a_row_is_written_out_when_it_is_opened", &a_row_is_written_out_when_it_is_opened),
];

/// Waits until the preview has connected `times` times.
pub(crate) async fn connected(cx: &Cx, times: usize) -> Result<()> {
    let rows = format!("document.querySelectorAll('#timeline .state').length >= {times}");
    cx.browser.wait_for(&rows, DEADLINE).await.map(drop)
}

/// Clicks a button that plays a step.
pub(crate) async fn play(cx: &Cx, step: &str) -> Result<()> {
    cx.browser.click(&format!("[data-play={step}]")).await
}

/// Waits for the row of an event, and for the note beside it.
pub(crate) async fn row(cx: &Cx, name: &str, note: &str) -> Result<()> {
    let row = format!(
        "[...document.querySelectorAll('#timeline [data-name=\"{name}\"] .noted')]
           .some((noted) => noted.textContent.includes({note:?}))"
    );
    cx.browser.wait_for(&row, DEADLINE).await.map(drop)
}

/// Returns the JSON of the newest row of an event, which a click on the row shows.
///
/// The click is the page's own: rows that come meanwhile move the others, and the driver's, which is for a place, could hit
/// another one.
pub(crate) async fn opened(cx: &Cx, name: &str) -> Result<Value> {
    let summary = format!("#timeline [data-name=\"{name}\"] summary");
    cx.browser.wait_for(&format!("document.querySelector({summary:?}) !== null"), DEADLINE).await?;
    cx.browser.run("document.querySelector(arguments[0]).click()", &[json!(summary)]).await?;
    let shown = format!(
        "document.querySelector('#timeline [data-name=\"{name}\"] details[open] pre').innerText"
    );
    let text = cx.browser.wait_for(&shown, DEADLINE).await?;
    Ok(serde_json::from_str(text.as_str().unwrap_or_default()).expect("a row shows JSON"))
}

/// Whether the timeline ends with the error that the widget of a run has not answered.
const NOT_ANSWERED: &str = "document.querySelector('#timeline li:last-child.error')?.textContent.includes('preview did not answer')";

async fn unsaved_code_runs_in_the_preview_only(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish("<script>c2c.emit('saved_code')</script>", "").await?;
    open(cx, app).await?;
    row(cx, "custom:saved_code", "").await?;
    cx.browser.replace_code("head", "<script>c2c.emit('unsaved_code')</script>").await?;
    cx.browser.click("#run [type=submit]").await?;
    row(cx, "custom:unsaved_code", "").await?;
    let loaded = opened(cx, "widget_loaded").await?;
    assert_eq!(loaded["data"]["isPreview"], true);
    // Visitors still get the saved code.
    cx.browser.goto(&app.parent_url("")).await?;
    crate::steps::heard(cx, "custom:saved_code").await?;
    let all = all_heard(cx).await?;
    assert!(!all.contains(&"custom:unsaved_code".to_owned()), "{all:?}");
    let loaded = crate::steps::heard(cx, "widget_loaded").await?;
    assert!(loaded.to_string().contains("\"isPreview\":false"), "{loaded}");
    Ok(())
}

async fn an_error_leads_to_its_line(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<!-- one\r\ntwo -->\n<script>\n  c2c.on('call_started', () => {\n    nope();\n  });\n</script>";
    let body_end = "<p>one</p>\n\n<script>missing.property</script>";
    app.publish(head, body_end).await?;
    open(cx, app).await?;
    let error = "#timeline .error .place";
    let place = format!("document.querySelector('{error}').innerText");
    let text = cx.browser.wait_for(&place, DEADLINE).await?;
    assert_eq!(text, "Body end HTML, line 3");
    cx.browser.click(error).await?;
    assert_eq!(
        cx.browser.eval(&format!("[{FOCUSED}, [...document.activeElement.querySelectorAll('.cm-line')].indexOf(getSelection().anchorNode.parentElement.closest('.cm-line')) + 1]")).await?,
        json!(["body-end", 3])
    );
    cx.browser.click("#clear").await?;
    play(cx, "started").await?;
    let text = cx.browser.wait_for(&place, DEADLINE).await?;
    assert_eq!(text, "Head HTML, line 5");
    let message = cx.browser.text("#timeline .error b").await?;
    assert!(message.contains("nope is not defined"), "{message}");
    Ok(())
}

async fn the_timeline_says_what_came_of_each_event(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<script>
      c2c.on('call_started', () => {});
      c2c.on('call_started', () => {});
      c2c.on('call_ended', () => c2c.emit('no spaces please'));
      c2c.on('call_error', () => c2c.emit('call-ended'));
    </script>";
    app.publish(head, "").await?;
    open(cx, app).await?;
    row(cx, "widget_loaded", "No handler is subscribed to this event").await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_started", "heard by 2 handlers").await?;
    row(cx, "call_ended", "heard by 1 handler").await?;
    let refused =
        "[...document.querySelectorAll('#timeline .refused')].map((row) => row.innerText).join()";
    // The frame's own rules, and the host's.
    cx.browser.wait_for(&format!("{refused}.includes('the name must match')"), DEADLINE).await?;
    play(cx, "error").await?;
    cx.browser
        .wait_for(&format!("{refused}.includes('looks like that of an event')"), DEADLINE)
        .await?;
    Ok(())
}

async fn events_that_wait_no_longer_are_told(cx: &Cx) -> Result<()> {
    let server = Arc::new(Server::start_with(&["--hold-ms", "300"]).await?);
    let app = server.create_app("slow").await?;
    let javascript = [("content-type", "text/javascript")];
    let (slow, hold) = cx.collector.page_held("/slow.js", "0", &javascript);
    let handler =
        "<script>c2c.on('widget_loaded', () => c2c.emit('heard'), { replay: true })</script>";
    app.publish(&format!("<script src='{slow}?visitor=7'></script>{handler}"), "").await?;
    cx.browser.goto(&format!("{}/apps/{}", server.console, app.id)).await?;
    let rows = "[...document.querySelectorAll('#timeline .error')].map((row) => row.textContent).join('\\n')";
    let told = format!("{rows}.includes('Events no longer wait for') && {rows}");
    let told = cx.browser.wait_for(&told, DEADLINE).await?;
    let told = told.as_str().unwrap_or_default();
    assert!(told.contains(&format!("Events no longer wait for {slow} ")), "{told}");
    assert!(told.contains("hear earlier events only with { replay: true }"), "{told}");
    row(cx, "widget_loaded", "No handler is subscribed to this event").await?;
    // And so it does.
    drop(hold);
    row(cx, "custom:heard", "reached the parent page").await
}

async fn an_event_of_no_catalogue_is_told_and_not_sent(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<script>c2c.on('survey_submitted', () => c2c.emit('rated'));</script>";
    app.publish(head, "").await?;
    open(cx, app).await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_ended", "No handler").await?;
    cx.browser.enter_frame("#live").await?;
    cx.browser.enter_frame("#widget").await?;
    rate_wrongly(cx).await?;
    cx.browser.enter_top().await?;
    let refused = "document.querySelector('#timeline .refused')?.textContent";
    let told = cx.browser.wait_for(refused, DEADLINE).await?;
    let message = "survey_submitted is not as the catalogue says \
        /rating: expected an integer from 1 to 5, got 7\n\
        a mistake in the widget: the event was not sent";
    assert!(told.as_str().is_some_and(|told| told.contains(message)), "{told}");
    // Later events are heard; this one was not, neither here nor in the parent page.
    play(cx, "survey").await?;
    row(cx, "custom:rated", "reached the parent page").await?;
    let rows =
        "[...document.querySelectorAll('#timeline [data-name]')].map((row) => row.dataset.name)";
    let call = ["call_started", "call_ended", "survey_submitted", "custom:rated"];
    let expected = [&["widget_loaded", "call_started", "call_ended"][..], &call].concat();
    assert_eq!(cx.browser.eval(rows).await?, json!(expected));
    cx.browser.enter_frame("#live").await?;
    assert_eq!(all_heard(cx).await?, expected);
    Ok(())
}

async fn each_play_button_plays(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row(cx, "call_started", "").await?;
    play(cx, "error").await?;
    row(cx, "call_error", "").await?;
    cx.browser.run("document.querySelector('#play-seconds').value = 31", &[]).await?;
    cx.browser.run("document.querySelector('#play-rating').value = 2", &[]).await?;
    play(cx, "survey").await?;
    row(cx, "survey_submitted", "").await?;
    let (survey, ended) = (opened(cx, "survey_submitted").await?, opened(cx, "call_ended").await?);
    assert_eq!(survey["data"]["rating"], 2);
    assert_eq!(
        [&ended["data"]["duration"], &ended["data"]["reason"]],
        [&json!(31), &json!("remote_hangup")]
    );
    cx.browser.click("#clear").await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_ended", "").await?;
    assert_eq!(opened(cx, "call_ended").await?["data"]["reason"], "user_hangup");
    // No call lasts less than zero seconds.
    cx.browser.run("document.querySelector('#play-seconds').value = -31", &[]).await?;
    cx.browser.click("#clear").await?;
    play(cx, "remote_hangup").await?;
    row(cx, "call_ended", "").await?;
    assert_eq!(opened(cx, "call_ended").await?["data"]["duration"], 0);
    // It reloads the widget, once.
    cx.browser.click("#clear").await?;
    play(cx, "loaded").await?;
    row(cx, "widget_loaded", "").await?;
    connected(cx, 1).await?;
    Ok(())
}

async fn the_context_reaches_the_code(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let hit = cx.collector.hit_url("said");
    app.publish(
        &format!("<script>fetch('{hit}?' + new URLSearchParams(c2c.context))</script>"),
        "",
    )
    .await?;
    open(cx, app).await?;
    let said = cx.collector.hit("said", DEADLINE).await?;
    assert_eq!(said.param("orderId").as_deref(), Some("A-1"));
    cx.browser.run("document.querySelector('#context .value').value = ''", &[]).await?;
    cx.browser.type_into("#context .value", "B & 2").await?;
    // The changed code runs before the call is played.
    play(cx, "started").await?;
    row(cx, "call_started", "").await?;
    let said = cx.collector.hits("said", 2, DEADLINE).await?;
    assert_eq!(said[1].param("orderId").as_deref(), Some("B & 2"));
    Ok(())
}

async fn custom_code_cannot_write_into_the_timeline(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // Imitates the widget of a preview from the frame inside it.
    let forge = "<script>
      const { port1, port2 } = new MessageChannel();
      top.postMessage({ type: 'c2c-preview' }, '*', [port2]);
      port1.postMessage({ type: 'custom', envelope: { name: 'forged' } });
      c2c.on('call_started', () => {
        port1.postMessage({ type: 'custom', envelope: { name: 'forged' } });
        c2c.emit('honest');
      });
    </script>";
    app.publish(forge, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row(cx, "custom:honest", "").await?;
    let forged = "document.querySelector('#timeline').innerText.includes('forged')";
    assert_eq!(cx.browser.eval(forged).await?, false);
    Ok(())
}

async fn a_step_waits_for_the_preview(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // Pressed while the widget is being loaded: it cannot play it yet.
    let both = "document.querySelector('#run [type=submit]').click();
        document.querySelector('[data-play=started]').click();";
    cx.browser.run(both, &[]).await?;
    let played = "document.querySelector('#timeline .run ~ .run ~ [data-name=call_started]')";
    cx.browser.wait_for(played, DEADLINE).await.map(drop)
}

async fn a_preview_that_does_not_come_is_told(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The server answers with a preview that is gone.
    let gone = "const { fetch } = window;
        window.fetch = async (...request) => {
          const response = await fetch(...request);
          if (!request[0].endsWith('/previews')) return response;
          window.fetch = fetch;
          const body = await response.text();
          return new Response(body.replaceAll(JSON.parse(body).id, '0'), response);
        };";
    cx.browser.run(gone, &[]).await?;
    cx.browser.click("#run [type=submit]").await?;
    play(cx, "started").await?;
    cx.browser.wait_for(NOT_ANSWERED, DEADLINE).await?;
    // The next step runs it again.
    play(cx, "started").await?;
    row(cx, "call_started", "").await
}

async fn each_run_has_its_own_port(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The frame shows another preview than the one that is run, as happens briefly when two are run
    // in a row.
    let other = "const { fetch } = window;
        let other;
        window.fetch = async (...request) => {
          const response = await fetch(...request);
          if (!request[0].endsWith('/previews')) return response;
          const body = await response.json();
          other ??= body.links.parent;
          return Response.json({ ...body, links: { ...body.links, parent: other } }, response);
        };";
    cx.browser.run(other, &[]).await?;
    play(cx, "loaded").await?;
    connected(cx, 2).await?;
    play(cx, "loaded").await?;
    cx.browser.wait_for(NOT_ANSWERED, DEADLINE).await?;
    assert_eq!(
        cx.browser.eval("document.querySelectorAll('#timeline .state').length").await?,
        2,
        "nothing of the other preview was taken"
    );
    Ok(())
}

async fn a_flood_ends_the_preview(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let flood = "<script>
      for (let i = 0; i < 500; i++) top.postMessage(i, '*');
      c2c.on('call_started', () => { for (let i = 0; i < 501; i++) top.postMessage(i, '*'); });
    </script>";
    app.publish(flood, "").await?;
    open(cx, app).await?;
    // Half of it is tolerated.
    assert_eq!(cx.browser.eval("live.contentWindow.length").await?, 1);
    play(cx, "started").await?;
    let told = "document.querySelector('#timeline li:last-child.error')?.textContent.includes('too many messages')";
    cx.browser.wait_for(told, DEADLINE).await?;
    assert_eq!(cx.browser.eval("live.contentWindow.length").await?, 0);
    // It can be fixed and run.
    cx.browser.replace_code("head", "<p>fixed</p>").await?;
    play(cx, "survey").await?;
    row(cx, "survey_submitted", "").await
}

/// A person who fixes the code above the preview is not scrolled away to it.
async fn scrolling_ends_the_preview(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let code = "<p>text</p><script>
      c2c.on('call_started', () => setInterval(() => document.body.scrollIntoView(), 200));
    </script>";
    app.publish("", code).await?;
    // The preview is below the editor.
    cx.browser.resize(500, 700).await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    let back = "window.carried = 0;
        window.back = () => { if (scrollY > 0) { carried += 1; scrollTo(0, 0); } };
        scrollTo(0, 0);
        setInterval(back, 60);";
    cx.browser.run(back, &[]).await?;
    let told = "document.querySelector('#timeline li:last-child.error')?.textContent.includes('scrolled the page')";
    cx.browser.wait_for(told, DEADLINE).await?;
    let script =
        "carried = 0; return new Promise((resolve) => setTimeout(() => resolve(carried), 1000));";
    assert_eq!(cx.browser.run(script, &[]).await?, 0);
    Ok(())
}

/// Only documents of an inner frame add entries in every engine; the first one takes the place of
/// the empty one.
async fn what_is_added_to_the_history_is_told(cx: &Cx) -> Result<()> {
    let code = "<script>
        let pages = 0;
        const inner = document.createElement('iframe');
        addEventListener('load', () => document.body.append(inner));
        const step = () => (inner.src = '/favicon.ico?' + ++pages);
        c2c.on('call_started', () => {
          // In a task of its own: a load that `load` asks for replaces the one before.
          inner.onload = () => pages < 4 && setTimeout(step);
          step();
        });
      </script>";
    let app = cx.app().await?;
    app.publish("", code).await?;
    open(cx, app).await?;
    connected(cx, 1).await?;
    let told =
        "document.querySelector('#timeline').innerText.includes('Adds to the tab’s history')";
    assert_eq!(cx.browser.eval(told).await?, json!(false), "nothing was added");
    play(cx, "started").await?;
    let all = "document.querySelector('#timeline').innerText.includes('3 entries so far')";
    cx.browser.wait_for(all, DEADLINE).await?;
    let rows = "[...document.querySelectorAll('#timeline .error')].length";
    assert_eq!(cx.browser.eval(rows).await?, json!(1), "one row for all of it");
    // The entries of another run are counted anew.
    cx.browser.click("#run [type=submit]").await?;
    connected(cx, 2).await?;
    play(cx, "started").await?;
    let again = "[...document.querySelectorAll('#timeline .error')]
        .filter((row) => row.innerText.includes('3 entries so far')).length === 2";
    cx.browser.wait_for(again, DEADLINE).await.map(drop)
}

/// Code that also stalls the console can be fixed there.
async fn a_stall_ends_the_run_and_begins_another(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let code = "<script>
      c2c.on('call_started', () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          for (let i = 0; i < 200; i++) { parent.focus(); top.focus(); }
          port2.postMessage(0);
        };
        port2.postMessage(0);
      });
    </script>";
    app.publish(code, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    let told = "[...document.querySelectorAll('#timeline .error')]
        .some(({ textContent }) => textContent.includes('it runs once more'))";
    cx.browser.wait_for(told, 2 * DEADLINE).await?;
    // The state of the second run. Rarely, Chromium's pages are still stalled then, and it is stopped, too
    // (docs/protocol.md).
    let ended = "document.querySelectorAll('#timeline .state').length >= 2
        || [...document.querySelectorAll('#timeline .error')]
          .some(({ textContent }) => textContent.includes('stalled the page again'))";
    cx.browser.wait_for(ended, DEADLINE).await?;
    cx.browser.append_code("head", "<p>fixed</p>").await?;
    play(cx, "survey").await?;
    row(cx, "survey_submitted", "").await
}

async fn a_row_is_written_out_when_it_is_opened(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // 16 KiB of JSON take ten times as much when they are rendered, and 500 rows stay.
    app.publish("<script>c2c.emit('large', { list: Array(8000).fill(1) })</script>", "").await?;
    open(cx, app).await?;
    row(cx, "custom:large", "").await?;
    let length = "document.querySelector('[data-name=\"custom:large\"]').textContent.length";
    let closed = cx.browser.eval(length).await?;
    assert!(closed.as_u64().is_some_and(|length| length < 1000), "{closed}");
    assert_eq!(
        opened(cx, "custom:large").await?["data"]["list"].as_array().map(Vec::len),
        Some(8000)
    );
    Ok(())
}
