//! Datadog RUM: performance, and actions of visitors.

use c2c_harness::Package;

use super::request::json_lines;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@datadog/browser-rum"),
    script: Script::File("bundle/datadog-rum.js"),
    code: "
        DD_RUM.init({ applicationId: 'id', clientToken: 'token', proxy: TO, telemetrySampleRate: 0 });
        // It sends fifty events at once, or waits half a minute for them.
        for (let sent = 0; sent < 50; sent++) DD_RUM.addAction(EVENT);",
    answers: &[],
    read: json_lines,
    events: "",
    name: "/action/target/name",
    first: First::Has("/type", "view"),
    event: "`addAction`",
    visitor: Some(Visitor { name: "anonymous_id", at: "/usr/anonymous_id", kept_as: "cookie _dd_s_v2" }),
};
