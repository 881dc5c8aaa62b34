//! Mixpanel: analytics.

use c2c_harness::Package;

use super::request::base64_data;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("mixpanel-browser"),
    script: Script::Snippet {
        file: "dist/mixpanel.min.js",
        snippet: "dist/mixpanel-jslib-snippet.min.js",
        global: "MIXPANEL_CUSTOM_LIB_URL",
    },
    code: "
        mixpanel.init('token', { api_host: TO, track_pageview: true });
        mixpanel.track(EVENT);",
    answers: &[],
    read: base64_data,
    events: "/*",
    name: "/event",
    first: First::Event("$mp_web_page_view"),
    event: "`track`",
    visitor: Some(Visitor {
        name: "distinct_id",
        at: "/properties/distinct_id",
        kept_as: "cookie mp_token_mixpanel",
    }),
};
