//! Custom code knows what the page around the widget tells it, and nothing else.

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{choose_jar, enter_widget, said, say};

pub(crate) const TESTS: Tests = &[
    ("the_demo_tells_its_page", &the_demo_tells_its_page),
    ("without_a_jar_the_document_is_left_alone", &without_a_jar_the_document_is_left_alone),
    ("an_integrators_page_is_told_and_in_no_url", &an_integrators_page_is_told_and_in_no_url),
    ("a_page_that_does_not_tell_is_unknown", &a_page_that_does_not_tell_is_unknown),
    ("a_page_that_never_listens_is_unknown", &a_page_that_never_listens_is_unknown),
    ("a_widget_on_top_tells_nothing", &a_widget_on_top_tells_nothing),
    ("it_cannot_be_changed", &it_cannot_be_changed),
];

/// Returns custom code that reports what it knows.
fn knows(cx: &Cx) -> String {
    format!("<script>{} say([c2c.page, document.title, document.referrer]);</script>", say(cx))
}

/// Opens the demo's parent page by a link on another site, which sends its whole URL as the
/// referrer.
pub(crate) async fn come_from_elsewhere(cx: &Cx) -> Result<()> {
    let to = cx.app().await?.parent_url("utm_source=mail&utm_secret=1&token=secret");
    let link = format!("<a id=link href='{to}#secret'>shop</a>");
    cx.collector.page("/from", link, &[("referrer-policy", "unsafe-url")]);
    cx.browser.goto(&cx.collector.url("/from?gclid=abc&token=secret")).await?;
    cx.browser.click("#link").await
}

async fn the_demo_tells_its_page(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&knows(cx), "").await?;
    come_from_elsewhere(cx).await?;
    let page = json!({
        "url": app.parent_url("utm_source=mail"),
        "title": "A page that embeds the widget",
        "referrer": cx.collector.url("/from?gclid=abc"),
    });
    assert_eq!(said(cx).await?, json!([page, page["title"], page["referrer"]]));
    Ok(())
}

async fn without_a_jar_the_document_is_left_alone(cx: &Cx) -> Result<()> {
    choose_jar(cx, "none").await?;
    cx.app().await?.publish(&knows(cx), "").await?;
    come_from_elsewhere(cx).await?;
    let said = said(cx).await?;
    assert_eq!(said[0]["title"], "A page that embeds the widget");
    assert_eq!((&said[1], &said[2]), (&json!(""), &json!("")));
    Ok(())
}

/// Opens our own integrator's page, whose script is `script`; `listen`, `frame` and `widgetOrigin`
/// are defined there.
async fn open_integrator(cx: &Cx, script: &str) -> Result<()> {
    let app = cx.app().await?;
    let server = cx.server().await?;
    app.configure(&[&cx.collector.origin()], "visit").await?;
    app.publish(&knows(cx), "").await?;
    let (listen, widget) = (cx.collector.source_url("listen.js")?, &server.widget);
    let page = format!(
        "<!doctype html><title>Integrator</title><iframe id=widget></iframe><script type=module>
         import {{ listen }} from '{listen}';
         const frame = document.querySelector('#widget');
         const widgetOrigin = '{widget}';
         {script}
         frame.src = '{}';</script>",
        app.widget_url("orderId=1")
    );
    cx.collector.page("/private/path", page, &[]);
    cx.browser.goto(&cx.collector.url("/private/path?fbclid=f&q=private")).await
}

async fn an_integrators_page_is_told_and_in_no_url(cx: &Cx) -> Result<()> {
    open_integrator(cx, "listen({ frame, widgetOrigin, onEvent() {}, page: true });").await?;
    let url = cx.collector.url("/private/path?fbclid=f");
    let page = json!({"url": url, "title": "Integrator", "referrer": ""});
    assert_eq!(said(cx).await?, json!([page, "Integrator", ""]));
    // WebKit's driver cannot read the timeline of a sandboxed frame; the URLs are the same there.
    if cx.engine != Engine::WebKit {
        let urls = cx.browser.requested_urls().await?;
        let ours: Vec<&String> =
            urls.iter().filter(|url| !url.starts_with(&cx.collector.origin())).collect();
        assert!(ours.len() > 2, "the widget, its scripts, the sandbox: {ours:?}");
        for url in ours {
            let tells = ["private", "fbclid", "Integrator"].iter().any(|word| url.contains(word));
            assert!(!tells, "{url}");
        }
    }
    enter_widget(cx).await?;
    let seen = "[location.href, document.querySelector('iframe').src].join()";
    let seen = cx.browser.eval(seen).await?.to_string();
    assert!(!seen.contains("private") && !seen.contains("fbclid"), "{seen}");
    Ok(())
}

async fn unknown(cx: &Cx) -> Result<()> {
    assert_eq!(said(cx).await?, json!([{}, "", ""]));
    Ok(())
}

async fn a_page_that_does_not_tell_is_unknown(cx: &Cx) -> Result<()> {
    open_integrator(cx, "listen({ frame, widgetOrigin, onEvent() {} });").await?;
    unknown(cx).await
}

async fn a_page_that_never_listens_is_unknown(cx: &Cx) -> Result<()> {
    // A page that may not embed the widget could not frame it at all; this page just sends nothing.
    open_integrator(cx, "").await?;
    unknown(cx).await
}

async fn a_widget_on_top_tells_nothing(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    app.publish(&knows(cx), "").await?;
    cx.browser.goto(&app.widget_url("utm_source=mail")).await?;
    unknown(cx).await
}

async fn it_cannot_be_changed(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} const before = JSON.stringify(c2c.page);
         c2c.page.url = 'x'; // sloppy: nothing happens
         c2c.page.more = 'x';
         c2c.page = {{}};
         document.title = 'of my own';
         say([JSON.stringify(c2c.page) === before, Object.isFrozen(c2c.page), Object.getPrototypeOf(c2c.page), document.title]);
         </script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    come_from_elsewhere(cx).await?;
    let said: Value = said(cx).await?;
    // The title is the document's own, as in any page.
    assert_eq!(said, json!([true, true, null, "of my own"]));
    let title = "document.title === 'A page that embeds the widget'";
    cx.browser.wait_for(title, DEADLINE).await?;
    Ok(())
}
