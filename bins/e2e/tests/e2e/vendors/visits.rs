//! Visits with each jar, and to a page on top.

use c2c_harness::{Cx, DEADLINE, Result};

use super::hits::{await_events, event};
use super::stand_in::{VENDORS, paste_all, save_all, serve_all};
use super::visit::{Delivered, KEPT, REPORTER, end, open, visit};
use crate::steps::choose_jar;

/// All vendors.
pub(super) fn all() -> Vec<&'static str> {
    VENDORS.iter().map(|vendor| vendor.name).collect()
}

/// Asserts that every vendor has delivered, and that none has the same id as at `other`.
fn assert_all_are_new(delivered: &Delivered, other: &Delivered) {
    assert_eq!(delivered.len(), VENDORS.len(), "{delivered:?}");
    for (name, id) in delivered {
        assert!(!id.is_empty() && other.get(name) != Some(id), "{name} has the id {id:?}");
    }
}

/// The control: the same snippets where nothing is in their way.
pub(super) async fn all_deliver_on_a_page_on_top(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let page = format!("<!doctype html><title>Shop</title>{}{REPORTER}", paste_all());
    let url = cx.collector.page_at("www.shop.test", "/", page, &[KEPT]);
    let on_top = async || {
        open(cx, &url, &all()).await?;
        // Another process grants its lock.
        cx.browser.wait_for("RUM.isRecording", DEADLINE).await?;
        end(cx, &all()).await
    };
    let first = on_top().await?;
    assert_all_are_new(&first, &Delivered::new());
    assert!(first["Meta"].starts_with("fb.1."), "the cookie is of .shop.test: {first:?}");
    // All of such a short page is in view.
    await_events(cx, &["page_view", "acting", "scroll"]).await?;
    assert_eq!(event(cx, "page_view")?["_fv"], "1");
    assert_eq!(on_top().await?, first);
    assert!(!event(cx, "page_view")?.contains_key("_fv"));
    Ok(())
}

pub(super) async fn all_deliver_with_a_jar(cx: &Cx) -> Result<()> {
    save_all(cx).await?;
    let url = cx.app().await?.widget_url("");
    choose_jar(cx, "visit").await?;
    let once = visit(cx, &url, &all()).await?;
    assert_all_are_new(&once, &Delivered::new());
    assert!(once["Meta"].starts_with("fb.1."), "the cookie is of the sandbox's site: {once:?}");
    // There was no scrolling.
    await_events(cx, &["page_view", "acting"]).await?;

    choose_jar(cx, "kept").await?;
    open(cx, &url, &all()).await?;
    is_kept(cx).await?;
    let first = end(cx, &all()).await?;
    assert_all_are_new(&first, &once);
    let first_view = event(cx, "page_view")?;
    assert_eq!((&*first_view["sct"], &*first_view["_fv"]), ("1", "1"));

    assert_eq!(visit(cx, &url, &all()).await?, first);
    // The same session, as the visitor was away for less than half an hour.
    let second_view = event(cx, "page_view")?;
    assert_eq!((&second_view["sid"], &*second_view["sct"]), (&first_view["sid"], "1"));
    assert!(!second_view.contains_key("_fv"));
    Ok(())
}

/// Waits until the widget keeps everything that the vendors have stored.
async fn is_kept(cx: &Cx) -> Result<()> {
    let names: Vec<&str> = VENDORS.iter().flat_map(|vendor| vendor.keeps).copied().collect();
    let kept = format!(
        "{names:?}.every((name) => Object.keys(localStorage).some((key) => key.endsWith(` ${{name}}`)))"
    );
    cx.browser.wait_for(&kept, DEADLINE).await?;
    Ok(())
}

/// Only Meta's pixel catches exceptions from cookies in an opaque origin; its id then lasts as long
/// as the page.
pub(super) async fn without_a_jar_most_send_nothing(cx: &Cx) -> Result<()> {
    save_all(cx).await?;
    choose_jar(cx, "none").await?;
    let url = cx.app().await?.widget_url("");
    let first = visit(cx, &url, &["Meta"]).await?;
    assert_eq!(first.keys().copied().collect::<Vec<_>>(), ["Meta"]);
    let second = visit(cx, &url, &["Meta"]).await?;
    assert_ne!(second["Meta"], first["Meta"]);
    Ok(())
}
