//! Who gets into the console, and who may do what there.

use std::sync::Arc;

use c2c_harness::{Context as _, Cx, DEADLINE, Result, Server, Tests};
use serde_json::json;

use crate::console::message;
use crate::steps::heard;

pub(crate) const TESTS: Tests = &[
    ("the_whole_story", &the_whole_story),
    ("opening_a_link_uses_nothing_up", &opening_a_link_uses_nothing_up),
    ("without_a_session_nothing_typed_is_lost", &without_a_session_nothing_typed_is_lost),
    ("a_viewer_looks_only", &a_viewer_looks_only),
    ("a_name_is_text_wherever_it_is_shown", &a_name_is_text_wherever_it_is_shown),
];

const CODE: &str = "<script>c2c.emit('approved')</script>";

/// A server that asks for a sign-in, and the link that its first start prints.
pub(crate) async fn guarded() -> Result<(Arc<Server>, String)> {
    let server = Server::start_with(&["--access", "sign-in"]).await?;
    let output = server.output();
    let link = output.iter().find(|line| line.contains("/sign-in#")).context("a link")?;
    let link = link.trim().to_owned();
    Ok((Arc::new(server), link))
}

/// Opens a sign-in link.
pub(crate) async fn open(cx: &Cx, link: &str) -> Result<()> {
    // A change of the fragment only would be no navigation.
    cx.browser.goto("about:blank").await?;
    cx.browser.goto(link).await?;
    cx.browser.wait_for("document.querySelector('#offer').checkVisibility()", DEADLINE).await?;
    // The secret is not in the address any more, nor in the tab's history.
    let url = cx.browser.url().await?;
    assert!(url.ends_with("/sign-in"), "{url}");
    Ok(())
}

/// Presses the button of an open sign-in link.
pub(crate) async fn sign_in(cx: &Cx) -> Result<()> {
    cx.browser.click("#sign-in").await?;
    // A link for one app leads to its code.
    shown(cx, "#apps:not([hidden]), #code:not([hidden])").await
}

pub(crate) async fn shown(cx: &Cx, css: &str) -> Result<()> {
    let shown = format!("document.querySelector({css:?})?.checkVisibility()");
    cx.browser.wait_for(&shown, DEADLINE).await.map(drop)
}

/// Makes a link on the page *Access*, and gives its address.
pub(crate) async fn make_link(
    cx: &Cx,
    server: &Server,
    name: &str,
    role: &str,
    apps: &str,
) -> Result<String> {
    cx.browser.goto(&format!("{}/access", server.console)).await?;
    shown(cx, "#access").await?;
    let fill = "const form = document.querySelector('#link-form');
        for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;";
    cx.browser.run(fill, &[json!({"name": name, "role": role, "apps": apps})]).await?;
    cx.browser.click("#link-form [type=submit]").await?;
    shown(cx, "#made").await?;
    let url = cx.browser.eval("document.querySelector('#made-secret').value").await?;
    Ok(url.as_str().context("an address")?.to_owned())
}

/// Presses a button in the menu of the one who has signed in.
async fn leave(cx: &Cx, server: &Server, text: &str) -> Result<()> {
    cx.browser.goto(&server.console).await?;
    shown(cx, "#own").await?;
    cx.browser.click("#own summary").await?;
    let button = format!(
        "[...document.querySelectorAll('#own-actions button')].find((button) => button.textContent === {text:?})"
    );
    cx.browser.run(&format!("{button}.click()"), &[]).await?;
    shown(cx, "#signed-out").await
}

async fn own(cx: &Cx) -> Result<String> {
    cx.browser.text("#own-name").await
}

/// The status of a request by the page.
async fn status(cx: &Cx, method: &str, path: &str) -> Result<u64> {
    let ask = "const [method, path, done] = arguments;
        const body = method === 'GET' ? undefined : '{}';
        return fetch(path, { method, body, headers: body && { 'content-type': 'application/json' } }).then(({ status }) => status);";
    let ask = ask.replace("const [method, path, done]", "const [method, path]");
    cx.browser.run(&ask, &[json!(method), json!(path)]).await?.as_u64().context("a status")
}

