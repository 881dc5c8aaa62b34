//! Typed text is saved by itself, and never lost: not by a reload, a second window or a failed save.

use c2c_harness::{App, Cx, DEADLINE, Result, Server, Tests};
use hyper::Method;
use serde_json::{Value, json};

use crate::console::{ask_to_publish, message, open, publish};

pub(crate) const TESTS: Tests = &[
    ("a_pause_saves_and_visitors_get_nothing", &a_pause_saves_and_visitors_get_nothing),
    ("a_reload_keeps_what_the_server_does_not_have", &a_reload_keeps_what_the_server_does_not_have),
    ("of_two_windows_both_texts_are_kept", &of_two_windows_both_texts_are_kept),
    ("theirs_can_be_taken_and_mine_had_back", &theirs_can_be_taken_and_mine_had_back),
    ("a_closed_window_leaves_its_draft", &a_closed_window_leaves_its_draft),
    ("a_failed_save_is_tried_again", &a_failed_save_is_tried_again),
    ("an_open_window_is_never_left_behind", &an_open_window_is_never_left_behind),
    ("a_save_whose_answer_was_lost_is_no_conflict", &a_save_whose_answer_was_lost_is_no_conflict),
    (
        "what_is_typed_during_a_save_is_not_called_saved",
        &what_is_typed_during_a_save_is_not_called_saved,
    ),
    ("what_is_published_was_looked_at", &what_is_published_was_looked_at),
    ("crlf_is_no_change", &crlf_is_no_change),
    ("without_storage_the_console_still_opens", &without_storage_the_console_still_opens),
];

/// Lets the page's saves of the draft fail, as without a network, until the next load.
const OFFLINE: &str = "const { fetch } = window;
    window.fetch = (...request) => request[1]?.method === 'PUT' ? Promise.reject(new TypeError()) : fetch(...request);";

async fn type_code(cx: &Cx, text: &str) -> Result<()> {
    cx.browser.append_code("head", text).await
}

async fn assert_code(cx: &Cx, text: &str) -> Result<()> {
    cx.browser.wait_for(&format!("!code.hidden && head.value === {text:?}"), DEADLINE).await?;
    Ok(())
}

/// The draft that the server has.
async fn draft(cx: &Cx, app: &App) -> Result<Value> {
    let path = format!("/api/apps/{}/draft", app.id);
    cx.server().await?.api(Method::GET, &path, None).await?.expect(200)?.json()
}

/// Waits until this browser keeps a draft.
async fn kept(cx: &Cx, head: &str) -> Result<()> {
    let kept =
        format!("Object.values(localStorage).some((draft) => JSON.parse(draft).head === {head:?})");
    cx.browser.wait_for(&kept, DEADLINE).await.map(drop)
}

/// Clicks the button of a notice with this text.
async fn choose(cx: &Cx, text: &str) -> Result<()> {
    let button = format!(
        "[...document.querySelectorAll('.notice button')].find((button) => button.textContent === {text:?})"
    );
    cx.browser.wait_for(&button, DEADLINE).await?;
    cx.browser.run(&format!("{button}.click()"), &[]).await.map(drop)
}

async fn a_pause_saves_and_visitors_get_nothing(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    type_code(cx, "<script>top.postMessage('typed', '*')</script><p>typed").await?;
    message(cx, "Draft saved. Nothing is published yet.").await?;
    assert_eq!(
        draft(cx, app).await?["head"],
        "<script>top.postMessage('typed', '*')</script><p>typed"
    );
    cx.browser.reload().await?;
    assert_code(cx, "<script>top.postMessage('typed', '*')</script><p>typed").await?;
    let left = "[document.querySelectorAll('.notice').length, Object.keys(localStorage).filter((key) => key.startsWith('c2c draft '))]";
    assert_eq!(cx.browser.eval(left).await?, json!([0, []]));
    let served = app.served().await?;
    assert!(!served.contains("<p>typed"), "{served}");
    Ok(())
}

