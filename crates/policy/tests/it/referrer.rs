//! Referrer-Policy: parsing and printing of the one policy.

use c2c_policy::{DocumentPolicy, ReferrerPolicy};

use crate::properties::{self, value};

#[test]
fn one_policy_is_read() {
    for text in ["no-referrer", "No-Referrer", " no-referrer\t"] {
        assert_eq!(text.parse(), Ok(ReferrerPolicy::NoReferrer), "{text:?}");
        properties::referrer(text);
    }
    for text in [
        "",
        "origin",
        "unsafe-url",
        "no-referrer-when-downgrade",
        // Browsers use the last token that they know.
        "no-referrer, origin",
        "origin, no-referrer",
        "no-referrer no-referrer",
        "no-referrer;",
    ] {
        let error = text.parse::<ReferrerPolicy>().expect_err(text).to_string();
        assert!(error.contains("must be `no-referrer` alone"), "{error}");
    }
}

#[test]
fn header_and_attribute_say_the_same() {
    let policy = DocumentPolicy::strict(&[]);
    let header = value(policy.headers(), "referrer-policy");
    let attributes = policy.frame_attributes();
    let attribute = attributes.iter().find(|attribute| attribute.name == "referrerpolicy");
    assert_eq!(header, attribute.expect("it is set").value);
}
