//! Swetrix: analytics.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk};

pub(super) const SDK: Sdk = Sdk {
    package: Package("swetrix"),
    script: Script::File("dist/swetrix.js"),
    code: "
        // It takes a driven browser for a bot.
        Object.defineProperty(navigator, 'webdriver', { value: false });
        swetrix.init('project', { apiURL: TO, devMode: true });
        swetrix.trackViews();
        swetrix.track({ ev: EVENT });",
    answers: &[],
    read: json,
    events: "",
    name: "/ev",
    first: First::Request("/"),
    event: "`track`",
    visitor: None,
};
