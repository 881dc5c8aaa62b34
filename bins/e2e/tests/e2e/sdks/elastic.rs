//! Elastic APM: performance and errors.

use c2c_harness::Package;

use super::request::json_lines;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@elastic/apm-rum"),
    script: Script::File("dist/bundles/elastic-apm-rum.umd.min.js"),
    code: "
        elasticApm.init({ serviceName: 'shop', serverUrl: TO });
        elasticApm.captureError(new Error(EVENT));",
    answers: &[],
    read: json_lines,
    events: "",
    name: "/error/exception/message",
    first: First::Has("/transaction/type", "page-load"),
    event: "`captureError`",
    visitor: None,
};
