//! Four vendors' SDKs: the customer's tags, and the check that they delivered.

use std::fmt::Write as _;
use std::io::Read as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use c2c_harness::{Package, Recorded, Result};
use flate2::read::GzDecoder;
use url::form_urlencoded;

use crate::site::Site;

/// The name of the event that each SDK sends.
const EVENT: &str = "page-benchmark";

/// The `type` of a script that the browser runs.
pub(crate) const CLASSIC: &str = "text/javascript";

pub(crate) struct Sdk {
    pub(crate) name: &'static str,
    script: fn() -> Result<String>,
    /// A snippet before the vendor's file, which loads it.
    snippet: Option<fn() -> Result<String>>,
    /// Starts it and sends one event. `TO` is the destination URL.
    code: &'static str,
}

const POSTHOG: Package = Package("posthog-js");
const MIXPANEL: Package = Package("mixpanel-browser");
const AMPLITUDE: Package = Package("@amplitude/analytics-browser");
const SENTRY: Package = Package("@sentry/browser");

/// Each is used with the minimal code that makes it send, as in `tests/e2e/sdks`.
pub(crate) const SDKS: [Sdk; 4] = [
    Sdk {
        name: "posthog",
        script: || POSTHOG.file("dist/array.no-external.js"),
        snippet: None,
        // It treats a driven browser as a bot.
        code: "posthog.init('key', { api_host: 'TO', disable_compression: true, opt_out_useragent_filter: true });
            posthog.capture('EVENT');",
    },
    Sdk {
        name: "amplitude",
        script: || AMPLITUDE.file("lib/scripts/amplitude-min.js"),
        snippet: None,
        // By default it asks its vendor for settings.
        code: "amplitude.init('key', { serverUrl: 'TO', fetchRemoteConfig: false });
            amplitude.track('EVENT');",
    },
    Sdk {
        name: "sentry",
        script: || SENTRY.bundle(&[""], "Sentry"),
        snippet: None,
        code: "Sentry.init({ dsn: 'http://key@localhost/1', tunnel: 'TO' });
            Sentry.captureException(new Error('EVENT'));",
    },
    // Last: once a script was added by another one, as this snippet does, Partytown no longer waits
    // for a file before the script that follows it.
    Sdk {
        name: "mixpanel",
        script: || MIXPANEL.file("dist/mixpanel.min.js"),
        snippet: Some(|| MIXPANEL.file("dist/mixpanel-jslib-snippet.min.js")),
        code: "mixpanel.init('token', { api_host: 'TO', track_pageview: true });
            mixpanel.track('EVENT');",
    },
];

/// Serves the vendors' files, and returns the pasted tags, with `kind` as their type.
pub(crate) fn tags(site: &mut Site, kind: &str) -> Result<String> {
    let mut tags = String::new();
    for sdk in &SDKS {
        let file = site.serve(&sdk.file(), &(sdk.script)()?, CLASSIC)?;
        let file = site.collector.url_of("vendor.localhost", &file);
        let to = site.collector.hit_url(sdk.name);
        let code = sdk.code.replace("TO", &to).replace("EVENT", EVENT);
        if let Some(snippet) = sdk.snippet {
            let snippet = snippet()?;
            let url = format!("const MIXPANEL_CUSTOM_LIB_URL = '{file}';");
            writeln!(tags, "<script type='{kind}'>{url}\n{snippet}\n{code}</script>")?;
        } else {
            writeln!(tags, "<script type='{kind}' src='{file}' crossorigin></script>")?;
            writeln!(tags, "<script type='{kind}'>{code}</script>")?;
        }
    }
    Ok(tags)
}

impl Sdk {
    /// Returns the path of the vendor's file.
    pub(crate) fn file(&self) -> String {
        format!("/{}.js", self.name)
    }

    /// Whether a request contains the event.
    pub(crate) fn delivers(&self, request: &Recorded) -> bool {
        self.receives(&request.path) && body(request).contains(EVENT)
    }

    /// Whether the SDK sends to this path.
    pub(crate) fn receives(&self, path: &str) -> bool {
        path.starts_with(&format!("/hit/{}", self.name))
    }
}

/// Returns the body as text: decompressed, and decoded from the Base64 of a form's `data`.
fn body(request: &Recorded) -> String {
    let mut inflated = String::new();
    let text = match GzDecoder::new(&*request.body).read_to_string(&mut inflated) {
        Ok(_) => inflated,
        Err(_) => request.text(),
    };
    let data = form_urlencoded::parse(text.as_bytes()).find(|(key, _)| key == "data");
    let data = data.and_then(|(_, data)| BASE64_STANDARD.decode(&*data).ok());
    data.map_or(text, |data| String::from_utf8_lossy(&data).into_owned())
}
