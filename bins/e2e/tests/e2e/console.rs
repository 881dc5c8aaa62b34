//! The console's main flow: paste, see problems, fix them, publish, watch events fire.

use c2c_harness::{App, Cx, DEADLINE, Result, Tests};
use serde_json::json;

use crate::timeline::{connected, opened, play, row};

pub(crate) const TESTS: Tests = &[
    ("a_person_pastes_fixes_publishes_and_watches", &a_person_pastes_fixes_publishes_and_watches),
    ("a_warning_is_shown_and_stops_nothing", &a_warning_is_shown_and_stops_nothing),
    ("an_app_is_made", &an_app_is_made),
    ("settings_are_changed", &settings_are_changed),
    ("an_example_is_inserted", &an_example_is_inserted),
    ("events_are_searched", &events_are_searched),
    ("lines_are_indented", &lines_are_indented),
    ("a_keyboard_is_enough", &a_keyboard_is_enough),
];

/// Opens an app's custom code and waits until its preview runs.
pub(crate) async fn open(cx: &Cx, app: &App) -> Result<()> {
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}", app.id)).await?;
    cx.browser.wait_for("document.querySelectorAll('.code.rich').length === 2", DEADLINE).await?;
    connected(cx, 1).await
}

/// The same with plain text areas.
pub(crate) async fn open_plain(cx: &Cx, app: &App) -> Result<()> {
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}?editor=plain", app.id)).await?;
    connected(cx, 1).await
}

/// The id of the text area whose editor has the focus.
pub(crate) const FOCUSED: &str =
    "document.activeElement.closest('.area')?.querySelector('textarea').id";

async fn verdict(cx: &Cx, begin: &str) -> Result<()> {
    let verdict = format!("document.querySelector('.verdict').textContent.startsWith({begin:?})");
    cx.browser.wait_for(&verdict, DEADLINE).await.map(drop)
}

/// Waits until the message under the code begins so.
pub(crate) async fn message(cx: &Cx, begin: &str) -> Result<()> {
    let message = format!("message.textContent.startsWith({begin:?})");
    cx.browser.wait_for(&message, DEADLINE).await.map(drop)
}

/// Opens the dialog *Publish*, once the draft is saved.
pub(crate) async fn ask_to_publish(cx: &Cx) -> Result<()> {
    cx.browser.click("#code-form button[type=submit]").await?;
    cx.browser.wait_for("document.querySelector('#ask[open]')", DEADLINE).await.map(drop)
}

/// Publishes the draft, in spite of warnings, and waits for the message.
pub(crate) async fn publish(cx: &Cx, begin: &str) -> Result<()> {
    ask_to_publish(cx).await?;
    let accept = "document.querySelectorAll('#ask .accept input').forEach((box) => box.click())";
    cx.browser.run(accept, &[]).await?;
    cx.browser.click("#ask-submit").await?;
    message(cx, begin).await
}

