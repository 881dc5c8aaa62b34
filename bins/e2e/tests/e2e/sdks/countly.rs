//! Countly: analytics.

use c2c_harness::Package;

use super::request::form;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("countly-sdk-web"),
    script: Script::File("lib/countly.min.js"),
    code: "
        Countly.init({ app_key: 'key', url: TO, force_post: true, ignore_bots: false });
        Countly.track_sessions();
        Countly.add_event({ key: EVENT });",
    answers: &[("/o/sdk", r#"{"v": 1, "t": 1, "c": {}}"#), ("/i", r#"{"result": "Success"}"#)],
    read: form,
    events: "/events/*",
    name: "/key",
    first: First::Event("[CLY]_orientation"),
    event: "`add_event`",
    visitor: Some(Visitor { name: "device_id", at: "/device_id", kept_as: "local key/cly_id" }),
};
