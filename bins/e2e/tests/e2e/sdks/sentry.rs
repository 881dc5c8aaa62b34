//! Sentry: an error tracker.

use c2c_harness::Package;

use super::request::json_lines;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@sentry/browser"),
    script: Script::Bundle { entries: &[""], global: "Sentry" },
    code: "
        Sentry.init({ dsn: 'http://key@localhost/1', tunnel: TO });
        Sentry.captureException(new Error(EVENT));",
    answers: &[],
    read: json_lines,
    events: "/exception/values/*",
    name: "/value",
    first: First::Uncaught { webkit: "nothing catches this" },
    event: "`captureException`",
    visitor: None,
};