async fn the_whole_story(cx: &Cx) -> Result<()> {
    let (server, first) = guarded().await?;
    open(cx, &first).await?;
    assert_eq!(cx.browser.text("#name").await?, "first owner");
    sign_in(cx).await?;
    assert_eq!(own(cx).await?, "first owner");

    // In this app, two people publish.
    cx.browser.goto(&format!("{}/apps/demo/settings", server.console)).await?;
    shown(cx, "#general").await?;
    cx.browser.click("#general-approval").await?;
    cx.browser.click("#general-form [type=submit]").await?;
    let saved = "document.querySelector('#general-message').textContent.startsWith('Saved.')";
    cx.browser.wait_for(saved, DEADLINE).await?;

    // The owner makes a link for an editor of one app.
    let link = make_link(cx, &server, "ben@shop.example", "editor", "demo").await?;
    let back = make_link(cx, &server, "anna@shop.example", "owner", "").await?;
    leave(cx, &server, "Sign out").await?;

    // The editor changes the draft, and cannot publish.
    open(cx, &back).await?;
    // Another link in the same tab: only the fragment of the address changes.
    cx.browser.goto(&link).await?;
    let shown_name = "document.querySelector('#name')?.textContent";
    let is_his = format!("{shown_name} === 'ben@shop.example'");
    cx.browser.wait_for(&is_his, DEADLINE).await?;
    assert_eq!(cx.browser.eval("location.hash").await?, "");
    assert_eq!(cx.browser.text("#offered").await?, "Demo shop");
    sign_in(cx).await?;
    assert_eq!(own(cx).await?, "ben@shop.example");
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    shown(cx, "#code").await?;
    cx.browser.replace_code("head", CODE).await?;
    message(cx, "Draft saved. Visitors have revision 1.").await?;
    let publish = "document.querySelector('#code-form [type=submit]').checkVisibility()";
    assert_eq!(cx.browser.eval(publish).await?, false);
    assert_eq!(status(cx, "POST", "/api/apps/demo/revisions").await?, 403);
    assert_eq!(status(cx, "GET", "/api/apps/other").await?, 404);
    assert_eq!(status(cx, "GET", "/api/tokens").await?, 403);
    assert_eq!(
        cx.browser.eval("document.querySelector('#to-access').checkVisibility()").await?,
        false
    );

    // The owner comes back, which ends the editor's session, and publishes what the editor wrote.
    open(cx, &back).await?;
    assert!(cx.browser.text("#replaces").await?.contains("ben@shop.example"));
    sign_in(cx).await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    shown(cx, "#code").await?;
    message(cx, "Draft saved. Visitors have revision 1.").await?;
    cx.browser.click("#code-form [type=submit]").await?;
    shown(cx, "#ask").await?;
    cx.browser.click("#ask-submit").await?;
    message(cx, "Published as revision 2").await?;
    // Nor does an owner publish alone.
    cx.browser.replace_code("head", "<script>c2c.emit('alone')</script>").await?;
    message(cx, "Draft saved. Visitors have revision 2.").await?;
    cx.browser.click("#code-form [type=submit]").await?;
    shown(cx, "#ask").await?;
    cx.browser.click("#ask-submit").await?;
    let refused =
        "document.querySelector('#ask-message').textContent.startsWith('Not published: ')";
    cx.browser.wait_for(refused, DEADLINE).await?;
    cx.browser.goto(&format!("{}/p/demo", server.parent)).await?;
    heard(cx, "custom:approved").await?;

    // Everywhere: also where anna is signed in besides.
    let second = make_link(cx, &server, "anna@shop.example", "owner", "").await?;
    open(cx, &second).await?;
    sign_in(cx).await?;
    leave(cx, &server, "Sign out everywhere").await?;
    assert_eq!(status(cx, "GET", "/api/apps").await?, 401);
    Ok(())
}

