//! `RudderStack`: analytics that are forwarded to other vendors.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@rudderstack/analytics-js"),
    script: Script::Bundle { entries: &["/bundled"], global: "rudder" },
    code: "
        const analytics = new rudder.RudderAnalytics();
        analytics.load('key', TO, { configUrl: TO });
        analytics.track(EVENT);",
    answers: &[(
        "/sourceConfig/",
        r#"{"source": {"id": "1", "name": "shop", "writeKey": "key", "enabled": true, "workspaceId": "1", "destinations": [], "dataplanes": {}, "config": {"statsCollection": {"errors": {"enabled": false}, "metrics": {"enabled": false}}}}}"#,
    )],
    read: json,
    events: "",
    name: "/event",
    first: First::Request("/sourceConfig/"),
    event: "`track`",
    visitor: Some(Visitor {
        name: "anonymousId",
        at: "/anonymousId",
        kept_as: "cookie rl_anonymous_id",
    }),
};
