//! Honeybadger: an error tracker.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@honeybadger-io/js"),
    script: Script::File("dist/browser/honeybadger.min.js"),
    code: "
        Honeybadger.configure({ apiKey: 'key', endpoint: TO });
        Honeybadger.notify(new Error(EVENT));",
    answers: &[],
    read: json,
    events: "",
    name: "/error/message",
    first: First::Uncaught { webkit: "Ignoring cross-domain script error" },
    event: "`notify`",
    visitor: None,
};
