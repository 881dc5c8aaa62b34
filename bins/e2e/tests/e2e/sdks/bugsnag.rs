//! Bugsnag: an error tracker.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@bugsnag/browser"),
    script: Script::File("dist/bugsnag.min.js"),
    code: "
        Bugsnag.start({ apiKey: '0123456789abcdef0123456789abcdef', endpoints: { notify: TO, sessions: TO + '/sessions' } });
        Bugsnag.notify(new Error(EVENT));",
    answers: &[],
    read: json,
    events: "/events/*",
    name: "/exceptions/0/message",
    first: First::Request("/sessions"),
    event: "`notify`",
    visitor: Some(Visitor { name: "device.id", at: "/device/id", kept_as: "local bugsnag-anonymous-id" }),
};
