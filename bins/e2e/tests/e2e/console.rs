//! The console: paste, see what is wrong, mend it, watch it fire.

use c2c_e2e::{App, Cx, DEADLINE, Result, Tests};
use serde_json::{Value, json};

pub(crate) const TESTS: Tests = &[
    ("a_person_pastes_mends_saves_and_watches", &a_person_pastes_mends_saves_and_watches),
    ("a_warning_is_shown_and_stops_nothing", &a_warning_is_shown_and_stops_nothing),
    ("an_app_is_made", &an_app_is_made),
    ("settings_are_changed", &settings_are_changed),
    ("unsaved_code_runs_in_the_preview_only", &unsaved_code_runs_in_the_preview_only),
    ("an_error_leads_to_its_line", &an_error_leads_to_its_line),
    ("the_timeline_says_what_came_of_each_event", &the_timeline_says_what_came_of_each_event),
    ("each_play_button_plays", &each_play_button_plays),
    ("the_context_reaches_the_code", &the_context_reaches_the_code),
    ("custom_code_cannot_write_into_the_timeline", &custom_code_cannot_write_into_the_timeline),
    ("a_step_waits_for_the_preview", &a_step_waits_for_the_preview),
    ("a_preview_that_does_not_come_is_told", &a_preview_that_does_not_come_is_told),
    ("each_run_has_its_own_port", &each_run_has_its_own_port),
    ("a_flood_ends_the_preview", &a_flood_ends_the_preview),
    ("a_row_is_written_out_when_it_is_opened", &a_row_is_written_out_when_it_is_opened),
    ("an_example_is_inserted", &an_example_is_inserted),
    ("lines_are_indented", &lines_are_indented),
    ("a_keyboard_is_enough", &a_keyboard_is_enough),
];

/// Opens an app's custom code and waits until its preview runs.
pub(crate) async fn open(cx: &Cx, app: &App) -> Result<()> {
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}", app.id)).await?;
    connected(cx, 1).await
}

/// Waits until the preview has connected `times` times.
pub(crate) async fn connected(cx: &Cx, times: usize) -> Result<()> {
    let rows = format!("document.querySelectorAll('#timeline .state').length >= {times}");
    cx.browser.wait_for(&rows, DEADLINE).await.map(drop)
}

/// Clicks a button that plays a step.
pub(crate) async fn play(cx: &Cx, step: &str) -> Result<()> {
    cx.browser.click(&format!("[data-play={step}]")).await
}

/// Waits for the row of an event, and for what is noted beside it.
async fn row(cx: &Cx, name: &str, note: &str) -> Result<()> {
    let row = format!(
        "[...document.querySelectorAll('#timeline [data-name=\"{name}\"] .noted')]
           .some((noted) => noted.textContent.includes({note:?}))"
    );
    cx.browser.wait_for(&row, DEADLINE).await.map(drop)
}

/// The JSON of the newest row of an event, which a click on the row shows.
async fn opened(cx: &Cx, name: &str) -> Result<Value> {
    cx.browser.click(&format!("#timeline [data-name=\"{name}\"] summary")).await?;
    let shown = format!(
        "document.querySelector('#timeline [data-name=\"{name}\"] details[open] pre').innerText"
    );
    let text = cx.browser.wait_for(&shown, DEADLINE).await?;
    Ok(serde_json::from_str(text.as_str().unwrap_or_default()).expect("a row shows JSON"))
}

async fn verdict(cx: &Cx, begin: &str) -> Result<()> {
    let verdict = format!("document.querySelector('.verdict').textContent.startsWith({begin:?})");
    cx.browser.wait_for(&verdict, DEADLINE).await.map(drop)
}

async fn save(cx: &Cx, begin: &str) -> Result<()> {
    cx.browser.click("#code-form button[type=submit]").await?;
    let message = format!("message.textContent.startsWith({begin:?})");
    cx.browser.wait_for(&message, DEADLINE).await.map(drop)
}

