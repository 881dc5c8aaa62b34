//! Segment: analytics that are forwarded to other vendors.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@segment/analytics-next"),
    script: Script::Bundle { entries: &[""], global: "segment" },
    code: "
        const [protocol, apiHost] = TO.split('://');
        segment.AnalyticsBrowser.load(
          { writeKey: 'key', cdnURL: TO },
          { integrations: { 'Segment.io': { protocol, apiHost } } },
        ).track(EVENT);",
    answers: &[(
        "/v1/projects/key/settings",
        r#"{"integrations": {"Segment.io": {"apiKey": "key"}}}"#,
    )],
    read: json,
    events: "",
    name: "/event",
    first: First::Request("/v1/projects/key/settings"),
    event: "`track`",
    visitor: Some(Visitor {
        name: "anonymousId",
        at: "/anonymousId",
        kept_as: "cookie ajs_anonymous_id",
    }),
};
