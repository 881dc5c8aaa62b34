//! Plausible: analytics.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("plausible-tracker"),
    script: Script::Bundle { entries: &[""], global: "plausibleTracker" },
    code: "
        const plausible = plausibleTracker.default({ domain: 'shop.example', apiHost: TO });
        plausible.enableAutoPageviews();
        plausible.trackEvent(EVENT);",
    answers: &[],
    read: json,
    events: "",
    name: "/n",
    first: First::Event("pageview"),
    event: "`trackEvent`",
    visitor: None,
};
