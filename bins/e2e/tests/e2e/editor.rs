//! The code editor: what the library adds to the text areas, and the console without it.

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::json;

use crate::console::{open, open_plain};

pub(crate) const TESTS: Tests = &[
    ("code_in_html_is_highlighted", &code_in_html_is_highlighted),
    ("names_are_completed", &names_are_completed),
    ("findings_are_marked_in_the_code", &findings_are_marked_in_the_code),
    ("code_is_searched_and_undone", &code_is_searched_and_undone),
    ("fixes_are_applied", &fixes_are_applied),
    ("without_the_library_text_areas_stay", &without_the_library_text_areas_stay),
];

/// The texts of the parts of the head's code that have a class.
fn parts(class: &str) -> String {
    format!(
        "[...document.querySelectorAll('.area:first-of-type .cm-content .{class}')].map((part) => part.textContent)"
    )
}

async fn code_in_html_is_highlighted(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    let code =
        "<p title='a'>x</p><script>const b = 7; // c\n</script><style>p { color: red }</style>";
    cx.browser.replace_code("head", code).await?;
    for (class, text) in [
        ("tok-tag", "script"),
        ("tok-name", "title"),
        ("tok-keyword", "const"),
        ("tok-number", "7"),
        ("tok-comment", "// c"),
        ("tok-name", "color"),
    ] {
        let shown = format!("{}.some((part) => part.includes({text:?}))", parts(class));
        cx.browser.wait_for(&shown, DEADLINE).await?;
    }
    Ok(())
}

async fn names_are_completed(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    let options = "[...document.querySelectorAll('.cm-tooltip-autocomplete .cm-completionLabel')].map((label) => label.textContent)";
    let offers = |label: &str| format!("{options}.includes({label:?})");
    cx.browser.focus_code("head").await?;
    cx.browser.type_keys("<script>c2c.o").await?;
    cx.browser.wait_for(&offers("once"), DEADLINE).await?;
    cx.browser.type_keys("n('call_e").await?;
    cx.browser.wait_for(&offers("call_ended"), DEADLINE).await?;
    assert_eq!(cx.browser.eval(options).await?[0], "call_ended");
    cx.browser.click(".cm-tooltip-autocomplete li[aria-selected]").await?;
    cx.browser.wait_for("head.value === \"<script>c2c.on('call_ended\"", DEADLINE).await?;
    cx.browser.type_keys("', (call) => call.").await?;
    cx.browser.wait_for(&offers("duration"), DEADLINE).await?;
    assert_eq!(cx.browser.eval(&offers("rating")).await?, false);
    Ok(())
}

async fn findings_are_marked_in_the_code(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    cx.browser.replace_code("head", "<p>x</p>\n<script>alert(1)</script>").await?;
    cx.browser
        .wait_for(&format!("{}.includes('alert')", parts("cm-lintRange-warning")), DEADLINE)
        .await?;
    cx.browser.replace_code("head", "<p>x</p>").await?;
    cx.browser.wait_for(&format!("{}.length === 0", parts("cm-lintRange")), DEADLINE).await?;
    Ok(())
}

async fn code_is_searched_and_undone(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    cx.browser.replace_code("head", "<p>one</p>\n<p>two</p>").await?;
    cx.browser.with_control('f').await?;
    cx.browser.wait_for("document.activeElement.closest('.cm-search')", DEADLINE).await?;
    cx.browser.type_keys("two").await?;
    cx.browser.wait_for(&format!("{}.length === 1", parts("cm-searchMatch")), DEADLINE).await?;
    cx.browser.focus_code("head").await?;
    cx.browser.with_control('z').await?;
    cx.browser.wait_for("head.value === ''", DEADLINE).await?;
    Ok(())
}

async fn fixes_are_applied(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    let code = "<p>é</p>\n<script src=\"http://a.example/1.js\"></script>\n<script src=\"http://b.example/2.js\"></script>";
    cx.browser.replace_code("head", code).await?;
    let buttons = "[...document.querySelectorAll('.area:first-of-type .findings button')].map((button) => button.textContent)";
    cx.browser.wait_for(&format!("{buttons}.includes('Fix all 2')"), DEADLINE).await?;
    let press = |text: &str| {
        format!(
            "[...document.querySelectorAll('.area:first-of-type .findings button')].find((button) => button.textContent === {text:?}).click()"
        )
    };
    // Until the changed code is checked, the offers are for another text, and do nothing. (Both in one task: a check
    // would take the second button away.)
    let both = format!("{}; const once = head.value; {};", press("Apply fix"), press("Fix all 2"));
    let fixed = cx.browser.run(&format!("{both} return [once, head.value];"), &[]).await?;
    let first = code.replacen("http:", "https:", 1);
    assert_eq!(fixed, json!([first, first]));
    cx.browser
        .wait_for("document.querySelector('.verdict').textContent.startsWith('1 ')", DEADLINE)
        .await?;
    cx.browser.with_control('z').await?;
    assert_eq!(cx.browser.eval("head.value").await?, code);
    cx.browser.wait_for(&format!("{buttons}.includes('Fix all 2')"), DEADLINE).await?;
    cx.browser.run(&press("Fix all 2"), &[]).await?;
    assert_eq!(cx.browser.eval("head.value").await?, code.replace("http:", "https:"));
    cx.browser
        .wait_for(
            "document.querySelector('.verdict').textContent === 'No problems found'",
            DEADLINE,
        )
        .await?;
    assert_eq!(cx.browser.eval(&format!("{buttons}.length")).await?, 0);
    Ok(())
}

async fn without_the_library_text_areas_stay(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    cx.browser.block_urls(&["*/codemirror.js"]).await?;
    let console = &cx.server().await?.console;
    cx.browser.goto(&format!("{console}/apps/{}", app.id)).await?;
    crate::timeline::connected(cx, 1).await?;
    assert_code_is_saved(cx, "<p>typed without the library</p>").await?;
    cx.browser.block_urls(&[]).await?;
    // So they do if they are asked for.
    open_plain(cx, app).await?;
    assert_code_is_saved(cx, "<p>and more</p>").await
}

async fn assert_code_is_saved(cx: &Cx, typed: &str) -> Result<()> {
    assert_eq!(cx.browser.eval("document.querySelectorAll('.cm-editor').length").await?, 0);
    cx.browser.type_into("#head", typed).await?;
    crate::console::message(cx, "Draft saved.").await?;
    let shown = "[head.checkVisibility(), head.value.endsWith(arguments[0])]";
    assert_eq!(
        cx.browser.run(&format!("return {shown}"), &[json!(typed)]).await?,
        json!([true, true])
    );
    Ok(())
}
