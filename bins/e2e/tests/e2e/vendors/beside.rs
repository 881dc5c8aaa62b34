//! The console's examples beside the server's endpoints, with the vendors' stand-ins: the names and ids of events agree
//! with those of the default mappings.

use std::collections::BTreeSet;

use c2c_harness::{Context as _, Cx, DEADLINE, Recorded, Result};
use serde_json::{Value, json};

use super::hits::{await_events, event};
use super::stand_in::serve_all;
use super::visit::{REPORTER, leave, reported};
use crate::examples::call_and_rate;
use crate::steps::{choose_jar, heard, open_parent};

const META: &str = include_str!("../../../../server/pages/examples/meta-pixel.html");
const META_MAPPING: &str = include_str!("../../../../server/mappings/meta.json");
const GA4: &str = include_str!("../../../../server/pages/examples/ga4-beside.html");
const GA4_MAPPING: &str = include_str!("../../../../server/mappings/ga4.json");
const RECIPES: &str = include_str!("../../../../../docs/recipes.md");

/// The ids of the page's own tag.
const CLIENT: &str = "1234567890.1700000000";
const SESSION: &str = "1700000001";

/// Opens the parent page with an example in the app's head, makes a call and rates it.
async fn call_with(cx: &Cx, example: &str, query: &str) -> Result<()> {
    serve_all(cx);
    choose_jar(cx, "visit").await?;
    open_parent(cx, &format!("{example}{REPORTER}"), "", query).await?;
    reported(cx, "/loaded").await?;
    call_and_rate(cx).await
}

/// Meta counts an event once if the pixel and the server give it the same name and id. The server's id is the
/// envelope's.
pub(super) async fn meta_counts_an_event_once(cx: &Cx) -> Result<()> {
    call_with(cx, META, "").await?;
    let mapping: Value = serde_json::from_str(META_MAPPING)?;
    // The server reports no views.
    let mut expected = BTreeSet::from([(Some("PageView".to_owned()), None)]);
    for (name, rule) in mapping["events"].as_object().context("events")? {
        let id = heard(cx, name).await?.id().to_string();
        expected.insert((rule["name"].as_str().map(str::to_owned), Some(id)));
    }
    let is_hit = |request: &Recorded| request.path == "/tr/";
    let hits = cx.collector.wait_for(expected.len(), DEADLINE, is_hit).await?;
    let sent: BTreeSet<_> = hits.iter().map(|hit| (hit.param("ev"), hit.param("eid"))).collect();
    assert_eq!(sent, expected);
    Ok(())
}

/// Runs the recipe for the ids in a page that has Google's tag, and returns the widget's query.
async fn recipe(cx: &Cx) -> Result<String> {
    let (_, code) = RECIPES.split_once("```js\n").context("the recipe")?;
    let (code, _) = code.split_once("```").context("its end")?;
    let page = format!(
        "const ids = {{ client_id: '{CLIENT}', session_id: '{SESSION}' }};
         const gtag = (command, target, name, resolve) => resolve(ids[name]);
         const frame = {{}};
         return (async () => {{ {code} return frame.src; }})();"
    );
    let src = cx.browser.run(&page, &[]).await?;
    let (_, query) = src.as_str().context("an address")?.split_once('?').context("a query")?;
    Ok(query.to_owned())
}

/// The ids that the page passes on arrive in the hits of the widget's tag, and where the server looks for them.
pub(super) async fn google_gets_the_ids_of_the_page(cx: &Cx) -> Result<()> {
    let query = recipe(cx).await?;
    call_with(cx, GA4, &query).await?;
    let envelope = heard(cx, "call_started").await?;
    let stored = json!({"data": {"context": envelope.context()}});
    let mapping: Value = serde_json::from_str(GA4_MAPPING)?;
    for (key, id) in [("client_id", CLIENT), ("session_id", SESSION)] {
        let place = mapping[key]["from"].as_str().context("a place")?;
        assert_eq!(stored.pointer(place), Some(&json!(id)), "{place}");
    }
    leave(cx).await?;
    await_events(cx, &["call_started", "call_ended"]).await?;
    let started = event(cx, "call_started")?;
    assert_eq!((&*started["cid"], &*started["sid"]), (CLIENT, SESSION));
    Ok(())
}
