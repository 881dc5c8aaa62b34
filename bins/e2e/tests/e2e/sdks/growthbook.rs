//! `GrowthBook`: feature flags.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@growthbook/growthbook"),
    script: Script::Bundle { entries: &["", "/plugins"], global: "GB" },
    code: "
        const gb = new GB.GrowthBook({
          apiHost: TO, clientKey: 'key',
          plugins: [GB.autoAttributesPlugin(), GB.growthbookTrackingPlugin({ ingestorHost: TO })],
        });
        gb.init().then(() => gb.isOn(EVENT));",
    answers: &[(
        "/api/features/key",
        r#"{"status": 200, "features": {"EVENT": {"defaultValue": true}}}"#,
    )],
    read: json,
    events: "/*",
    name: "/properties_json/feature",
    first: First::Request("/api/features/key"),
    event: "`isOn`",
    visitor: Some(Visitor { name: "device_id", at: "/device_id", kept_as: "cookie gbuuid" }),
};
