//! The requests that arrive at a visit, and those that went elsewhere.

use std::collections::BTreeSet;
use std::time::Duration;

use c2c_harness::{Cx, DEADLINE, Engine, Recorded, Result};
use serde_json::Value;

use super::request::all_at;
use super::sdk::{First, Sdk, UNCAUGHT, event_name};
use crate::steps::choose_jar;

/// The data that has arrived of a visit.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Whether the request that the SDK sends by itself has arrived.
    pub(super) first: bool,
    pub(super) event: Option<Event>,
}

#[derive(Debug)]
pub(super) struct Event {
    /// Null if the SDK has no visitor id.
    pub(super) visitor: Value,
}

impl Arrived {
    pub(super) fn all(&self) -> bool {
        self.first && self.event.is_some()
    }
}

/// Returns the path below which an SDK sends at a visit.
pub(super) fn sent_to(visit: usize) -> String {
    format!("/hit/sdk/{visit}")
}

/// Opens the widget, whose app has this jar, for the `visit`th time.
pub(super) async fn open(cx: &Cx, visit: usize, jar: &str) -> Result<()> {
    choose_jar(cx, jar).await?;
    cx.browser.goto(&cx.app().await?.widget_url(&format!("visit={visit}"))).await
}

impl Sdk {
    /// Waits for both requests that an SDK sends at a visit, at most for `patience`, and returns
    /// what has arrived.
    pub(super) async fn arrived(&self, cx: &Cx, visit: usize, patience: Duration) -> Arrived {
        let end = tokio::time::Instant::now() + patience;
        loop {
            let seen = cx.collector.requests().len();
            let arrived = self.arrived_so_far(cx, visit);
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            let more = !arrived.all() && !left.is_zero();
            if !more || cx.collector.wait_for(seen + 1, left, |_| true).await.is_err() {
                return arrived;
            }
        }
    }

    fn arrived_so_far(&self, cx: &Cx, visit: usize) -> Arrived {
        let of_visit = sent_to(visit);
        let mut arrived = Arrived { first: false, event: None };
        for request in cx.collector.requests() {
            arrived.first |= self.is_webkits_report(cx, &request);
            let Some(path) = request.path.strip_prefix(&of_visit) else { continue };
            arrived.first |= matches!(self.first, First::Request(wanted) if path == wanted);
            // Some requests have no events.
            for document in (self.read)(&request).unwrap_or_default() {
                self.look_into(&document, &event_name(visit), &mut arrived);
            }
        }
        arrived
    }

    /// Whether a request is the only trace that an uncaught error leaves in `WebKit`.
    fn is_webkits_report(&self, cx: &Cx, request: &Recorded) -> bool {
        let First::Uncaught { webkit } = self.first else { return false };
        cx.engine == Engine::WebKit && request.text().contains(webkit)
    }

    fn look_into(&self, document: &Value, event_name: &str, arrived: &mut Arrived) {
        let has = |value: &Value, at: &str, text: &str| {
            value.pointer(at).and_then(Value::as_str).is_some_and(|found| found.ends_with(text))
        };
        let events = all_at(document, self.events);
        arrived.first |= match self.first {
            First::Event(name) => events.iter().any(|event| has(event, self.name, name)),
            First::Uncaught { .. } => events.iter().any(|event| has(event, self.name, UNCAUGHT)),
            First::Has(at, text) => {
                let mut places = events.iter().copied().chain([document]);
                places.any(|place| place.pointer(at).is_some_and(|found| found == text))
            }
            First::Request(_) => false,
        };
        if let Some(event) = events.into_iter().find(|event| has(event, self.name, event_name)) {
            let at = self.visitor.as_ref().map(|visitor| visitor.at);
            let visitor = at.and_then(|at| event.pointer(at).or_else(|| document.pointer(at)));
            arrived.event = Some(Event { visitor: visitor.cloned().unwrap_or_default() });
        }
    }
}

/// Asserts that no other host was contacted.
pub(super) async fn stays_here(cx: &Cx) -> Result<()> {
    let server = cx.server().await?;
    let ours = [&server.widget, &server.sandbox, &cx.collector.origin()];
    for url in asked(cx).await? {
        let local = url.starts_with("blob:") || url.starts_with("data:");
        let ours = ours.iter().any(|origin| url.starts_with(&format!("{origin}/")));
        assert!(local || ours, "{url}");
    }
    Ok(())
}

async fn asked(cx: &Cx) -> Result<BTreeSet<String>> {
    if cx.engine != Engine::WebKit {
        return cx.browser.requested_urls().await;
    }
    // Its driver runs no script in a sandboxed frame, so the code reports the requested URLs.
    // (Failed requests are not among them there.)
    let before = cx.collector.count("asked");
    let ask = "document.querySelector('iframe').contentWindow.postMessage('what?', '*');";
    cx.browser.run(ask, &[]).await?;
    let hits = cx.collector.hits("asked", before + 1, DEADLINE).await?;
    let urls: BTreeSet<String> = serde_json::from_value(hits[before].json()?)?;
    assert!(!urls.is_empty(), "the code has loaded a script, or sent an event");
    Ok(urls)
}