async fn a_person_pastes_mends_saves_and_watches(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let hit = cx.collector.hit_url("ended");
    let code = format!(
        "<p>Hi</p>\n  <script>c2c.on('call_ended', (e) => {{ fetch('{hit}'); c2c.emit('counted', {{ seconds: e.duration }}); }});"
    );
    cx.browser.type_into("#head", &code).await?;
    // Nobody has to save to learn what is wrong.
    verdict(cx, "1 problem to mend").await?;
    let finding = cx.browser.text(".findings li").await?;
    assert!(finding.starts_with("Line 2, column 3"), "{finding}");
    // Saving it is refused, in words.
    save(cx, "Not saved: mend what is marked").await?;
    // The finding leads to the place, and nothing typed is lost.
    cx.browser.click(".findings .place").await?;
    assert_eq!(
        cx.browser.eval("[document.activeElement.id, head.selectionStart, head.value]").await?,
        json!(["head", 12, code])
    );
    cx.browser.run("head.setSelectionRange(head.value.length, head.value.length)", &[]).await?;
    cx.browser.type_keys("</script>").await?;
    verdict(cx, "No problems found").await?;
    save(cx, "Saved as revision 1").await?;
    // The saved code runs in the preview; a call is played and its effects are read.
    connected(cx, 2).await?;
    play(cx, "whole").await?;
    row(cx, "call_ended", "heard by 1 handler").await?;
    row(cx, "call_started", "No handler is subscribed to this event").await?;
    row(cx, "custom:counted", "reached the parent page").await?;
    let custom = opened(cx, "custom:counted").await?;
    assert_eq!(custom["data"]["seconds"], 42);
    assert_eq!(custom["data"]["context"], json!({"orderId": "A-1", "customerTier": "gold"}));
    cx.collector.hit("ended", DEADLINE).await?;
    // It ends with the survey, and visitors have the code as well.
    row(cx, "survey_submitted", "No handler").await?;
    cx.browser.goto(&app.parent_url("")).await?;
    crate::steps::press(cx, "#call").await?;
    crate::steps::press(cx, "#hang-up").await?;
    cx.collector.hits("ended", 2, DEADLINE).await?;
    Ok(())
}

async fn a_warning_is_shown_and_stops_nothing(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let code = "<p>Hi</p>\n<script>c2c.on('call_end', () => {});</script>";
    cx.browser.type_into("#head", code).await?;
    verdict(cx, "1 warning: it runs, but perhaps not as you hope").await?;
    let finding = cx.browser.text(".findings li").await?;
    let expected =
        "Line 2, column 17: there is no widget event call_end (did you mean call_ended?).";
    assert!(finding.starts_with(expected), "{finding}");
    let severity = "document.querySelector('.findings li').dataset.severity";
    assert_eq!(cx.browser.eval(severity).await?, "warning");
    save(cx, "Saved as revision 1").await
}

async fn an_app_is_made(cx: &Cx) -> Result<()> {
    let console = cx.server().await?.console.clone();
    cx.browser.goto(&format!("{console}/")).await?;
    cx.browser.type_into("#new-name", "Made by hand").await?;
    cx.browser.click("#new-app button").await?;
    connected(cx, 1).await?;
    assert_eq!(
        cx.browser.eval("[document.querySelector('#app-name').innerText, head.value]").await?,
        json!(["Made by hand", ""])
    );
    // The way back shows it in the list.
    cx.browser.click(".trail a").await?;
    let listed = "[...document.querySelectorAll('#app-list li')].some((item) => item.innerText.includes('Made by hand'))";
    cx.browser.wait_for(listed, DEADLINE).await?;
    Ok(())
}

