//! Google's Consent Mode.

use c2c_harness::{Cx, DEADLINE, Result};

use super::hits::{Event, HIT, await_event, event};
use super::stand_in::serve_all;
use super::visit::{KEPT, REPORTER, leave, reported};
use crate::steps::choose_jar;

/// Denies consent at first; `grant` grants it, and so does a call.
const CODE: &str = "<script>
      window.dataLayer = window.dataLayer || [];
      function gtag() { dataLayer.push(arguments); }
      gtag('consent', 'default', { ad_storage: 'denied', analytics_storage: 'denied' });
      gtag('js', new Date());
      gtag('config', 'G-ACTING');
      function grant() {
        gtag('event', 'before', { cookies: document.cookie });
        gtag('consent', 'update', { analytics_storage: 'granted' });
        gtag('event', 'after', { cookies: document.cookie });
        gtag('event', 'later', { cookies: document.cookie });
      }
      window.c2c?.on('call_started', grant);
    </script>
    <script async src='https://www.googletagmanager.com/gtag/js?id=G-ACTING'></script>";

/// Makes a visit at which `grant` grants consent, and returns the events before and after that.
async fn visit(
    cx: &Cx,
    url: &str,
    grant: impl AsyncFnOnce() -> Result<()>,
) -> Result<(Event, Event)> {
    cx.collector.forget();
    cx.browser.goto(url).await?;
    reported(cx, "/loaded").await?;
    cx.collector.wait_for(1, DEADLINE, |request| request.path == HIT).await?;
    let view = event(cx, "page_view")?;
    grant().await?;
    leave(cx).await?;
    let before = await_event(cx, "before").await?;
    let after = await_event(cx, "after").await?;
    let later = await_event(cx, "later").await?;
    // Without a cookie, and sent nevertheless.
    for event in [&view, &before] {
        assert_eq!((&*event["gcs"], &event["cid"]), ("G100", &view["cid"]), "{event:?}");
    }
    let id = |event: &Event| format!("_ga=GA1.1.{}", event["cid"]);
    assert!(!before["ep.cookies"].contains(&id(&view)), "{before:?}");
    // With a cookie, which the next event's parameter shows.
    assert_eq!(&*after["gcs"], "G101");
    assert!(later["ep.cookies"].contains(&id(&after)), "{later:?}");
    assert_eq!(later["cid"], after["cid"]);
    Ok((before, after))
}

/// Makes two visits: the id of the first page load becomes the visitor's, and the second visit
/// finds it once consent allows.
async fn two_visits(
    cx: &Cx,
    url: &str,
    first: impl AsyncFnOnce() -> Result<()>,
    second: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    let (before, after) = visit(cx, url, first).await?;
    assert_eq!(before["ep.cookies"], "");
    assert_eq!(after["cid"], before["cid"]);
    let (again, found) = visit(cx, url, second).await?;
    assert_ne!(again["cid"], before["cid"]);
    assert_eq!((&found["cid"], &found["sid"]), (&after["cid"], &after["sid"]));
    Ok(())
}

pub(super) async fn consent_mode(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let page = format!("<!doctype html><title>Shop</title>{CODE}{REPORTER}");
    let url = cx.collector.page_at("www.shop.test", "/consent", page, &[KEPT]);
    let by_hand = async || cx.browser.run("grant();", &[]).await.map(drop);
    two_visits(cx, &url, by_hand, by_hand).await?;

    let app = cx.app().await?;
    app.publish(&format!("{CODE}{REPORTER}"), "").await?;
    choose_jar(cx, "kept").await?;
    let by_a_call = async || {
        cx.browser.click("#call").await?;
        let kept = "['_ga', '_ga_ACTING'].every((name) =>
            Object.keys(localStorage).some((key) => key.endsWith(` cookie ${name}`)))";
        cx.browser.wait_for(kept, DEADLINE).await.map(drop)
    };
    two_visits(cx, &app.widget_url(""), by_a_call, by_a_call).await
}
