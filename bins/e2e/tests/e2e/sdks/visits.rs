//! The test: visits with each jar.

use std::pin::Pin;
use std::time::{Duration, Instant};

use c2c_harness::{Case, Cx, DEADLINE, Engine, Error, Recorded, Result};
use serde_json::Value;

use super::Sdk;
use super::sdk::Visitor;
use super::table::{self, Row, WithoutJar};
use super::visit::{Event, open, sent_to, stays_here};

/// Characters of a body that a failure shows.
const BODY_SHOWN: usize = 1500;

impl Case for Sdk {
    fn run<'a>(&'a self, cx: &'a Cx) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>> {
        Box::pin(async {
            self.save(cx).await?;
            let start = Instant::now();
            let with_jar = self.delivered(cx, 1, "visit").await?;
            let usual = start.elapsed();
            // The jar is the same in all engines, and so are the SDKs without one.
            if cx.engine == Engine::Chromium {
                let without_jar = self.without_jar(cx, &with_jar.visitor, usual).await?;
                if let Some(visitor) = &self.visitor {
                    knows_its_visitor(cx, self, visitor, &with_jar.visitor).await?;
                }
                table::check(&Row { sdk: self, without_jar })?;
            }
            Ok(())
        })
    }
}

impl Sdk {
    /// Waits for the requests at a visit with a jar, where there is nothing to complain about.
    async fn delivered(&self, cx: &Cx, visit: usize, jar: &str) -> Result<Event> {
        open(cx, visit, jar).await?;
        let arrived = self.arrived(cx, visit, DEADLINE).await;
        let Some(event) = arrived.event.filter(|_| arrived.first) else {
            let (first, log) = (arrived.first, log(cx, visit));
            let lacks = if first { "the event" } else { "what it sends at its start" };
            return Err(Error::new(format!("visit {visit}, jar {jar}: {lacks} is missing\n{log}")));
        };
        assert_eq!(cx.collector.count("said"), 0, "something failed");
        assert_eq!(event.visitor.is_null(), self.visitor.is_none(), "{:?}", event.visitor);
        stays_here(cx).await?;
        Ok(event)
    }

    /// Makes the second visit, without a jar. `usual` is its duration with one.
    async fn without_jar(&self, cx: &Cx, known: &Value, usual: Duration) -> Result<WithoutJar> {
        let patience = if table::expects_delivery(self)? { DEADLINE } else { 2 * usual };
        open(cx, 2, "none").await?;
        let arrived = self.arrived(cx, 2, patience).await;
        stays_here(cx).await?;
        if arrived.all() {
            let kept = arrived.event.is_some_and(|event| event.visitor == *known);
            assert!(!kept || self.visitor.is_none(), "{known} is kept nowhere");
            return Ok(WithoutJar::Delivers);
        }
        let why = why(cx);
        Ok(WithoutJar::Fails { first: arrived.first, event: arrived.event.is_some(), why })
    }
}

/// Returns the class of the first error that was reported: an uncaught one, or else one in a log.
fn why(cx: &Cx) -> Option<&'static str> {
    let requests = cx.collector.requests();
    let mut classes = ["/hit/said", "/hit/logged"].into_iter().flat_map(|path| {
        let told = requests.iter().filter(move |request| request.path == path);
        told.filter_map(|request| class(&request.text()))
    });
    classes.next()
}

fn class(text: &str) -> Option<&'static str> {
    // The second is all that a browser reports about a script that is loaded without `crossorigin`.
    ["SecurityError", "Script error."].into_iter().find(|class| text.contains(class))
}

async fn knows_its_visitor(cx: &Cx, sdk: &Sdk, visitor: &Visitor, known: &Value) -> Result<()> {
    cx.collector.forget();
    let first = sdk.delivered(cx, 3, "kept").await?.visitor;
    // Without the kept jar every visitor is new.
    assert_ne!(first, *known);
    let kept =
        format!("Object.keys(localStorage).some((key) => key.includes(' {}'))", visitor.kept_as);
    cx.browser.wait_for(&kept, DEADLINE).await?;
    assert_eq!(sdk.delivered(cx, 4, "kept").await?.visitor, first);
    assert_ne!(sdk.delivered(cx, 5, "visit").await?.visitor, first);
    Ok(())
}

/// Returns the requests of a visit, and the failures so far.
fn log(cx: &Cx, visit: usize) -> String {
    let paths = [sent_to(visit), "/hit/said".to_owned(), "/hit/logged".to_owned()];
    let requests = cx.collector.requests();
    let requests =
        requests.iter().filter(|request| paths.iter().any(|path| request.path.starts_with(path)));
    let lines = requests.map(|Recorded { method, path, query, body, .. }| {
        let query = query.as_deref().unwrap_or_default();
        let body: String = String::from_utf8_lossy(body).chars().take(BODY_SHOWN).collect();
        format!("{method} {path}?{query} {body}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
