//! The facts about an SDK, and the page that a customer would paste.

use std::fmt::Write as _;

use c2c_harness::{Cx, Engine, Package, Recorded, Result};
use serde_json::Value;

use super::visit::sent_to;
use crate::steps::say;

/// A vendor's SDK, used with the minimal code that makes it send.
pub(super) struct Sdk {
    pub(super) package: Package,
    pub(super) script: Script,
    /// Starts the SDK and sends one event. `TO` is the destination URL, `EVENT` the event's name;
    /// both differ at each visit, as SDKs send again events whose arrival is not confirmed.
    pub(super) code: &'static str,
    /// The vendor's answers: a path below `TO`, and JSON, in which `EVENT` is the event's name. All
    /// other paths are answered with 204.
    pub(super) answers: &'static [(&'static str, &'static str)],
    /// Returns the JSON documents of a request.
    pub(super) read: fn(&Recorded) -> Result<Vec<Value>>,
    /// The place of the events in a document, as a JSON pointer in which `*` is each element.
    pub(super) events: &'static str,
    /// The place of an event's name.
    pub(super) name: &'static str,
    pub(super) first: First,
    /// The event's name in the documentation.
    pub(super) event: &'static str,
    pub(super) visitor: Option<Visitor>,
}

/// How an SDK is loaded.
pub(super) enum Script {
    /// The vendor's file for browsers.
    File(&'static str),
    /// A bundle of these entries of the package, as this global.
    Bundle { entries: &'static [&'static str], global: &'static str },
    /// The vendor's file, loaded by a pasted snippet that reads the file's URL from this global.
    Snippet { file: &'static str, snippet: &'static str, global: &'static str },
}

/// The request that an SDK sends by itself.
pub(super) enum First {
    Event(&'static str),
    /// A document or an event with this text at this place.
    Has(&'static str, &'static str),
    /// A request for this path below `TO`.
    Request(&'static str),
    /// A report of the error [`UNCAUGHT`], which the code throws.
    Uncaught {
        /// A text in the report in `WebKit`, or else in the log. In an opaque origin, `WebKit`
        /// gives a listener only `Script error.`.
        webkit: &'static str,
    },
}

/// The visitor's id.
pub(super) struct Visitor {
    /// The vendor's name for it.
    pub(super) name: &'static str,
    /// The place of the id in an event.
    pub(super) at: &'static str,
    /// The kind and the key under which the jar keeps it: `cookie AMP_key`.
    pub(super) kept_as: &'static str,
}

/// The message of the error that no code catches.
pub(super) const UNCAUGHT: &str = "nothing catches this";

/// The visits of a test, whose numbers are in its requests and events.
const VISITS: std::ops::RangeInclusive<usize> = 1..=5;

/// Headers that let a frame with an opaque origin read an answer, and the errors of a script.
const FOR_ALL: [(&str, &str); 3] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "*"),
    ("access-control-allow-headers", "*, authorization"),
];

impl First {
    /// Describes the way of loading for the table.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Event(name) => format!("`{name}`"),
            Self::Has(_, text) => format!("`{text}`"),
            Self::Request(path) => format!("a request for `{path}`"),
            Self::Uncaught { .. } => "an uncaught error".to_owned(),
        }
    }
}

/// Returns the name of the event of a visit.
pub(super) fn event_name(visit: usize) -> String {
    format!("visit-{visit}")
}

impl Sdk {
    /// Saves the customer's page, after a script that reports its failures and its requests.
    pub(super) async fn save(&self, cx: &Cx) -> Result<()> {
        for visit in VISITS {
            for (path, json) in self.answers {
                let path = sent_to(visit) + path;
                let json = json.replace("EVENT", &event_name(visit));
                let headers = [&[("content-type", "application/json")], &FOR_ALL[..]].concat();
                cx.collector.page(&path, json, &headers);
            }
        }
        let paste = self.watch(cx) + &self.paste(cx)?;
        cx.app().await?.publish(&paste, "").await?;
        Ok(())
    }

    fn paste(&self, cx: &Cx) -> Result<String> {
        let load = match self.script {
            Script::File(file) => script_at(&serve(cx, self.package.file(file)?)),
            Script::Bundle { entries, global } => {
                script_at(&serve(cx, self.package.bundle(entries, global)?))
            }
            Script::Snippet { file, snippet, global } => {
                let url = serve(cx, self.package.file(file)?);
                let snippet = self.package.file(snippet)?;
                format!("<script>const {global} = '{url}';\n{snippet}</script>")
            }
        };
        let mut code = self.code.to_owned();
        if let First::Uncaught { .. } = self.first {
            write!(code, "setTimeout(() => {{ throw new Error('{UNCAUGHT}'); }});")?;
        }
        Ok(format!("{load}<script>{code}</script>"))
    }

    /// Returns a script that defines `TO` and `EVENT`, reports failures and, on a message, the
    /// requested URLs.
    fn watch(&self, cx: &Cx) -> String {
        let to = cx.collector.hit_url("sdk");
        let expected = match self.first {
            First::Uncaught { .. } if cx.engine == Engine::WebKit => "Script error.",
            _ => UNCAUGHT,
        };
        let logged = cx.collector.hit_url("logged");
        let asked = cx.collector.hit_url("asked");
        format!(
            "<script>const TO = '{to}/' + c2c.context.visit, EVENT = 'visit-' + c2c.context.visit;
             {}
             addEventListener('message', () => {{
               const urls = performance.getEntriesByType('resource').map(({{ name }}) => name);
               fetch('{asked}', {{ method: 'POST', body: JSON.stringify(urls) }});
             }});
             addEventListener('error', ({{ message }}) => {{
               if (!message.endsWith('{expected}')) say(message);
             }});
             console.error = console.warn = (...values) => {{
               fetch('{logged}', {{ method: 'POST', body: values.map(String).join(' ') }});
             }};
             addEventListener('unhandledrejection', ({{ reason }}) => say(String(reason)));</script>",
            say(cx)
        )
    }
}

fn script_at(url: &str) -> String {
    format!("<script src='{url}' crossorigin></script>")
}

/// Serves the vendor's file from the collector.
fn serve(cx: &Cx, script: String) -> String {
    let headers = [&[("content-type", "text/javascript; charset=utf-8")], &FOR_ALL[..]].concat();
    cx.collector.page("/sdk.js", script, &headers)
}
