//! From a paste to visitors and back: preview, staging, publication, history, switching off.

use c2c_harness::{App, Cx, DEADLINE, Result, Tests};
use hyper::Method;
use serde_json::json;

use crate::console::{ask_to_publish, message, open, publish};
use crate::steps::heard;
use crate::timeline::{play, row};

pub(crate) const TESTS: Tests = &[
    ("the_whole_story", &the_whole_story),
    ("two_people_at_once", &two_people_at_once),
    ("any_two_revisions_are_compared", &any_two_revisions_are_compared),
    ("a_publication_is_planned_and_cancelled", &a_publication_is_planned_and_cancelled),
    ("an_app_is_deleted_and_comes_back", &an_app_is_deleted_and_comes_back),
    ("settings_of_two_people_are_not_lost", &settings_of_two_people_are_not_lost),
];

/// Code that reports itself to the parent page.
fn says(name: &str) -> String {
    format!("<script>c2c.emit('{name}')</script>")
}

async fn history(cx: &Cx, app: &App) -> Result<()> {
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}/history", app.id)).await?;
    cx.browser
        .wait_for("document.querySelector('#history:not([hidden])')", DEADLINE)
        .await
        .map(drop)
}

/// Presses a button with this text outside the dialogs.
async fn press(cx: &Cx, text: &str) -> Result<()> {
    let button = format!(
        "[...document.querySelectorAll('main:not([hidden]) button')]
           .find((button) => button.textContent === {text:?} && button.checkVisibility())"
    );
    cx.browser.wait_for(&button, DEADLINE).await?;
    cx.browser.run(&format!("{button}.click()"), &[]).await.map(drop)
}

/// Answers the open dialog, and waits until it closes.
async fn confirm(cx: &Cx, note: &str) -> Result<()> {
    cx.browser.wait_for("document.querySelector('#ask[open]')", DEADLINE).await?;
    if !note.is_empty() {
        cx.browser.type_into("#ask-note", note).await?;
    }
    cx.browser.click("#ask-submit").await?;
    cx.browser.wait_for("!document.querySelector('#ask[open]')", DEADLINE).await.map(drop)
}

async fn state(cx: &Cx, begin: &str) -> Result<()> {
    let state = format!("document.querySelector('#state').textContent.startsWith({begin:?})");
    cx.browser.wait_for(&state, DEADLINE).await.map(drop)
}

/// Opens a page with the widget, and waits until its code has reported itself.
async fn visit(cx: &Cx, url: &str, name: &str) -> Result<()> {
    cx.browser.goto(url).await?;
    heard(cx, &format!("custom:{name}")).await.map(drop)
}

/// Opens a page with the widget, and asserts that no custom event comes until the widget has loaded and a
/// call was made.
async fn visit_in_silence(cx: &Cx, url: &str) -> Result<()> {
    cx.browser.goto(url).await?;
    crate::steps::press(cx, "#call").await?;
    crate::steps::press(cx, "#hang-up").await?;
    heard(cx, "call_ended").await?;
    let custom = "document.querySelectorAll('#events [data-name^=custom]').length";
    assert_eq!(cx.browser.eval(custom).await?, 0);
    Ok(())
}

