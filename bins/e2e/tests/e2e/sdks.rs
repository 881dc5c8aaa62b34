//! Analytics and error trackers, as their vendors publish them, in the sandbox: with a jar of its
//! own, without one, and with one that is kept.
//!
//! What is found here is what `docs/sdks.md` says, in all three engines. The files come from npm
//! (`bins/xtask/src/npm.rs`), and all that is told to the vendors goes to the collector.

use std::collections::BTreeSet;
use std::time::Instant;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use c2c_e2e::{Context as _, Cx, DEADLINE, Engine, Package, Recorded, Result, Tests};
use serde_json::Value;
use url::form_urlencoded;

use crate::steps::{choose_jar, said, say};

pub(crate) const TESTS: Tests = &[
    ("mixpanel_delivers", &async |cx: &Cx| delivers(cx, &MIXPANEL).await),
    ("amplitude_delivers", &async |cx: &Cx| delivers(cx, &AMPLITUDE).await),
    ("plausible_delivers", &async |cx: &Cx| delivers(cx, &PLAUSIBLE).await),
    ("posthog_delivers", &async |cx: &Cx| delivers(cx, &POSTHOG).await),
    ("sentry_delivers", &async |cx: &Cx| delivers(cx, &SENTRY).await),
    ("mixpanel_knows_its_visitor", &async |cx: &Cx| knows_its_visitor(cx, &MIXPANEL).await),
    ("amplitude_knows_its_visitor", &async |cx: &Cx| knows_its_visitor(cx, &AMPLITUDE).await),
    ("posthog_knows_its_visitor", &async |cx: &Cx| knows_its_visitor(cx, &POSTHOG).await),
];

/// A vendor's SDK, used with as little as makes it send.
struct Sdk {
    package: Package,
    /// What a customer pastes. It sends one event, [`EVENT`].
    paste: fn(&Self, &Cx) -> Result<String>,
    /// The events in a request.
    events: fn(&Recorded) -> Result<Vec<Event>>,
    /// Whether it does without a jar.
    delivers_without_jar: bool,
    /// What it calls its visitor's id, and the cookie that has it; none if it has no such id.
    visitor: Option<(&'static str, &'static str)>,
}

/// In an event of an SDK.
struct Event {
    name: Value,
    visitor: Value,
}

/// The event's name, in JavaScript: another one at each visit, for some send again what they do not
/// know to have arrived.
const EVENT: &str = "`visit ${c2c.context.visit}`";

const MIXPANEL: Sdk = Sdk {
    package: Package { name: "mixpanel-browser", version: "2.83.0" },
    paste: |sdk, cx| {
        let url = serve(cx, sdk.package.file("dist/mixpanel.min.js")?);
        let snippet = sdk.package.file("dist/mixpanel-jslib-snippet.min.js")?;
        let to = to(cx);
        Ok(format!(
            "<script>const MIXPANEL_CUSTOM_LIB_URL = '{url}';\n{snippet}
             mixpanel.init('token', {{ api_host: {to} }});
             mixpanel.track({EVENT});</script>"
        ))
    },
    events: |request| {
        let (_, data) = form_urlencoded::parse(&request.body)
            .find(|(key, _)| key == "data")
            .context("a field `data`")?;
        let events: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&*data)?)?;
        Ok(each(&events, |event| (&event["event"], &event["properties"]["distinct_id"])))
    },
    delivers_without_jar: false,
    visitor: Some(("distinct_id", "mp_token_mixpanel")),
};

const AMPLITUDE: Sdk = Sdk {
    package: Package { name: "@amplitude/analytics-browser", version: "2.48.1" },
    paste: |sdk, cx| {
        let url = serve(cx, sdk.package.file("lib/scripts/amplitude-min.js")?);
        let to = to(cx);
        // Otherwise it asks its vendor for settings.
        Ok(format!(
            "<script src='{url}' crossorigin></script>
             <script>amplitude.init('key', {{ serverUrl: {to}, fetchRemoteConfig: false }});
             amplitude.track({EVENT});</script>"
        ))
    },
    events: |request| {
        let body = request.json()?;
        Ok(each(&body["events"], |event| (&event["event_type"], &event["device_id"])))
    },
    delivers_without_jar: false,
    visitor: Some(("device_id", "AMP_key")),
};