async fn settings_are_changed(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}/settings", app.id)).await?;
    cx.browser.wait_for("!general.hidden", DEADLINE).await?;
    cx.browser.type_into("#general-origins", "https://shop.example/path").await?;
    let save = "#general-form button";
    let message = "document.querySelector('#general-message').textContent";
    cx.browser.click(save).await?;
    cx.browser.wait_for(&format!("{message}.startsWith('Not saved')"), DEADLINE).await?;
    // What was typed is still there; it is mended.
    let typed = cx.browser.eval("document.querySelector('#general-origins').value").await?;
    assert_eq!(typed, "https://shop.example/path");
    cx.browser.run("document.querySelector('#general-origins').value = ''", &[]).await?;
    cx.browser.type_into("#general-origins", "https://shop.example").await?;
    cx.browser.click(save).await?;
    cx.browser.wait_for(&format!("{message}.startsWith('Saved')"), DEADLINE).await?;
    cx.browser.reload().await?;
    let origins = "document.querySelector('#general-origins').value";
    let kept = format!("{origins} === 'https://shop.example'");
    cx.browser.wait_for(&kept, DEADLINE).await?;
    Ok(())
}

async fn unsaved_code_runs_in_the_preview_only(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.save("<script>c2c.emit('saved_code')</script>", "").await?;
    open(cx, app).await?;
    row(cx, "custom:saved_code", "").await?;
    cx.browser.run("head.value = ''", &[]).await?;
    cx.browser.type_into("#head", "<script>c2c.emit('unsaved_code')</script>").await?;
    cx.browser.click("#run [type=submit]").await?;
    row(cx, "custom:unsaved_code", "").await?;
    let loaded = opened(cx, "widget_loaded").await?;
    assert_eq!(loaded["data"]["isPreview"], true);
    // Visitors still get what is saved.
    cx.browser.goto(&app.parent_url("")).await?;
    crate::steps::heard(cx, "custom:saved_code").await?;
    let all = crate::steps::all_heard(cx).await?;
    assert!(!all.contains(&"custom:unsaved_code".to_owned()), "{all:?}");
    let loaded = crate::steps::heard(cx, "widget_loaded").await?;
    assert!(loaded.to_string().contains("\"isPreview\":false"), "{loaded}");
    Ok(())
}