async fn the_whole_story(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let server = cx.server().await?;
    let settings = json!({"name": "Story", "parentOrigins": [], "jar": "visit", "staging": true, "approval": false});
    let path = format!("/api/apps/{}", app.id);
    server
        .api_at(Method::PUT, &format!("{path}/settings"), Some(&settings), Some(&json!(1)))
        .await?
        .expect(200)?;
    app.publish(&says("old"), "").await?;
    // Paste, see a problem, fix it.
    open(cx, app).await?;
    cx.browser.replace_code("head", "<script>c2c.emit('new')").await?;
    let problem = "document.querySelector('.verdict').textContent.startsWith('1 problem')";
    cx.browser.wait_for(problem, DEADLINE).await?;
    cx.browser.append_code("head", "</script>").await?;
    message(cx, "Draft saved. Visitors have revision 1.").await?;
    // Preview: the page in it is on another origin than the console.
    play(cx, "started").await?;
    row(cx, "custom:new", "reached the parent page").await?;
    visit(cx, &app.parent_url(""), "old").await?;
    // Stage.
    open(cx, app).await?;
    ask_to_publish(cx).await?;
    confirm(cx, "First try").await?;
    message(cx, "Published as revision 2. It is in staging.").await?;
    visit(cx, &format!("{}/staging/{}", server.parent, app.id), "new").await?;
    visit(cx, &app.parent_url(""), "old").await?;
    // Put it live.
    history(cx, app).await?;
    state(cx, "Visitors have revision 1.").await?;
    press(cx, "Put revision 2 live…").await?;
    confirm(cx, "").await?;
    state(cx, "Visitors have revision 2.").await?;
    visit(cx, &app.parent_url(""), "new").await?;
    // Restore the old one: the note is in the history.
    history(cx, app).await?;
    cx.browser.click("[aria-label='Restore revision 1']").await?;
    confirm(cx, "The new one lost leads").await?;
    state(cx, "Visitors have revision 3.").await?;
    let notes =
        "[...document.querySelectorAll('#revisions .note')].map((note) => note.textContent)";
    assert_eq!(
        cx.browser.eval(notes).await?,
        json!(["Restored revision 1. The new one lost leads", "First try", ""])
    );
    visit(cx, &app.parent_url(""), "old").await?;
    // Switch off, and on again.
    history(cx, app).await?;
    press(cx, "Switch off…").await?;
    confirm(cx, "It is too slow").await?;
    state(cx, "Switched off since").await?;
    let said = cx.browser.text("#state").await?;
    assert!(said.contains("Reason: It is too slow"), "{said}");
    visit_in_silence(cx, &app.parent_url("")).await?;
    history(cx, app).await?;
    press(cx, "Switch on…").await?;
    confirm(cx, "").await?;
    state(cx, "Visitors have revision 3.").await?;
    visit(cx, &app.parent_url(""), "old").await?;
    // The audit trail tells it all, the newest first.
    history(cx, app).await?;
    let trail = cx.browser.text("#audit").await?;
    let told = [
        "switched the code on",
        "switched the code off: It is too slow",
        "restored revision 1 as revision 3: The new one lost leads",
        "put revision 2 live from staging",
        "published revision 2 to staging: First try",
        "published revision 1",
        "changed the settings",
        "created the app",
    ];
    let places: Vec<_> = told.iter().map(|words| trail.find(words)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {trail}");
    Ok(())
}

async fn two_people_at_once(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&says("first"), "").await?;
    open(cx, app).await?;
    cx.browser.replace_code("head", &says("mine")).await?;
    ask_to_publish(cx).await?;
    // Another person publishes while this one looks at the changes.
    app.publish(&says("theirs"), "").await?;
    cx.browser.click("#ask-submit").await?;
    let failure = "document.querySelector('#ask-message').textContent";
    let rejected = format!("{failure}.startsWith('Not published: the draft was saved elsewhere')");
    cx.browser.wait_for(&rejected, DEADLINE).await?;
    cx.browser.click("#ask-cancel").await?;
    // The console reads the app again when it meets the conflict; the answer comes after *Keep mine*.
    let hold = "const original = window.fetch;
        const held = new Promise((resolve) => { window.release = resolve; });
        window.fetch = async (...request) => {
            const read = new RegExp('^/api/apps/[0-9a-f]+$').test(request[0]);
            const answer = await original(...request);
            if (read) await held;
            return answer;
        };";
    cx.browser.run(hold, &[]).await?;
    // The draft is theirs; nothing of the own text is lost.
    cx.browser.append_code("head", "<b></b>").await?;
    message(cx, "Not saved. Resolve the conflict").await?;
    let keep = "[...document.querySelectorAll('.notice button')].find((button) => button.textContent === 'Keep mine').click()";
    cx.browser.run(keep, &[]).await?;
    cx.browser.run("window.release()", &[]).await?;
    message(cx, "Draft saved. Visitors have revision 2.").await?;
    publish(cx, "Published as revision 3").await?;
    visit(cx, &app.parent_url(""), "mine").await
}