const PLAUSIBLE: Sdk = Sdk {
    package: Package { name: "plausible-tracker", version: "0.3.9" },
    paste: |sdk, cx| {
        let url = serve(cx, sdk.package.bundle("plausibleTracker")?);
        let to = to(cx);
        Ok(format!(
            "<script src='{url}'></script>
             <script>const plausible = plausibleTracker.default({{ domain: 'shop.example', apiHost: {to} }});
             plausible.trackEvent({EVENT});</script>"
        ))
    },
    events: |request| {
        let event = request.json()?;
        Ok(vec![Event { name: event["n"].clone(), visitor: Value::Null }])
    },
    delivers_without_jar: true,
    visitor: None,
};

const POSTHOG: Sdk = Sdk {
    package: Package { name: "posthog-js", version: "1.449.2" },
    paste: |sdk, cx| {
        let url = serve(cx, sdk.package.file("dist/array.no-external.js")?);
        let to = to(cx);
        // It takes a driven browser for a bot.
        Ok(format!(
            "<script src='{url}'></script>
             <script>posthog.init('key', {{ api_host: {to}, disable_compression: true, opt_out_useragent_filter: true }});
             posthog.capture({EVENT});</script>"
        ))
    },
    events: |request| {
        let body = request.json()?;
        Ok(each(&body["batch"], |event| (&event["event"], &event["properties"]["distinct_id"])))
    },
    delivers_without_jar: true,
    visitor: Some(("distinct_id", "ph_key_posthog")),
};

const SENTRY: Sdk = Sdk {
    package: Package { name: "@sentry/browser", version: "11.12.0" },
    paste: |sdk, cx| {
        let url = serve(cx, sdk.package.bundle("Sentry")?);
        let to = to(cx);
        Ok(format!(
            "<script src='{url}'></script>
             <script>Sentry.init({{ dsn: 'http://key@localhost/1', tunnel: {to} }});
             Sentry.captureException(new Error({EVENT}));</script>"
        ))
    },
    events: |request| {
        // Its headers, then a header and a body for each item.
        let text = request.text();
        let body: Value = serde_json::from_str(text.lines().nth(2).context("an item")?)?;
        let name = body["exception"]["values"][0]["value"].clone();
        Ok(vec![Event { name, visitor: body["user"]["id"].clone() }])
    },
    delivers_without_jar: true,
    visitor: None,
};

/// Where it sends to, in JavaScript: to another path at each visit.
fn to(cx: &Cx) -> String {
    format!("'{}/' + c2c.context.visit", cx.collector.hit_url("sdk"))
}