async fn a_reload_keeps_what_the_server_does_not_have(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    cx.browser.run(OFFLINE, &[]).await?;
    type_code(cx, "<p>unsaved").await?;
    message(cx, "Not saved: the server did not answer. Your code is kept in this browser").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>unsaved").await?;
    let notice = cx.browser.text(".notice").await?;
    assert!(notice.starts_with("This is your unsaved code"), "{notice}");
    message(cx, "Draft saved.").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>unsaved");
    choose(cx, "Go back to the saved code").await?;
    assert_code(cx, "").await
}

/// Opens an app in two windows. The first one saves "<p>one</p>", then the second one types
/// "<p>other</p>".
async fn conflict(cx: &Cx, app: &App) -> Result<()> {
    open(cx, app).await?;
    let other = cx.browser.windows().await?.remove(0);
    let one = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&one).await?;
    open(cx, app).await?;
    type_code(cx, "<p>one</p>").await?;
    message(cx, "Draft saved.").await?;
    cx.browser.close_window().await?;
    cx.browser.switch_to_window(&other).await?;
    type_code(cx, "<p>other</p>").await?;
    message(cx, "Not saved. Resolve the conflict").await
}

async fn of_two_windows_both_texts_are_kept(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    conflict(cx, app).await?;
    assert_code(cx, "<p>other</p>").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>one</p>", "nothing was overwritten");
    // Typing goes on; it is checked, and still not saved.
    type_code(cx, "<script>").await?;
    let verdict = "document.querySelector('.verdict').textContent.startsWith('1 problem')";
    cx.browser.wait_for(verdict, DEADLINE).await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>one</p>");
    type_code(cx, "</script>").await?;
    choose(cx, "Compare").await?;
    let shown = "[...document.querySelectorAll('#compare[open] td:is(.removed, .added)')].map((cell) => cell.textContent)";
    assert_eq!(
        cx.browser.eval(shown).await?,
        json!(["removed: <p>one</p>", "added: <p>other</p><script></script>"])
    );
    cx.browser.click("#compare button").await?;
    choose(cx, "Keep mine").await?;
    message(cx, "Draft saved.").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>other</p><script></script>");
    // The other text can be had back, also after a reload.
    cx.browser.reload().await?;
    choose(cx, "Use it").await?;
    assert_code(cx, "<p>one</p>").await?;
    message(cx, "Draft saved.").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>one</p>");
    choose(cx, "Use it").await?;
    assert_code(cx, "<p>other</p><script></script>").await
}

async fn theirs_can_be_taken_and_mine_had_back(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    conflict(cx, app).await?;
    choose(cx, "Take theirs").await?;
    assert_code(cx, "<p>one</p>").await?;
    message(cx, "Draft saved.").await?;
    // Editing goes on from theirs.
    type_code(cx, "!").await?;
    message(cx, "Draft saved.").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>one</p>!");
    choose(cx, "Use it").await?;
    assert_code(cx, "<p>other</p>").await
}

/// Types code that the server does not get in another window, and closes it at once.
async fn leave_behind(cx: &Cx, app: &App, code: &str) -> Result<()> {
    let first = cx.browser.windows().await?.remove(0);
    let closed = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&closed).await?;
    open(cx, app).await?;
    cx.browser.run(OFFLINE, &[]).await?;
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
    assert!(notice.starts_with("This browser keeps other code"), "{notice}");
    choose(cx, "Use it").await?;
    assert_code(cx, "<p>left behind</p>").await?;
    message(cx, "Draft saved.").await?;
    cx.browser.reload().await?;
    assert_code(cx, "<p>left behind</p>").await
}

async fn a_failed_save_is_tried_again(cx: &Cx) -> Result<()> {
    let server = Server::start().await?;
    let code = "<p>typed while the server was away</p>";
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    crate::timeline::connected(cx, 1).await?;
    let stopped = server.stop()?;
    cx.browser.replace_code("head", code).await?;
    message(cx, "Not saved: the server did not answer").await?;
    assert_code(cx, code).await?;
    let server = stopped.start().await?;
    message(cx, "Draft saved. Visitors have revision 1.").await?;
    let draft = server.api(Method::GET, "/api/apps/demo/draft", None).await?.json()?;
    assert_eq!(draft["head"], code);
    publish(cx, "Published as revision 2. It is live for visitors.").await
}

