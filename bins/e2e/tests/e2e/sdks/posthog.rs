//! `PostHog`: analytics.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("posthog-js"),
    // The other files load more scripts from the vendor.
    script: Script::File("dist/array.no-external.js"),
    // It treats a driven browser as a bot.
    code: "
        posthog.init('key', { api_host: TO, disable_compression: true, opt_out_useragent_filter: true });
        posthog.capture(EVENT);",
    answers: &[],
    read: json,
    events: "/batch/*",
    name: "/event",
    first: First::Event("$pageview"),
    event: "`capture`",
    visitor: Some(Visitor {
        name: "distinct_id",
        at: "/properties/distinct_id",
        kept_as: "cookie ph_key_posthog",
    }),
};
