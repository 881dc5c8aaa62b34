//! Piano Analytics.

use c2c_harness::Package;

use super::request::with_query;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("piano-analytics-js"),
    script: Script::File("dist/browser/piano-analytics.umd.js"),
    code: "
        pa.setConfigurations({ site: 1, collectDomain: TO });
        pa.sendEvent('page.display', {});
        pa.sendEvent(EVENT, {});",
    answers: &[],
    read: with_query,
    events: "/events/*",
    name: "/name",
    first: First::Event("page.display"),
    event: "`sendEvent`",
    visitor: Some(Visitor { name: "idclient", at: "/query/idclient", kept_as: "cookie _pcid" }),
};
