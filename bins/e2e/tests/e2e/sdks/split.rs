//! Split: feature flags.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@splitsoftware/splitio-browserjs"),
    script: Script::Bundle { entries: &[""], global: "split" },
    code: "
        const client = split.SplitFactory({
          core: { authorizationKey: 'key', key: 'visitor' }, streamingEnabled: false,
          scheduler: { eventsFirstPushWindow: 0.1, impressionsRefreshRate: 1 },
          urls: { sdk: TO, auth: TO, events: TO, telemetry: TO },
        }).client();
        client.track('user', EVENT);",
    answers: &[],
    read: json,
    events: "/*",
    name: "/eventTypeId",
    first: First::Request("/splitChanges"),
    event: "`track`",
    visitor: None,
};