async fn any_two_revisions_are_compared(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let lines = |changed: &str| {
        let numbered: Vec<String> = (1..=20).map(|line| format!("<i>{line}</i>")).collect();
        numbered.join("\n").replace("<i>10</i>", changed)
    };
    for changed in ["<b>one</b>", "<b>two</b>", "<b>three</b>\n<b>more</b>"] {
        app.publish(&lines(changed), "").await?;
    }
    history(cx, app).await?;
    cx.browser.click("[aria-label='Compare revision 1 with the live one']").await?;
    let rows = "[...document.querySelectorAll('#comparison tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent).join('|'))";
    cx.browser.wait_for(&format!("{rows}.length > 0"), DEADLINE).await?;
    let same = |line: u32, other: u32| json!(format!("{line}|<i>{line}</i>|{other}|<i>{line}</i>"));
    let below = |line: u32| json!(format!("{}|<i>{line}</i>|{line}|<i>{line}</i>", line + 1));
    assert_eq!(
        cx.browser.eval(rows).await?,
        json!([
            "6 more lines",
            same(7, 7),
            same(8, 8),
            same(9, 9),
            "10|removed: <b>three</b>|10|added: <b>one</b>",
            "11|removed: <b>more</b>||",
            below(11),
            below(12),
            below(13),
            "7 more lines",
        ])
    );
    let choose = "const select = document.querySelector('#compare-one');
        select.value = '2';
        select.dispatchEvent(new Event('change'));";
    cx.browser.run(choose, &[]).await?;
    cx.browser
        .wait_for(
            &format!("{rows}.includes('10|removed: <b>two</b>|10|added: <b>one</b>')"),
            DEADLINE,
        )
        .await?;
    Ok(())
}

async fn a_publication_is_planned_and_cancelled(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    open(cx, app).await?;
    cx.browser.replace_code("head", &says("later")).await?;
    ask_to_publish(cx).await?;
    cx.browser.click("#ask .later summary").await?;
    cx.browser.run("document.querySelector('#publish-at').value = '2999-01-01T12:00'", &[]).await?;
    cx.browser.click("#ask-submit").await?;
    message(cx, "Planned: revision 1 goes live").await?;
    history(cx, app).await?;
    state(cx, "Nothing is published yet").await?;
    let plans = "document.querySelector('#plans').textContent";
    let planned = format!("{plans}.startsWith('Revision 1 goes live on')");
    cx.browser.wait_for(&planned, DEADLINE).await?;
    press(cx, "Cancel this").await?;
    cx.browser.wait_for(&format!("{plans} === ''"), DEADLINE).await?;
    Ok(())
}

async fn an_app_is_deleted_and_comes_back(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&says("here"), "").await?;
    let settings = format!("{}/apps/{}/settings", cx.server().await?.console, app.id);
    cx.browser.goto(&settings).await?;
    cx.browser.wait_for("!general.hidden", DEADLINE).await?;
    press(cx, "Delete…").await?;
    confirm(cx, "").await?;
    cx.browser
        .wait_for(
            "document.querySelector('#general h1').textContent.endsWith('was deleted')",
            DEADLINE,
        )
        .await?;
    assert!(app.served().await.is_err(), "nothing of it is served");
    press(cx, "Bring it back").await?;
    cx.browser.wait_for("document.querySelector('#embed')?.textContent", DEADLINE).await?;
    visit(cx, &app.parent_url(""), "here").await
}

async fn settings_of_two_people_are_not_lost(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let server = cx.server().await?;
    cx.browser.goto(&format!("{}/apps/{}/settings", server.console, app.id)).await?;
    cx.browser.wait_for("!general.hidden", DEADLINE).await?;
    let theirs = json!({"name": "Theirs", "parentOrigins": [], "jar": "kept", "staging": false, "approval": false});
    let path = format!("/api/apps/{}/settings", app.id);
    server.api_at(Method::PUT, &path, Some(&theirs), Some(&json!(1))).await?.expect(200)?;
    cx.browser.run("document.querySelector('#general-name').value = 'Mine'", &[]).await?;
    let submit = "#general-form [type=submit]";
    cx.browser.click(submit).await?;
    let said = "document.querySelector('#general-message').textContent";
    let conflict = format!("{said}.includes('name “Theirs”') && {said}.startsWith('Not saved')");
    cx.browser.wait_for(&conflict, DEADLINE).await?;
    let stored = server.api(Method::GET, &path, None).await?.json()?;
    assert_eq!(stored["name"], "Theirs");
    // To save again is a decision.
    cx.browser.click(submit).await?;
    cx.browser.wait_for(&format!("{said}.startsWith('Saved.')"), DEADLINE).await?;
    let stored = server.api(Method::GET, &path, None).await?.json()?;
    assert_eq!((&stored["name"], &stored["jar"]), (&json!("Mine"), &json!("visit")));
    Ok(())
}
