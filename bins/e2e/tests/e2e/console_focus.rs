//! Typing in the console continues in the same place when the code in the preview takes the focus.
//!
//! Keys are sent as in `focus.rs`; its documentation explains why.

use std::collections::BTreeSet;

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::json;

pub(crate) const TESTS: Tests = &[
    ("typing_goes_on_in_the_same_place", &typing_goes_on_in_the_same_place),
    ("a_selection_is_given_back", &a_selection_is_given_back),
    ("who_works_in_the_preview_stays_there", &who_works_in_the_preview_stays_there),
];

/// Distinct characters, so that a lost one can be identified.
const TEXT: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// Number of typed characters after which the theft begins.
const HONEST: usize = 12;
/// The initial text, with the caret at the end of the first line.
const BEFORE: [&str; 2] = ["<!-- typed: ", "\n-->"];

/// Takes the focus again and again once a message starts it.
const THIEF: &str = "<input id=trap><script>
    const trap = document.querySelector('#trap');
    let calls = 0;
    const take = () => {
      window.focus();
      trap.focus();
      // An element that has its document's focus already takes none from another document.
      if (calls++ % 3 === 0) { trap.blur(); trap.focus(); }
    };
    addEventListener('message', ({ data }) => {
      if (data === 'steal') for (const pause of [0, 1, 5]) setInterval(take, pause);
    });
    </script>";

/// Whether the timeline shows the end of the run.
const TOLD: &str = "document.querySelector('#timeline').innerText.includes('the code took the focus and was stopped')";

/// Opens the console with the thief in the preview, which is below the visible part, and prepares
/// the preview's widget for turns.
async fn open(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish("", THIEF).await?;
    cx.browser.resize(500, 700).await?;
    crate::console::open_plain(cx, app).await?;
    enter_widget(cx).await?;
    let turns = "addEventListener('message', ({ data, source }) => {
        // Behind what the guard does in a task of its own.
        if (data === 'turn') setTimeout(() => source.postMessage('turned', '*'));
    });";
    cx.browser.run(turns, &[]).await?;
    cx.browser.enter_top().await
}

/// Types `text` into the console. After each key down and key up, the console and the widget first
/// process its effects.
async fn type_in_turns(cx: &Cx, text: &str) -> Result<()> {
    let turn = "new Promise((resolve) => {
        addEventListener('message', function turned({ data }) {
          if (data !== 'turned') return;
          removeEventListener('message', turned);
          resolve();
        });
        setTimeout(() => live.contentWindow[0].postMessage('turn', '*'));
    })";
    for key in text.chars() {
        cx.browser.key_down(key).await?;
        cx.browser.eval(turn).await?;
        cx.browser.key_up(key).await?;
        cx.browser.eval(turn).await?;
    }
    Ok(())
}

async fn typing_goes_on_in_the_same_place(cx: &Cx) -> Result<()> {
    open(cx).await?;
    let [start, end] = BEFORE;
    let script = "const [start, end, honest] = arguments;
        head.value = start + end;
        head.focus();
        head.setSelectionRange(start.length, start.length);
        scrollTo(0, 40);
        // In WebKit the key's user activation goes along with a window message.
        head.addEventListener('input', () => {
          if (head.value.length === start.length + honest + end.length) live.contentWindow[0][0].postMessage('steal', '*');
        });";
    cx.browser.run(script, &[json!(start), json!(end), json!(HONEST)]).await?;
    type_in_turns(cx, TEXT).await?;
    // Waits until the preview has reported it. In WebKit a frame gets the focus in some runs only.
    if cx.engine != Engine::WebKit {
        cx.browser.wait_for(TOLD, DEADLINE).await?;
    }
    cx.browser.wait_for("document.activeElement === head", DEADLINE).await?;
    let found = "[head.value, head.selectionStart, head.selectionEnd, scrollY]";
    let found = cx.browser.eval(found).await?;
    let value = found[0].as_str().unwrap_or_default();
    let typed = value.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let typed = typed.unwrap_or_else(|| panic!("typed elsewhere: {value:?}"));
    let mut rest = TEXT.chars();
    assert!(typed.chars().all(|char| rest.any(|key| key == char)), "in disorder: {typed}");
    let lost: BTreeSet<char> = TEXT.chars().filter(|char| !typed.contains(*char)).collect();
    assert!(lost.len() <= if cx.engine == Engine::WebKit { 2 } else { 1 }, "lost: {lost:?}");
    let caret = start.len() + typed.len();
    assert_eq!([&found[1], &found[2]], [&json!(caret), &json!(caret)], "the caret");
    assert_eq!(found[3], 40, "the place");
    Ok(())
}