/// What it sent at a visit.
fn sent(visit: usize) -> impl Fn(&Recorded) -> bool {
    let path = format!("/hit/sdk/{visit}");
    move |request| {
        let below = request.path.strip_prefix(&path);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Where the vendor's file is: the collector.
fn serve(cx: &Cx, script: String) -> String {
    let headers = [
        ("content-type", "text/javascript; charset=utf-8"),
        ("access-control-allow-origin", "*"), // so that its errors have a text
    ];
    cx.collector.page("/sdk.js", script, &headers)
}

fn each(events: &Value, parts: impl Fn(&Value) -> (&Value, &Value)) -> Vec<Event> {
    let events = events.as_array().into_iter().flatten();
    let event = |event| {
        let (name, visitor) = parts(event);
        Event { name: name.clone(), visitor: visitor.clone() }
    };
    events.map(event).collect()
}

impl Sdk {
    /// What the documentation says of it.
    fn row(&self) -> String {
        let Package { name, version } = self.package;
        let without = if self.delivers_without_jar { "delivers" } else { "sends nothing" };
        let visitor = self.visitor.map_or_else(
            || "has no id of a visitor".to_owned(),
            |(id, _)| format!("the same `{id}`"),
        );
        format!("| {name} {version} | {without} | delivers | {visitor} |")
    }

    /// Saves what a customer pastes, and what says how that fails and what was asked for.
    async fn save(&self, cx: &Cx) -> Result<()> {
        let asked = cx.collector.hit_url("asked");
        let watch = format!(
            "<script>{}
             addEventListener('message', () => {{
               const urls = performance.getEntriesByType('resource').map(({{ name }}) => name);
               fetch('{asked}', {{ method: 'POST', body: JSON.stringify(urls) }});
             }});
             addEventListener('error', ({{ message }}) => say(message));
             addEventListener('unhandledrejection', ({{ reason }}) => say(String(reason)));</script>",
            say(cx)
        );
        cx.app().await?.save(&(watch + &(self.paste)(self, cx)?), "").await?;
        Ok(())
    }

    /// The event that was sent at a visit, if it was.
    fn event(&self, cx: &Cx, visit: usize) -> Option<Event> {
        let requests = cx.collector.requests().into_iter().filter(sent(visit));
        let mut events = requests.filter_map(|request| (self.events)(&request).ok()).flatten();
        events.find(|event| event.name == format!("visit {visit}"))
    }

    /// Awaits the event of a visit.
    async fn delivered(&self, cx: &Cx, visit: usize) -> Result<Event> {
        loop {
            let seen = cx.collector.requests().len();
            if let Some(event) = self.event(cx, visit) {
                stays_here(cx).await?;
                return Ok(event);
            }
            cx.collector.wait_for(seen + 1, DEADLINE, |_| true).await?;
        }
    }
}

/// Opens the widget, whose app has this jar, for the `visit`th time.
async fn visit(cx: &Cx, visit: usize, jar: &str) -> Result<()> {
    choose_jar(cx, jar).await?;
    cx.browser.goto(&cx.app().await?.widget_url(&format!("visit={visit}"))).await
}

/// Nothing was asked of any other host.
async fn stays_here(cx: &Cx) -> Result<()> {
    let server = cx.server().await?;
    let ours = [&server.widget, &server.sandbox, &cx.collector.origin()];
    let mut urls = BTreeSet::new();
    if cx.engine == Engine::WebKit {
        // Its driver runs no script in a sandboxed frame, so the code tells what it has asked for. (It
        // knows nothing of what failed there.)
        let before = cx.collector.count("asked");
        let ask = "document.querySelector('iframe').contentWindow.postMessage('what?', '*');";
        cx.browser.run(ask, &[]).await?;
        let hits = cx.collector.hits("asked", before + 1, DEADLINE).await?;
        urls.extend(serde_json::from_value::<Vec<String>>(hits[before].json()?)?);
        assert!(!urls.is_empty(), "the code has loaded a script, or sent an event");
    } else {
        urls.extend(cx.browser.requested_urls().await?);
    }
    for url in urls {
        assert!(ours.iter().any(|origin| url.starts_with(&format!("{origin}/"))), "{url}");
    }
    Ok(())
}

async fn delivers(cx: &Cx, sdk: &Sdk) -> Result<()> {
    assert!(include_str!("../../../../docs/sdks.md").contains(&sdk.row()), "{}", sdk.row());
    sdk.save(cx).await?;
    let start = Instant::now();
    visit(cx, 1, "visit").await?;
    let with_jar = sdk.delivered(cx, 1).await?.visitor;
    assert_eq!(with_jar.is_string(), sdk.visitor.is_some(), "{with_jar}");
    let usual = start.elapsed();
    assert_eq!(cx.collector.count("said"), 0, "something failed");

    visit(cx, 2, "none").await?;
    if sdk.delivers_without_jar {
        let without = sdk.delivered(cx, 2).await?.visitor;
        assert!(without != with_jar || sdk.visitor.is_none(), "{without} is kept nowhere");
        assert_eq!(cx.collector.count("said"), 0, "something failed");
        return Ok(());
    }
    // What the loader of an SDK loads tells its errors to nobody.
    let why = said(cx).await?.to_string();
    assert!(why.contains("SecurityError") || why.contains("Script error."), "{why}");
    // And it does not try again, in twice the time that it takes with the jar.
    let late = cx.collector.wait_for(1, 2 * usual, sent(2)).await;
    assert!(late.is_err(), "it does without a jar");
    stays_here(cx).await
}

async fn knows_its_visitor(cx: &Cx, sdk: &Sdk) -> Result<()> {
    let (_, cookie) = sdk.visitor.context("an id")?;
    sdk.save(cx).await?;
    visit(cx, 1, "kept").await?;
    let first = sdk.delivered(cx, 1).await?.visitor;
    let kept = format!("Object.keys(localStorage).some((key) => key.endsWith(' cookie {cookie}'))");
    cx.browser.wait_for(&kept, DEADLINE).await?;
    visit(cx, 2, "kept").await?;
    assert_eq!(sdk.delivered(cx, 2).await?.visitor, first);
    // The control: without the kept jar everybody is new.
    visit(cx, 3, "visit").await?;
    assert_ne!(sdk.delivered(cx, 3).await?.visitor, first);
    Ok(())
}
