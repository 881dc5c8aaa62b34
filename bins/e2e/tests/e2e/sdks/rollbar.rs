//! Rollbar: an error tracker.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("rollbar"),
    script: Script::File("dist/rollbar.umd.min.js"),
    code: "
        const reporter = new rollbar({ accessToken: 'token', endpoint: TO, captureUncaught: true });
        reporter.error(new Error(EVENT));",
    answers: &[],
    read: json,
    events: "/data/body/trace/exception",
    name: "/message",
    first: First::Uncaught { webkit: "is_uncaught" },
    event: "`error`",
    visitor: None,
};
