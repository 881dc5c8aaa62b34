//! The scripts, and a customer's snippet for each.

use c2c_harness::{Cx, Recorded, Result};
use serde_json::Value;

/// A vendor with stand-ins for its scripts.
pub(crate) struct Vendor {
    pub(crate) name: &'static str,
    /// The customer's snippet.
    pub(crate) paste: &'static str,
    /// Its requests at a visit.
    pub(crate) hits: &'static [Hit],
    /// Returns the visitor's id in a hit.
    pub(crate) id: fn(&Recorded) -> Option<String>,
    /// The kinds and names of the items that the jar keeps for it.
    pub(crate) keeps: &'static [&'static str],
}

/// A request that a vendor sends.
pub(crate) struct Hit {
    pub(crate) host: &'static str,
    pub(crate) path: &'static str,
    /// A text in its query or its body.
    pub(crate) has: &'static str,
    pub(crate) when: When,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    AtOnce,
    /// When the visitor leaves the page.
    AtTheEnd,
}

use When::{AtOnce, AtTheEnd};

const fn hit(host: &'static str, path: &'static str, has: &'static str, when: When) -> Hit {
    Hit { host, path, has, when }
}

pub(super) const GOOGLE: Vendor = Vendor {
    name: "Google",
    paste: "<script async src='https://www.googletagmanager.com/gtag/js?id=G-ACTING'></script>
        <script>
          window.dataLayer = window.dataLayer || [];
          function gtag() { dataLayer.push(arguments); }
          gtag('js', new Date());
          gtag('config', 'G-ACTING');
          gtag('event', 'acting', { step: 1 });
        </script>",
    hits: &[
        hit("www.google-analytics.com", "/g/collect", "en=page_view", AtOnce),
        hit("www.google-analytics.com", "/g/collect", "en=acting", AtTheEnd),
    ],
    id: |hit| hit.param("cid"),
    keeps: &["cookie _ga", "cookie _ga_ACTING"],
};

pub(crate) const META: Vendor = Vendor {
    name: "Meta",
    // The pixel's own snippet, in our code: calls wait in a queue until the script takes them.
    paste: "<script>
          window.fbq = function () { fbq.callMethod ? fbq.callMethod(...arguments) : fbq.queue.push(arguments); };
          fbq.queue = [];
          {
            const script = document.createElement('script');
            script.async = true;
            script.src = 'https://connect.facebook.net/en_US/fbevents.js';
            document.getElementsByTagName('script')[0].before(script);
          }
          fbq('init', 'YOUR_PIXEL_ID');
          fbq('track', 'ViewContent');
        </script>",
    hits: &[hit("www.facebook.com", "/tr/", "ev=ViewContent", AtOnce)],
    id: |hit| hit.param("fbp"),
    keeps: &["cookie _fbp"],
};

pub(super) const DATADOG: Vendor = Vendor {
    name: "Datadog",
    paste: "<script src='https://www.datadoghq-browser-agent.com/rum.js'></script>",
    hits: &[hit("browser-intake-datadoghq.com", "/api/v2/rum", "view", AtTheEnd)],
    id: |hit| text_at(hit, "/usr/anonymous_id"),
    keeps: &["cookie _dd_s"],
};

pub(super) const PRESENCE: Vendor = Vendor {
    name: "Presence",
    paste: "<script async src='https://cdn.presence.test/sdk.js'></script>",
    hits: &[
        hit("in.presence.test", "/event", "start", AtOnce),
        hit("in.presence.test", "/event", "end", AtTheEnd),
    ],
    id: |hit| text_at(hit, "/visitor"),
    keeps: &["cookie presence_id", "local presence_id"],
};

