//! Typed text is never lost: not by a reload, not by a second window, not by a failed save.

use c2c_harness::{App, Cx, DEADLINE, Result, Server, Tests};
use serde_json::json;

use crate::console::open;

pub(crate) const TESTS: Tests = &[
    ("a_reload_keeps_what_was_typed", &a_reload_keeps_what_was_typed),
    ("two_windows_keep_their_own", &two_windows_keep_their_own),
    ("a_closed_window_leaves_its_draft", &a_closed_window_leaves_its_draft),
    ("a_failed_save_loses_nothing", &a_failed_save_loses_nothing),
    ("what_is_saved_leaves_no_draft", &what_is_saved_leaves_no_draft),
    ("an_open_window_is_never_left_behind", &an_open_window_is_never_left_behind),
    ("what_is_replaced_can_be_had_back", &what_is_replaced_can_be_had_back),
    ("a_save_whose_answer_was_lost_is_no_conflict", &a_save_whose_answer_was_lost_is_no_conflict),
    (
        "what_is_typed_during_a_save_is_not_called_saved",
        &what_is_typed_during_a_save_is_not_called_saved,
    ),
    ("crlf_is_no_change", &crlf_is_no_change),
    ("without_storage_the_console_still_opens", &without_storage_the_console_still_opens),
];

async fn type_code(cx: &Cx, text: &str) -> Result<()> {
    cx.browser.append_code("head", text).await
}

async fn assert_code(cx: &Cx, text: &str) -> Result<()> {
    cx.browser.wait_for("!code.hidden", DEADLINE).await?;
    assert_eq!(cx.browser.eval("head.value").await?, text);
    Ok(())
}

async fn save(cx: &Cx, begin: &str) -> Result<()> {
    cx.browser.click("#code-form [type=submit]").await?;
    message(cx, begin).await
}

async fn message(cx: &Cx, begin: &str) -> Result<()> {
    let message = format!("message.textContent.startsWith({begin:?})");
    cx.browser.wait_for(&message, DEADLINE).await.map(drop)
}

/// Waits until this browser keeps a draft.
async fn kept(cx: &Cx, head: &str) -> Result<()> {
    let kept =
        format!("Object.values(localStorage).some((draft) => JSON.parse(draft).head === {head:?})");
    cx.browser.wait_for(&kept, DEADLINE).await.map(drop)
}

async fn a_reload_keeps_what_was_typed(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    type_code(cx, "<p>unsaved").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>unsaved").await?;
    let notice = cx.browser.text(".notice").await?;
    assert!(notice.starts_with("This is your unsaved code"), "{notice}");
    cx.browser.click(".notice button").await?;
    assert_code(cx, "").await
}

async fn two_windows_keep_their_own(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let one = cx.browser.windows().await?.remove(0);
    type_code(cx, "<p>one</p>").await?;
    let other = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&other).await?;
    open(cx, app).await?;
    // It begins with the saved code: the first window's draft is not abandoned.
    assert_code(cx, "").await?;
    assert_eq!(cx.browser.eval("document.querySelectorAll('.notice').length").await?, 0);
    type_code(cx, "<p>other</p>").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>other</p>").await?;
    save(cx, "Saved as revision 1").await?;
    cx.browser.switch_to_window(&one).await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>one</p>").await?;
    // Both versions are there to choose from.
    save(cx, "Not saved. Resolve the conflict").await?;
    assert_code(cx, "<p>one</p>").await?;
    cx.browser.click(".notice.conflict button").await?;
    let theirs = "document.querySelector('#theirs[open] #theirs-head').value";
    assert_eq!(cx.browser.wait_for(theirs, DEADLINE).await?, "<p>other</p>");
    cx.browser.click("#theirs button").await?;
    cx.browser.click(".notice.conflict button:last-child").await?;
    message(cx, "Saved as revision 2").await?;
    assert_code(cx, "<p>one</p>").await
}

/// Types code in another window and closes it at once.
async fn leave_behind(cx: &Cx, app: &App, code: &str) -> Result<()> {
    let first = cx.browser.windows().await?.remove(0);
    let closed = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&closed).await?;
    open(cx, app).await?;
    type_code(cx, code).await?;
    cx.browser.close_window().await?;
    cx.browser.switch_to_window(&first).await
}

async fn a_closed_window_leaves_its_draft(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    leave_behind(cx, app, "<p>left behind</p>").await?;
    open(cx, app).await?;
    assert_code(cx, "").await?;
    let notice = cx.browser.text(".notice").await?;
    assert!(notice.starts_with("This browser has unsaved code"), "{notice}");
    cx.browser.click(".notice button").await?;
    assert_code(cx, "<p>left behind</p>").await?;
    // It belongs to this window now.
    cx.browser.reload().await?;
    assert_code(cx, "<p>left behind</p>").await
}

async fn a_failed_save_loses_nothing(cx: &Cx) -> Result<()> {
    let server = Server::start().await?;
    let code = "<p>typed while the server was away</p>";
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    crate::timeline::connected(cx, 1).await?;
    cx.browser.replace_code("head", code).await?;
    let stopped = server.stop()?;
    save(cx, "Not saved: the server did not answer").await?;
    assert_code(cx, code).await?;
    let server = stopped.start().await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    assert_code(cx, code).await?;
    save(cx, "Saved as revision 2").await
}