async fn opening_a_link_uses_nothing_up(cx: &Cx) -> Result<()> {
    let (_server, first) = guarded().await?;
    for _ in 0..2 {
        open(cx, &first).await?;
    }
    sign_in(cx).await?;
    cx.browser.goto("about:blank").await?;
    cx.browser.goto(&first).await?;
    shown(cx, "#refused").await?;
    let reason = cx.browser.text("#reason").await?;
    assert!(reason.contains("used already"), "{reason}");
    Ok(())
}

async fn without_a_session_nothing_typed_is_lost(cx: &Cx) -> Result<()> {
    let (server, first) = guarded().await?;
    open(cx, &first).await?;
    sign_in(cx).await?;
    let back = make_link(cx, &server, "anna@shop.example", "owner", "").await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    shown(cx, "#code").await?;
    assert_eq!(status(cx, "DELETE", "/api/session").await?, 204);
    cx.browser.replace_code("head", CODE).await?;
    message(cx, "Not saved: ").await?;
    let said = cx.browser.text("#message").await?;
    assert!(said.contains("sign") && said.contains("kept in this browser"), "{said}");
    open(cx, &back).await?;
    sign_in(cx).await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    message(cx, "Draft saved.").await?;
    let kept = "document.querySelector('#head').value";
    assert_eq!(cx.browser.eval(kept).await?, CODE);
    Ok(())
}

async fn a_viewer_looks_only(cx: &Cx) -> Result<()> {
    let (server, first) = guarded().await?;
    open(cx, &first).await?;
    sign_in(cx).await?;
    let link = make_link(cx, &server, "vera@shop.example", "viewer", "demo").await?;
    open(cx, &link).await?;
    sign_in(cx).await?;
    assert_eq!(
        cx.browser.eval("document.querySelector('#new-app').checkVisibility()").await?,
        false
    );
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    shown(cx, "#code").await?;
    assert_eq!(cx.browser.eval("document.querySelector('#head').readOnly").await?, true);
    shown(cx, ".notice.role").await?;
    for page in ["history", "settings"] {
        cx.browser.goto(&format!("{}/apps/demo/{page}", server.console)).await?;
        shown(cx, if page == "history" { "#history" } else { "#general" }).await?;
        let offered = "[...document.querySelectorAll('main:not([hidden]) button')]
            .filter((button) => button.checkVisibility()).map((button) => button.textContent)";
        let offered = cx.browser.eval(offered).await?;
        let offered = offered.as_array().context("a list")?;
        assert!(
            offered.iter().all(|text| ["Copy", "Compare"].iter().any(|one| text == *one)),
            "{page}: {offered:?}"
        );
    }
    Ok(())
}

/// A name that tries to become markup, or code, where owners and others see it.
const NAME: &str = "<img src=x onerror=\"document.title='owned'\">${document.title='owned'}";

async fn a_name_is_text_wherever_it_is_shown(cx: &Cx) -> Result<()> {
    let (server, first) = guarded().await?;
    open(cx, &first).await?;
    sign_in(cx).await?;
    let harmless = async |css: &str| -> Result<()> {
        let images = format!("document.querySelectorAll({css:?} + ' img').length");
        assert_eq!(cx.browser.eval(&images).await?, 0, "{css}");
        assert_ne!(cx.browser.eval("document.title").await?, "owned", "{css}");
        assert!(cx.browser.text(css).await?.contains(NAME), "{css}");
        Ok(())
    };
    let link = make_link(cx, &server, NAME, "owner", "").await?;
    harmless("#made-title").await?;
    cx.browser.click("#made [class=actions] button").await?;
    harmless("#links-list").await?;
    open(cx, &link).await?;
    harmless("#name").await?;
    sign_in(cx).await?;
    harmless("#own-name").await?;
    cx.browser.goto(&format!("{}/access", server.console)).await?;
    cx.browser.wait_for("document.querySelector('#sessions-list li')", DEADLINE).await?;
    harmless("#sessions-list").await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    shown(cx, "#code").await?;
    cx.browser.replace_code("head", CODE).await?;
    message(cx, "Draft saved.").await?;
    cx.browser.goto(&format!("{}/apps/demo/history", server.console)).await?;
    cx.browser.wait_for("document.querySelector('#audit li')", DEADLINE).await?;
    harmless("#audit").await
}