/// When a one-line field gets the focus, engines may select all of its text.
async fn a_selection_is_given_back(cx: &Cx) -> Result<()> {
    open(cx).await?;
    cx.browser.click("#context .value").await?;
    let script = "const field = document.querySelector('#context .value');
        field.value = 'one two three';
        field.setSelectionRange(4, 7, 'backward');
        live.contentWindow[0][0].postMessage('steal', '*');";
    cx.browser.run(script, &[]).await?;
    let selected = "(({ selectionStart, selectionEnd, className }) => [className, selectionStart, selectionEnd])(document.activeElement)";
    if cx.engine == Engine::WebKit {
        // It focuses no frame of another origin without a key or a click: nothing is stolen.
        assert_eq!(cx.browser.eval(selected).await?, json!(["value", 4, 7]));
        return Ok(());
    }
    cx.browser.wait_for(TOLD, DEADLINE).await?;
    cx.browser.wait_for("document.activeElement !== live", DEADLINE).await?;
    assert_eq!(cx.browser.eval(selected).await?, json!(["value", 4, 7]));
    Ok(())
}

/// Makes the preview's widget the current frame, from the console.
async fn enter_widget(cx: &Cx) -> Result<()> {
    cx.browser.enter_frame("#live").await?;
    cx.browser.enter_frame("#widget").await
}

/// Asserts that the focus is in the widget, which is the current frame; afterwards the console is
/// the current frame. (After a click there, `WebKit`'s console still names the element that had the
/// focus before.)
async fn assert_in_the_widget(cx: &Cx) -> Result<()> {
    let focused = "[document.hasFocus(), document.activeElement.id]";
    assert_eq!(cx.browser.eval(focused).await?, json!([true, "comment"]));
    cx.browser.enter_top().await
}

/// The focus of a person who works in the preview stays there, whatever the frame says to the
/// console; where the widget had the focus, the widget gets it back.
async fn who_works_in_the_preview_stays_there(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let forge = "<script>addEventListener('message', ({ data }) => {
        if (data !== 'forge') return;
        for (const above of [parent.parent, top]) above.postMessage({ c2c: 1, type: 'focus_stolen' }, '*');
        c2c.emit('forged');
      });</script>";
    app.publish(forge, THIEF).await?;
    // WebKit's driver clicks only visible elements.
    cx.browser.resize(1280, 1500).await?;
    crate::console::open_plain(cx, app).await?;
    cx.browser.click("#head").await?;
    enter_widget(cx).await?;
    for button in ["#call", "#hang-up", "#comment"] {
        cx.browser.click(button).await?;
    }
    assert_in_the_widget(cx).await?;
    cx.browser.run("live.contentWindow[0][0].postMessage('forge', '*')", &[]).await?;
    crate::timeline::row(cx, "custom:forged", "reached the parent page").await?;
    enter_widget(cx).await?;
    assert_in_the_widget(cx).await?;
    cx.browser.run("live.contentWindow[0][0].postMessage('steal', '*')", &[]).await?;
    if cx.engine != Engine::WebKit {
        cx.browser.wait_for(TOLD, DEADLINE).await?;
    }
    enter_widget(cx).await?;
    assert_in_the_widget(cx).await?;
    Ok(())
}
