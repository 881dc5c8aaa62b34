//! Paste, save, see what is wrong, mend it.

use c2c_e2e::{Cx, DEADLINE, Result, Tests};
use serde_json::json;

pub(crate) const TESTS: Tests = &[
    ("a_person_pastes_and_mends", &a_person_pastes_and_mends),
    ("an_app_is_made", &an_app_is_made),
    ("what_was_typed_is_only_text", &what_was_typed_is_only_text),
];

async fn a_person_pastes_and_mends(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let console = cx.server().await?.console.clone();
    cx.browser.goto(&format!("{console}/apps/{}", app.id)).await?;
    let hit = cx.collector.hit_url("pasted");
    cx.browser.type_into("#head", &format!("<p>Hi</p>\n  <script>fetch('{hit}')")).await?;
    cx.browser.click("#code button[type=submit]").await?;
    cx.browser.wait_for("document.querySelector('#head-findings li')", DEADLINE).await?;
    let finding = cx.browser.text("#head-findings li").await?;
    assert!(finding.starts_with("Line 2, column 3"), "{finding}");
    // The finding leads to the place.
    cx.browser.click("#head-findings button").await?;
    assert_eq!(cx.browser.eval("document.activeElement.id").await?, "head");
    assert_eq!(cx.browser.eval("[head.selectionStart, head.value.length]").await?[0], 12);
    // Nothing typed is lost; the rest is added and saved.
    cx.browser.run("head.setSelectionRange(head.value.length, head.value.length)", &[]).await?;
    cx.browser.type_keys("</script>").await?;
    cx.browser.click("#code button[type=submit]").await?;
    cx.browser.wait_for("message.textContent.startsWith('Saved as revision 1')", DEADLINE).await?;
    assert_eq!(
        cx.browser.eval("document.querySelectorAll('.findings li').length").await?,
        json!(0)
    );
    cx.browser.goto(&app.parent_url("")).await?;
    cx.collector.hit("pasted", DEADLINE).await?;
    Ok(())
}

async fn an_app_is_made(cx: &Cx) -> Result<()> {
    let console = cx.server().await?.console.clone();
    cx.browser.goto(&format!("{console}/")).await?;
    cx.browser.type_into("#new-name", "Made by hand").await?;
    cx.browser.click("#new-app button").await?;
    cx.browser.wait_for("crumb.textContent === 'Made by hand'", DEADLINE).await?;
    assert_eq!(
        cx.browser.eval("[head.value, document.getElementById('body-end').value]").await?,
        json!(["", ""])
    );
    Ok(())
}

async fn what_was_typed_is_only_text(cx: &Cx) -> Result<()> {
    let server = cx.server().await?;
    let hostile = "</textarea><script>window.ran = 1</script><img src=x onerror='window.ran = 1'>";
    let app = server.create_app(hostile).await?;
    app.save(hostile, hostile).await?;
    for path in [String::new(), format!("apps/{}", app.id)] {
        cx.browser.goto(&format!("{}/{path}", server.console)).await?;
        cx.browser.wait_for("document.body.innerText.includes('onerror') || document.querySelector('#head').value.includes('onerror')", DEADLINE).await?;
        assert_eq!(
            cx.browser.eval("[window.ran ?? null, document.images.length]").await?,
            json!([null, 0]),
            "{path}"
        );
    }
    cx.browser.goto(&app.parent_url("")).await?;
    cx.browser
        .wait_for("document.querySelector('#app-name').textContent.includes('onerror')", DEADLINE)
        .await?;
    assert_eq!(
        cx.browser.eval("[window.ran ?? null, document.images.length]").await?,
        json!([null, 0])
    );
    Ok(())
}
