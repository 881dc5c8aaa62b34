//! Amplitude: analytics.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@amplitude/analytics-browser"),
    script: Script::File("lib/scripts/amplitude-min.js"),
    // By default it asks its vendor for settings.
    code: "
        amplitude.init('key', { serverUrl: TO, fetchRemoteConfig: false });
        amplitude.track(EVENT);",
    answers: &[],
    read: json,
    events: "/events/*",
    name: "/event_type",
    first: First::Event("[Amplitude] Page Viewed"),
    event: "`track`",
    visitor: Some(Visitor { name: "device_id", at: "/device_id", kept_as: "cookie AMP_key" }),
};
