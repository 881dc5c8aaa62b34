//! `LaunchDarkly`: feature flags.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("launchdarkly-js-client-sdk"),
    script: Script::File("dist/ldclient.min.js"),
    code: "
        const client = LDClient.initialize('key', { kind: 'user', anonymous: true }, {
          baseUrl: TO, streamUrl: TO, eventsUrl: TO, useReport: true, fetchGoals: false, diagnosticOptOut: true, flushInterval: 2000,
        });
        client.on('ready', () => { client.variation(EVENT); client.flush(); });",
    answers: &[
        ("/sdk/evalx/key/context", r#"{"EVENT": {"value": true, "variation": 0, "version": 1, "trackEvents": true}}"#),
    ],
    read: json,
    events: "/*",
    name: "/key",
    first: First::Request("/sdk/evalx/key/context"),
    event: "`variation`",
    visitor: Some(Visitor { name: "context.key", at: "/context/key", kept_as: "local ld:$anonUserId" }),
};