async fn an_error_leads_to_its_line(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let head = "<!-- one\r\ntwo -->\n<script>\n  c2c.on('call_started', () => {\n    nope();\n  });\n</script>";
    let body_end = "<p>one</p>\n\n<script>missing.property</script>";
    app.save(head, body_end).await?;
    open(cx, app).await?;
    let error = "#timeline .error .place";
    let place = format!("document.querySelector('{error}').innerText");
    let text = cx.browser.wait_for(&place, DEADLINE).await?;
    assert_eq!(text, "Body end HTML, line 3");
    cx.browser.click(error).await?;
    assert_eq!(
        cx.browser.eval("[document.activeElement.id, document.activeElement.value.slice(0, document.activeElement.selectionStart).split('\\n').length]").await?,
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
    app.save(head, "").await?;
    open(cx, app).await?;
    row(cx, "widget_loaded", "No handler is subscribed to this event").await?;
    play(cx, "user_hangup").await?;
    row(cx, "call_started", "heard by 2 handlers").await?;
    row(cx, "call_ended", "heard by 1 handler").await?;
    let refused =
        "[...document.querySelectorAll('#timeline .refused')].map((row) => row.innerText).join()";
    // The frame's own rules, and those of the host.
    cx.browser
        .wait_for(&format!("{refused}.includes('may have letters, digits')"), DEADLINE)
        .await?;
    play(cx, "error").await?;
    cx.browser.wait_for(&format!("{refused}.includes('looks_built_in')"), DEADLINE).await?;
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
    // No call has less than no seconds.
    cx.browser.run("document.querySelector('#play-seconds').value = -31", &[]).await?;
    cx.browser.click("#clear").await?;
    play(cx, "remote_hangup").await?;
    row(cx, "call_ended", "").await?;
    assert_eq!(opened(cx, "call_ended").await?["data"]["duration"], 0);
    // It loads the widget anew, once.
    cx.browser.click("#clear").await?;
    play(cx, "loaded").await?;
    row(cx, "widget_loaded", "").await?;
    connected(cx, 1).await?;
    Ok(())
}

async fn the_context_reaches_the_code(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let hit = cx.collector.hit_url("said");
    app.save(&format!("<script>fetch('{hit}?' + new URLSearchParams(c2c.context))</script>"), "")
        .await?;
    open(cx, app).await?;
    let said = cx.collector.hit("said", DEADLINE).await?;
    assert_eq!(said.param("orderId").as_deref(), Some("A-1"));
    cx.browser.run("document.querySelector('#context .value').value = ''", &[]).await?;
    cx.browser.type_into("#context .value", "B & 2").await?;
    // What has changed runs before the call is played.
    play(cx, "started").await?;
    row(cx, "call_started", "").await?;
    let said = cx.collector.hits("said", 2, DEADLINE).await?;
    assert_eq!(said[1].param("orderId").as_deref(), Some("B & 2"));
    Ok(())
}

async fn custom_code_cannot_write_into_the_timeline(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // What the widget of a preview does, done by the frame inside it.
    let forge = "<script>
      const { port1, port2 } = new MessageChannel();
      top.postMessage({ type: 'c2c-preview' }, '*', [port2]);
      port1.postMessage({ type: 'custom', envelope: { name: 'forged' } });
      c2c.on('call_started', () => {
        port1.postMessage({ type: 'custom', envelope: { name: 'forged' } });
        c2c.emit('honest');
      });
    </script>";
    app.save(forge, "").await?;
    open(cx, app).await?;
    play(cx, "started").await?;
    row(cx, "custom:honest", "").await?;
    let forged = "document.querySelector('#timeline').innerText.includes('forged')";
    assert_eq!(cx.browser.eval(forged).await?, false);
    Ok(())
}

/// The end of the timeline when the widget of a run has not come.
const NOT_ANSWERED: &str = "document.querySelector('#timeline li:last-child.error')?.textContent.includes('preview did not answer')";

async fn a_step_waits_for_the_preview(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // Pressed while the widget is being loaded: nobody is there to play it yet.
    let both = "document.querySelector('#run [type=submit]').click();
        document.querySelector('[data-play=started]').click();";
    cx.browser.run(both, &[]).await?;
    let played = "document.querySelector('#timeline .run ~ .run ~ [data-name=call_started]')";
    cx.browser.wait_for(played, DEADLINE).await.map(drop)
}

async fn a_preview_that_does_not_come_is_told(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The answer leads to a preview that is gone.
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
    // The next one runs it anew.
    play(cx, "started").await?;
    row(cx, "call_started", "").await
}

async fn each_run_has_its_own_port(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The frame shows another preview than the one that is run, as it does for a moment when two
    // are run in a row.
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
    app.save(flood, "").await?;
    open(cx, app).await?;
    // Half of it is borne.
    assert_eq!(cx.browser.eval("live.contentWindow.length").await?, 1);
    play(cx, "started").await?;
    let told = "document.querySelector('#timeline li:last-child.error')?.textContent.includes('too many messages')";
    cx.browser.wait_for(told, DEADLINE).await?;
    assert_eq!(cx.browser.eval("live.contentWindow.length").await?, 0);
    // It can be mended and run.
    cx.browser.run("head.value = ''", &[]).await?;
    cx.browser.type_into("#head", "<p>mended</p>").await?;
    play(cx, "survey").await?;
    row(cx, "survey_submitted", "").await
}

async fn a_row_is_written_out_when_it_is_opened(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // 16 KiB of JSON are ten times as much when they are written out, and 500 rows stay.
    app.save("<script>c2c.emit('large', { list: Array(8000).fill(1) })</script>", "").await?;
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

async fn an_example_is_inserted(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.save("<p>mine</p>", "").await?;
    open(cx, app).await?;
    cx.browser.click("#tab-examples").await?;
    cx.browser
        .click("#examples button[aria-label$=': Google Analytics 4']:not([aria-label^=Copy])")
        .await?;
    // At the end, with what has to be replaced selected; an undo takes it back.
    let value = cx.browser.eval("head.value").await?;
    assert!(
        value
            .as_str()
            .is_some_and(|value| value.starts_with("<p>mine</p>\n<!-- Google Analytics 4.")),
        "{value}"
    );
    let selected = "head.value.slice(head.selectionStart, head.selectionEnd)";
    assert_eq!(cx.browser.eval(selected).await?, "G-XXXXXXX");
    verdict(cx, "No problems found").await?;
    cx.browser.run("document.execCommand('undo')", &[]).await?;
    assert_eq!(cx.browser.eval("head.value").await?, "<p>mine</p>");
    cx.browser.click("#tab-events").await?;
    cx.browser.click("#events button[aria-label$='a handler for call_ended']").await?;
    let value = cx.browser.eval("head.value").await?;
    assert!(value.as_str().is_some_and(|value| value.contains("c2c.on('call_ended'")), "{value}");
    Ok(())
}

async fn a_keyboard_is_enough(cx: &Cx) -> Result<()> {
    const TAB: &str = "\u{E004}";
    const ESCAPE: &str = "\u{E00C}";
    const ARROW_RIGHT: &str = "\u{E014}";
    const SPACE: &str = " ";
    let app = cx.app().await?;
    open(cx, app).await?;
    cx.browser.run("head.focus()", &[]).await?;
    // Tab indents; Esc and Tab leaves.
    cx.browser.type_keys(&format!("a\n{TAB}b")).await?;
    assert_eq!(cx.browser.eval("head.value").await?, "a\n  b");
    cx.browser.type_keys(&format!("{ESCAPE}{TAB}")).await?;
    assert_eq!(cx.browser.eval("document.activeElement.id").await?, "body-end");
    cx.browser.type_keys(&format!("{ESCAPE}{TAB}")).await?;
    assert_eq!(cx.browser.eval("document.activeElement.textContent").await?, "Save");
    cx.browser.type_keys(SPACE).await?;
    cx.browser.wait_for("message.textContent.startsWith('Saved as revision 1')", DEADLINE).await?;
    // On to the tabs, which the arrow keys change.
    cx.browser.type_keys(TAB).await?;
    cx.browser.type_keys(ARROW_RIGHT).await?;
    assert_eq!(
        cx.browser.eval("[document.activeElement.id, events.hidden]").await?,
        json!(["tab-events", false])
    );
    Ok(())
}

async fn lines_are_indented(cx: &Cx) -> Result<()> {
    const TAB: &str = "\u{E004}";
    const SHIFT_TAB: &str = "\u{E008}\u{E004}";
    open(cx, cx.app().await?).await?;
    // `[` and `]` are the ends of the selection, `|` both.
    let cases = [
        ("a|b", TAB, "a  |b"),
        ("[a\nb]", TAB, "[  a\n  b]"),
        ("a\n  b[c\n  d]e", SHIFT_TAB, "a\n[bc\nd]e"),
        // A selection that ends where a line begins has nothing of that line.
        ("[a\nb\n]c", TAB, "[  a\n  b\n]c"),
        ("[\n]a", TAB, "[  \n]a"),
        // Where the caret is in the line makes no difference, and nothing is selected.
        ("|    a", SHIFT_TAB, "|  a"),
        (" |   a", SHIFT_TAB, "|  a"),
        ("    a|b", SHIFT_TAB, "  a|b"),
        ("\n|  a", SHIFT_TAB, "\n|a"),
        ("|\n  a", SHIFT_TAB, "|\n  a"),
    ];
    for (before, keys, after) in cases {
        let fill = "const [marked] = arguments;
            head.value = marked.replace(/[[\\]|]/g, '');
            const start = marked.search(/[[|]/);
            head.setSelectionRange(start, marked.includes('|') ? start : marked.indexOf(']') - 1);
            head.focus();";
        cx.browser.run(fill, &[json!(before)]).await?;
        if keys == TAB {
            cx.browser.type_keys(TAB).await?;
        } else {
            cx.browser.type_into("#head", SHIFT_TAB).await?;
        }
        let marked = "(({ value, selectionStart: start, selectionEnd: end }) =>
            start === end ? value.slice(0, start) + '|' + value.slice(start)
              : value.slice(0, start) + '[' + value.slice(start, end) + ']' + value.slice(end))(head)";
        assert_eq!(cx.browser.eval(marked).await?, after, "{before:?} {keys:?}");
    }
    Ok(())
}
