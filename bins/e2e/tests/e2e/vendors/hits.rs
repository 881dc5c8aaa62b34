//! What Google's stand-in has sent.

use std::collections::BTreeMap;

use c2c_e2e::{Context as _, Cx, Recorded, Result};
use url::form_urlencoded;

/// The parameters of an event: those of its own line, and those that it shares with others.
pub(super) type Event = BTreeMap<String, String>;

/// All GA4 events so far.
pub(super) fn google_events(cx: &Cx) -> Vec<Event> {
    let is_hit = |request: &&Recorded| request.path == "/g/collect";
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

/// The only event of this name.
pub(super) fn event(cx: &Cx, name: &str) -> Result<Event> {
    let events = google_events(cx);
    let mut found = events.iter().filter(|event| event["en"] == name);
    let event = found.next().context(format_args!("no {name} in {events:?}"))?;
    assert!(found.next().is_none(), "{name} twice: {events:?}");
    Ok(event.clone())
}

/// The names of all events so far, sorted: requests may overtake each other.
pub(super) fn event_names(cx: &Cx) -> Vec<String> {
    let events = google_events(cx).into_iter();
    let mut names: Vec<String> = events.filter_map(|mut event| event.remove("en")).collect();
    names.sort();
    names
}
