//! The hits of Google's stand-in.

use std::collections::{BTreeMap, BTreeSet};

use c2c_harness::{Context as _, Cx, DEADLINE, Recorded, Result};
use url::form_urlencoded;

/// The path of Google's hits.
pub(super) const HIT: &str = "/g/collect";

/// The parameters of an event: its own line's, and those that it shares with other events.
pub(super) type Event = BTreeMap<String, String>;

/// All GA4 events so far.
fn google_events(cx: &Cx) -> Vec<Event> {
    let is_hit = |request: &&Recorded| request.path == HIT;
    cx.collector.requests().iter().filter(is_hit).flat_map(events_of).collect()
}

fn events_of(request: &Recorded) -> Vec<Event> {
    let shared = parameters(request.query.as_deref().unwrap_or_default());
    let body = request.text();
    let lines: Vec<&str> = body.lines().collect();
    if lines.is_empty() {
        return vec![shared];
    }
    let own = lines.into_iter().map(parameters);
    own.map(|own| shared.clone().into_iter().chain(own).collect()).collect()
}

fn parameters(text: &str) -> Event {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Returns the only event of this name.
pub(super) fn event(cx: &Cx, name: &str) -> Result<Event> {
    let events = google_events(cx);
    let mut found = events.iter().filter(|event| event["en"] == name);
    let event = found.next().context(format_args!("no {name} in {events:?}"))?;
    assert!(found.next().is_none(), "{name} twice: {events:?}");
    Ok(event.clone())
}

/// Waits for the only event of this name.
pub(super) async fn await_event(cx: &Cx, name: &str) -> Result<Event> {
    let has = |request: &Recorded| {
        request.path == HIT && events_of(request).iter().any(|event| event["en"] == name)
    };
    let came = cx.collector.wait_for(1, DEADLINE, has).await;
    came.context(format_args!("awaiting the event {name}"))?;
    event(cx, name)
}

/// Waits for events of these names, and asserts that there are no others. (Except for
/// `user_engagement`: it is sent or not depending on the focus, and on the duration of the visit.)
pub(super) async fn await_events(cx: &Cx, names: &[&str]) -> Result<()> {
    for name in names {
        await_event(cx, name).await?;
    }
    let events = google_events(cx);
    let found = events.iter().map(|event| &*event["en"]);
    let found: BTreeSet<&str> = found.filter(|name| *name != "user_engagement").collect();
    assert_eq!(found, names.iter().copied().collect(), "{events:?}");
    Ok(())
}