pub(super) const BING: Vendor = Vendor {
    name: "Bing",
    paste: "<script>window.UET_TAG = { ti: '1234567' };</script>
        <script async src='https://bat.bing.com/bat.js'></script>",
    hits: &[
        hit("bat.bing.com", "/action/0", "evt=pageLoad", AtOnce),
        hit("bat.bing.com", "/actionp/0", "evt=pageHide", AtTheEnd),
    ],
    id: |hit| hit.param("vid"),
    keeps: &["cookie _uetvid", "local _uetvid"],
};

pub(super) const LINKEDIN: Vendor = Vendor {
    name: "LinkedIn",
    paste: "<script>window._linkedin_partner_id = '1234567';</script>
        <script async src='https://snap.licdn.com/li.lms-analytics/insight.min.js'></script>",
    hits: &[hit("px.ads.linkedin.com", "/collect", "pid=1234567", AtOnce)],
    id: |hit| hit.param("li_adsId"),
    keeps: &["local li_adsId"],
};

pub(super) const CLARITY: Vendor = Vendor {
    name: "Clarity",
    paste: "<script async src='https://www.clarity.ms/tag/acting'></script>",
    hits: &[
        hit("k.clarity.ms", "/collect", ",0,\"http", AtOnce),
        hit("k.clarity.ms", "/collect", ",1,\"http", AtTheEnd),
    ],
    id: |hit| text_at(hit, "/e/1"),
    keeps: &["cookie _clck", "cookie _clsk"],
};

pub(super) const VENDORS: [Vendor; 7] = [GOOGLE, META, DATADOG, PRESENCE, BING, LINKEDIN, CLARITY];

/// Returns a text in the JSON of a hit.
fn text_at(hit: &Recorded, pointer: &str) -> Option<String> {
    hit.json().ok()?.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// Host, path and text of each script.
const SCRIPTS: [(&str, &str, &str); 10] = [
    ("www.googletagmanager.com", "/gtag/js", include_str!("../../vendors/google.js")),
    ("www.googletagmanager.com", "/gtm.js", include_str!("../../vendors/gtm.js")),
    ("connect.facebook.net", "/en_US/fbevents.js", include_str!("../../vendors/fbevents.js")),
    (
        "connect.facebook.net",
        "/signals/config/YOUR_PIXEL_ID",
        include_str!("../../vendors/fbevents_config.js"),
    ),
    ("www.datadoghq-browser-agent.com", "/rum.js", include_str!("../../vendors/datadog.js")),
    ("cdn.presence.test", "/sdk.js", include_str!("../../vendors/presence.js")),
    ("cdn.presence.test", "/module.js", include_str!("../../vendors/presence_module.js")),
    ("bat.bing.com", "/bat.js", include_str!("../../vendors/bat.js")),
    (
        "snap.licdn.com",
        "/li.lms-analytics/insight.min.js",
        include_str!("../../vendors/insight.js"),
    ),
    ("www.clarity.ms", "/tag/acting", include_str!("../../vendors/clarity.js")),
];

/// Other requested URLs: of the container's tags, and of [`REPORTER`](super::visit::REPORTER).
const OTHERS: [(&str, &str); 3] =
    [("pixel.test", "/image"), ("pixel.test", "/html"), ("visit.test", "/loaded")];

/// Serves all scripts, and answers all hits with nothing.
pub(crate) fn serve_all(cx: &Cx) {
    for (host, path, script) in SCRIPTS {
        cx.collector.stand_in(host, path, script);
    }
    let hits = VENDORS.iter().flat_map(|vendor| vendor.hits);
    for (host, path) in hits.map(|hit| (hit.host, hit.path)).chain(OTHERS) {
        cx.collector.stand_in(host, path, "");
    }
}

/// Returns the snippets of a customer of all vendors.
pub(super) fn paste_all() -> String {
    VENDORS.iter().map(|vendor| vendor.paste).collect()
}

/// Saves these snippets for the app.
pub(super) async fn save_all(cx: &Cx) -> Result<()> {
    serve_all(cx);
    cx.app().await?.publish(&(paste_all() + super::visit::REPORTER), "").await?;
    Ok(())
}