async fn what_is_saved_leaves_no_draft(cx: &Cx) -> Result<()> {
    let app: &App = cx.app().await?;
    open(cx, app).await?;
    type_code(cx, "<p>saved</p>").await?;
    save(cx, "Saved as revision 1").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>saved</p>").await?;
    assert_eq!(
        cx.browser
            .eval("[document.querySelectorAll('.notice').length, Object.keys(localStorage).filter((key) => key.startsWith('c2c draft '))]")
            .await?,
        json!([0, []])
    );
    Ok(())
}

async fn an_open_window_is_never_left_behind(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let one = cx.browser.windows().await?.remove(0);
    // A window that was opened later counts as open, too.
    let other = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&other).await?;
    open(cx, app).await?;
    type_code(cx, "<p>other</p>").await?;
    kept(cx, "<p>other</p>").await?;
    cx.browser.switch_to_window(&one).await?;
    type_code(cx, "<p>one</p>").await?;
    save(cx, "Saved as revision 1").await?;
    assert_eq!(cx.browser.eval("document.querySelectorAll('.notice').length").await?, 0);
    Ok(())
}

async fn what_is_replaced_can_be_had_back(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    leave_behind(cx, app, "<p>left behind</p>").await?;
    open(cx, app).await?;
    type_code(cx, "<p>typed here</p>").await?;
    cx.browser.click(".notice button").await?;
    assert_code(cx, "<p>left behind</p>").await?;
    // Also after a reload.
    cx.browser.reload().await?;
    assert_code(cx, "<p>left behind</p>").await?;
    let use_it = "[...document.querySelectorAll('.notice button')].find((button) => button.textContent === 'Use it')";
    cx.browser.wait_for(use_it, DEADLINE).await?;
    cx.browser.run(&format!("{use_it}.click()"), &[]).await?;
    assert_code(cx, "<p>typed here</p>").await
}

async fn a_save_whose_answer_was_lost_is_no_conflict(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    type_code(cx, "<p>mine</p>").await?;
    kept(cx, "<p>mine</p>").await?;
    // The same code reaches the server without this window's knowledge.
    app.save("<p>mine</p>", "").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>mine</p>").await?;
    type_code(cx, "!").await?;
    save(cx, "Saved as revision 2").await
}

async fn what_is_typed_during_a_save_is_not_called_saved(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    // The test decides when the server's answers come.
    let hold = "const { fetch } = window;
        const held = new Promise((release) => (window.release = release));
        window.fetch = async (...request) => {
          const response = await fetch(...request);
          if (request[1].method === 'PUT') await held;
          return response;
        };";
    cx.browser.run(hold, &[]).await?;
    type_code(cx, "<script>1").await?;
    save(cx, "Saving").await?;
    type_code(cx, "</script>").await?;
    // The current text is found valid before the answer about the code that was sent arrives.
    let verdict = "document.querySelector('.verdict').textContent";
    cx.browser.wait_for(&format!("{verdict} === 'No problems found'"), DEADLINE).await?;
    cx.browser.run("release()", &[]).await?;
    message(cx, "Not saved. ").await?;
    assert_eq!(cx.browser.eval(verdict).await?, "No problems found");

    cx.browser.run(hold, &[]).await?;
    save(cx, "Saving").await?;
    type_code(cx, "<p>").await?;
    cx.browser.run("release()", &[]).await?;
    message(cx, "Saved as revision 1").await?;
    let message = cx.browser.text("#message").await?;
    assert!(message.ends_with("Your later changes are not saved yet."), "{message}");
    Ok(())
}

async fn crlf_is_no_change(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // A program wrote this code. A text area never returns a carriage return.
    app.save("<p>one</p>\r\n<p>two</p>", "").await?;
    open(cx, app).await?;
    let runs = cx.browser.text("#run-state").await?;
    assert!(runs.starts_with("Runs revision 1"), "{runs}");
    cx.browser.reload().await?;
    assert_code(cx, "<p>one</p>\n<p>two</p>").await?;
    assert_eq!(cx.browser.eval("document.querySelectorAll('.notice').length").await?, 0);
    Ok(())
}

async fn without_storage_the_console_still_opens(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // Where the origin is not secure (plain http, not on loopback) there are no locks, and a
    // browser may refuse the storage.
    let module = "return import('/console/drafts.js').then(({ openDrafts }) => {
        Object.defineProperty(window, arguments[0], { get() { throw new DOMException('', 'SecurityError'); } });
        return openDrafts('app');
      }).then(async (drafts) => [drafts.mine(), await drafts.leftBehind(), drafts.keep({}), drafts.forget() ?? null]);";
    for missing in ["sessionStorage", "localStorage"] {
        cx.browser.reload().await?;
        let drafts = cx.browser.run(module, &[json!(missing)]).await?;
        assert_eq!(drafts, json!([null, [], false, null]), "{missing}");
    }
    Ok(())
}