async fn a_person_pastes_fixes_publishes_and_watches(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let hit = cx.collector.hit_url("ended");
    let code = format!(
        "<p>Hi</p>\n  <script>c2c.on('call_ended', (e) => {{ fetch('{hit}'); c2c.emit('counted', {{ seconds: e.duration }}); }});"
    );
    cx.browser.append_code("head", &code).await?;
    // Problems are shown before publication.
    verdict(cx, "1 problem to fix").await?;
    let finding = cx.browser.text(".findings li").await?;
    assert!(finding.starts_with("Line 2, column 3"), "{finding}");
    // Publishing it is refused with a message.
    cx.browser.click("#code-form button[type=submit]").await?;
    message(cx, "Not published. Fix the marked problems").await?;
    // The finding leads to the place, and nothing typed is lost.
    cx.browser.click(".findings .place").await?;
    assert_eq!(
        cx.browser.eval(&format!("[{FOCUSED}, `${{getSelection()}}`, head.value]")).await?,
        json!(["head", &code[12..], code])
    );
    cx.browser.append_code("head", "</script>").await?;
    verdict(cx, "No problems found").await?;
    publish(cx, "Published as revision 1").await?;
    // The published code runs in the preview; a call is played and its effects are shown.
    connected(cx, 2).await?;
    play(cx, "whole").await?;
    row(cx, "call_ended", "heard by 1 handler").await?;
    row(cx, "call_started", "No handler is subscribed to this event").await?;
    row(cx, "custom:counted", "reached the parent page").await?;
    let custom = opened(cx, "custom:counted").await?;
    assert_eq!(custom["data"]["seconds"], 42);
    assert_eq!(custom["data"]["context"], json!({"orderId": "A-1", "customerTier": "gold"}));
    cx.collector.hit("ended", DEADLINE).await?;
    // The call ends with the survey, and visitors have the code as well.
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
    cx.browser.append_code("head", code).await?;
    verdict(cx, "1 warning: the code runs, but part of it may not work").await?;
    let finding = cx.browser.text(".findings li").await?;
    let expected =
        "Line 2, column 17: there is no widget event call_end (did you mean call_ended?).";
    assert!(finding.starts_with(expected), "{finding}");
    let severity = "document.querySelector('.findings li').dataset.severity";
    assert_eq!(cx.browser.eval(severity).await?, "warning");
    publish(cx, "Published as revision 1").await
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
    // The link back leads to the list, which shows the app.
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
    // The input is still there; it is fixed.
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

async fn an_example_is_inserted(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish("<p>mine</p>", "").await?;
    open(cx, app).await?;
    cx.browser.click("#tab-examples").await?;
    cx.browser
        .click("#examples button[aria-label$=': Google Analytics 4']:not([aria-label^=Copy])")
        .await?;
    // It is inserted at the end, with the part to replace selected; an undo removes it.
    let value = cx.browser.eval("head.value").await?;
    assert!(
        value
            .as_str()
            .is_some_and(|value| value.starts_with("<p>mine</p>\n<!-- Google Analytics 4.")),
        "{value}"
    );
    assert_eq!(cx.browser.eval("`${getSelection()}`").await?, "G-XXXXXXX");
    verdict(cx, "No problems found").await?;
    cx.browser.with_control('z').await?;
    assert_eq!(cx.browser.eval("head.value").await?, "<p>mine</p>");
    cx.browser.click("#tab-events").await?;
    cx.browser.click("#events button[aria-label$='a handler for call_ended']").await?;
    let value = cx.browser.eval("head.value").await?;
    assert!(value.as_str().is_some_and(|value| value.contains("c2c.on('call_ended'")), "{value}");
    Ok(())
}

async fn events_are_searched(cx: &Cx) -> Result<()> {
    const TAB: &str = "\u{E004}";
    open(cx, cx.app().await?).await?;
    cx.browser.click("#tab-events").await?;
    let shown = "[document.querySelector('#events [role=status]').textContent,
        ...[...document.querySelectorAll('#events .card h2')].filter((h2) => h2.checkVisibility()).map((h2) => h2.textContent)]";
    cx.browser
        .wait_for("document.querySelectorAll('#events .card').length === 5", DEADLINE)
        .await?;
    for (query, expected) in [
        // Parts of a name; a field; words of a summary.
        ("Call ENDED", json!(["1 of 5 events", "call_ended"])),
        ("hasForm", json!(["1 of 5 events", "call_started"])),
        ("rated", json!(["1 of 5 events", "survey_submitted"])),
        ("duration", json!(["2 of 5 events", "call_ended", "call_error"])),
        ("<b>", json!(["No event has “<b>” in its name, summary or fields"])),
    ] {
        cx.browser.run("document.querySelector('#event-search').value = ''", &[]).await?;
        cx.browser.type_into("#event-search", query).await?;
        assert_eq!(cx.browser.eval(shown).await?, expected, "{query}");
    }
    // The keyboard skips hidden items, too.
    cx.browser.run("document.querySelector('#event-search').value = ''", &[]).await?;
    cx.browser.type_into("#event-search", "survey").await?;
    cx.browser.type_keys(TAB).await?;
    assert_eq!(
        cx.browser.eval("document.activeElement.getAttribute('aria-label')").await?,
        "Code: the handler for survey_submitted"
    );
    // The types can be hidden.
    let types = cx
        .browser
        .run(
            "const link = document.querySelector('#events a[download]');
             return fetch(link.href).then((response) => response.text());",
            &[],
        )
        .await?;
    assert_eq!(types, json!(c2c_catalogue::Catalogue::reference().typescript()));
    Ok(())
}

async fn a_keyboard_is_enough(cx: &Cx) -> Result<()> {
    const TAB: &str = "\u{E004}";
    const ESCAPE: &str = "\u{E00C}";
    const ARROW_RIGHT: &str = "\u{E014}";
    const SPACE: &str = " ";
    let app = cx.app().await?;
    open(cx, app).await?;
    cx.browser.focus_code("head").await?;
    // Tab indents; Esc and then Tab leaves the field.
    cx.browser.type_keys(&format!("a\n{TAB}b")).await?;
    assert_eq!(cx.browser.eval("head.value").await?, "a\n  b");
    cx.browser.type_keys(&format!("{ESCAPE}{TAB}")).await?;
    assert_eq!(cx.browser.eval(FOCUSED).await?, "body-end");
    cx.browser.type_keys(&format!("{ESCAPE}{TAB}")).await?;
    assert_eq!(cx.browser.eval("document.activeElement.textContent").await?, "Publish…");
    cx.browser.type_keys(SPACE).await?;
    cx.browser.wait_for("document.querySelector('#ask[open]')", DEADLINE).await?;
    // Tab leads through the changes, *Publish later*, the warning to accept, and the note to the button.
    let at = "document.activeElement.id || document.activeElement.type || ''";
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("ask-submit")) && seen.len() < 8 {
        cx.browser.type_keys(TAB).await?;
        seen.push(cx.browser.eval(at).await?);
        if seen.last() == Some(&json!("checkbox")) {
            cx.browser.type_keys(SPACE).await?;
        }
    }
    assert_eq!(json!(seen), json!(["", "checkbox", "ask-note", "ask-submit"]));
    cx.browser.type_keys(SPACE).await?;
    message(cx, "Published as revision 1").await?;
    // The focus is where it was before the dialog.
    assert_eq!(cx.browser.eval("document.activeElement.textContent").await?, "Publish…");
    // Tab goes on to the tabs, which the arrow keys change.
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
    open_plain(cx, cx.app().await?).await?;
    // `[` and `]` are the ends of the selection, `|` is the caret.
    let cases = [
        ("a|b", TAB, "a  |b"),
        ("[a\nb]", TAB, "[  a\n  b]"),
        ("a\n  b[c\n  d]e", SHIFT_TAB, "a\n[bc\nd]e"),
        // A selection that ends at the beginning of a line does not include that line.
        ("[a\nb\n]c", TAB, "[  a\n  b\n]c"),
        ("[\n]a", TAB, "[  \n]a"),
        // The caret's position in the line makes no difference, and nothing is selected.
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