async fn an_open_window_is_never_left_behind(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    let one = cx.browser.windows().await?.remove(0);
    // A window that was opened later counts as open, too.
    let other = cx.browser.new_tab().await?;
    cx.browser.switch_to_window(&other).await?;
    open(cx, app).await?;
    cx.browser.run(OFFLINE, &[]).await?;
    type_code(cx, "<p>other</p>").await?;
    kept(cx, "<p>other</p>").await?;
    cx.browser.switch_to_window(&one).await?;
    cx.browser.reload().await?;
    assert_code(cx, "").await?;
    type_code(cx, "<p>one</p>").await?;
    message(cx, "Draft saved.").await?;
    assert_eq!(cx.browser.eval("document.querySelectorAll('.notice').length").await?, 0);
    Ok(())
}

async fn a_save_whose_answer_was_lost_is_no_conflict(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The same code reaches the server without this window's knowledge.
    app.save_draft("<p>mine</p>", "").await?;
    type_code(cx, "<p>mine</p>").await?;
    message(cx, "Draft saved.").await?;
    type_code(cx, "!").await?;
    message(cx, "Draft saved.").await?;
    assert_eq!(draft(cx, app).await?["head"], "<p>mine</p>!");
    assert_eq!(cx.browser.eval("document.querySelectorAll('.notice').length").await?, 0);
    Ok(())
}

async fn what_is_typed_during_a_save_is_not_called_saved(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    // The test decides when the answer to the first save comes.
    let hold = "const { fetch } = window;
        let held = new Promise((release) => (window.release = release));
        window.fetch = async (...request) => {
          const response = await fetch(...request);
          if (request[1]?.method === 'PUT') await held;
          return response;
        };";
    cx.browser.run(hold, &[]).await?;
    type_code(cx, "<script>1").await?;
    message(cx, "Saving").await?;
    type_code(cx, "</script>").await?;
    message(cx, "Not saved yet.").await?;
    cx.browser.run("release()", &[]).await?;
    // The findings of the first text are not shown for the second.
    message(cx, "Draft saved.").await?;
    let verdict = cx.browser.eval("document.querySelector('.verdict').textContent").await?;
    assert_eq!(verdict, "No problems found");
    assert_eq!(draft(cx, app).await?["head"], "<script>1</script>");
    Ok(())
}

/// The draft changes elsewhere while a person looks at the dialog.
async fn what_is_published_was_looked_at(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish("<p>first</p>", "").await?;
    open(cx, app).await?;
    cx.browser.replace_code("head", "<p>second</p>").await?;
    ask_to_publish(cx).await?;
    let shown = "[...document.querySelectorAll('#ask td:is(.removed, .added)')].map((cell) => cell.textContent)";
    assert_eq!(
        cx.browser.eval(shown).await?,
        json!(["removed: <p>first</p>", "added: <p>second</p>"])
    );
    app.save_draft("<p>unseen</p>", "").await?;
    cx.browser.click("#ask-submit").await?;
    let failure = "document.querySelector('#ask-message').textContent";
    cx.browser
        .wait_for(&format!("{failure}.includes('the draft was saved elsewhere')"), DEADLINE)
        .await?;
    // The same with a publication.
    app.publish("<p>unseen</p>", "").await?;
    cx.browser.click("#ask-cancel").await?;
    let served = app.served().await?;
    assert!(served.contains("<p>unseen</p>") && !served.contains("<p>second</p>"), "{served}");
    Ok(())
}

async fn crlf_is_no_change(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    // A program wrote this code. A text area never returns a carriage return.
    app.publish("<p>one</p>\r\n<p>two</p>", "").await?;
    open(cx, app).await?;
    let runs = cx.browser.text("#run-state").await?;
    assert!(runs.starts_with("Runs revision 1"), "{runs}");
    message(cx, "Draft saved. It is live as revision 1.").await?;
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
