//! Snowplow: analytics.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@snowplow/browser-tracker"),
    script: Script::File("dist/index.umd.min.js"),
    code: "
        const snowplow = snowplowBrowserTracking;
        snowplow.newTracker('tracker', TO, { appId: 'shop', credentials: 'omit' });
        snowplow.trackPageView();
        snowplow.trackStructEvent({ category: 'c2c', action: EVENT });",
    answers: &[],
    read: json,
    events: "/data/*",
    name: "/se_ac",
    first: First::Has("/e", "pv"),
    event: "`trackStructEvent`",
    visitor: Some(Visitor { name: "domain_userid", at: "/duid", kept_as: "cookie _sp_id." }),
};
