//! Grafana Faro: performance, errors and events.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@grafana/faro-web-sdk"),
    script: Script::File("dist/bundle/faro-web-sdk.iife.js"),
    code: "
        const faro = GrafanaFaroWebSdk.initializeFaro({ url: TO, app: { name: 'shop' } });
        faro.api.pushEvent(EVENT);",
    answers: &[],
    read: json,
    events: "/events/*",
    name: "/name",
    first: First::Event("session_start"),
    event: "`pushEvent`",
    visitor: None,
};
