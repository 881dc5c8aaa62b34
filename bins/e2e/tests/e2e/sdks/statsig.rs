//! Statsig: feature flags.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@statsig/js-client"),
    script: Script::File("build/statsig-js-client.min.js"),
    code: "
        const client = new Statsig.StatsigClient('client-key', {}, {
          networkConfig: { api: TO }, disableCompression: true, disableStatsigEncoding: true,
        });
        client.initializeAsync().then(() => { client.checkGate(EVENT); client.flush(); });",
    answers: &[(
        "/initialize",
        r#"{"feature_gates": {"EVENT": {"name": "EVENT", "value": true, "rule_id": "all", "secondary_exposures": []}}, "dynamic_configs": {}, "layer_configs": {}, "has_updates": true, "time": 1, "hash_used": "none"}"#,
    )],
    read: json,
    events: "/events/*",
    name: "/metadata/gate",
    first: First::Request("/initialize"),
    event: "`checkGate`",
    visitor: Some(Visitor {
        name: "stableID",
        at: "/statsigMetadata/stableID",
        kept_as: "local statsig.stable_id",
    }),
};
