//! New Relic: performance, and actions of visitors.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@newrelic/browser-agent"),
    script: Script::Bundle { entries: &["/loaders/browser-agent"], global: "newRelic" },
    code: "
        const [, beacon] = TO.split('://');
        const agent = new newRelic.BrowserAgent({
          init: { ssl: false, harvest: { interval: 1 } },
          info: { beacon, errorBeacon: beacon, licenseKey: 'key', applicationID: '1', sa: 1 },
          loader_config: { accountID: '1', trustKey: '1', agentID: '1', licenseKey: 'key', applicationID: '1' },
        });
        agent.addPageAction(EVENT);",
    answers: &[
        ("/1/key", r#"{"st": 1, "sr": 0, "err": 1, "ins": 1, "spa": 1, "loaded": 1, "app": {"agents": [{"entityGuid": "1"}], "nrServerTime": 1}}"#),
    ],
    read: json,
    events: "/ins/*",
    name: "/actionName",
    first: First::Request("/1/key"),
    event: "`addPageAction`",
    visitor: None,
};
