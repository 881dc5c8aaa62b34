//! Compatibility of a catalogue with an older one.

use c2c_catalogue::{Catalogue, IncompatibleVersion, UnknownFields, Validator, Version};
use proptest::prelude::*;

use crate::random;

const REFERENCE: &str = include_str!("../../reference/catalogue.toml");

/// The reference catalogue with `text` replaced.
fn with(text: &str, replacement: &str) -> Catalogue {
    assert!(REFERENCE.contains(text), "{text}");
    Catalogue::from_toml(&REFERENCE.replace(text, replacement)).expect("it is a catalogue")
}

#[track_caller]
fn check(text: &str, replacement: &str, expected: &[&str]) {
    let changes = with(text, replacement).breaking_changes_since(Catalogue::reference());
    let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(changes, expected, "{text} → {replacement}");
}

#[test]
fn what_breaks_handlers_is_told_with_its_place() {
    check("[events.call_error", "[events.call_failed", &["/events/call_error: the event is gone"]);
    check(
        "fields.rating",
        "fields.stars",
        &["/events/survey_submitted/fields/rating: the field is gone"],
    );
    check(
        "example = 42.5",
        "nullable = true\nexample = 42.5",
        &["/events/call_ended/fields/duration: the field can be null, which it never was"],
    );
    check(
        r#""remote_hangup"]"#,
        r#""remote_hangup", "timeout"]"#,
        &[r#"/events/call_ended/fields/reason/values: "timeout" is a new value"#],
    );
    check(
        "max = 5",
        "max = 10",
        &[
            "/events/survey_submitted/fields/rating: was an integer from 1 to 5, became an integer from 1 to 10",
        ],
    );
    check(
        "type = \"integer\"\nmin = 1",
        "type = \"number\"\nmin = 1",
        &[
            "/events/survey_submitted/fields/rating: was an integer from 1 to 5, became a number from 1 to 5",
        ],
    );
    let preview =
        "summary = \"Whether this is a preview in the console instead of a visitor's page.\"";
    check(
        &format!("type = \"bool\"\n{preview}\nexample = false"),
        &format!("type = \"string\"\n{preview}\nexample = \"no\""),
        &["/events/widget_loaded/fields/isPreview: was a bool, became a string"],
    );
}

#[test]
fn what_only_adds_or_narrows_breaks_nothing() {
    check(
        "[events.call_error]",
        "[events.call_waiting]\nsince = \"1.0.0\"\nsummary = \"S.\"\nwhen = \"W.\"\n\n[events.call_error]",
        &[],
    );
    check(
        "[events.call_error.fields.code]",
        "[events.call_error.fields.more]\ntype = \"bool\"\nsummary = \"S.\"\nexample = true\nprivacy = \"personal\"\n\n[events.call_error.fields.code]",
        &[],
    );
    check("max = 5", "max = 5.0", &[]);
    check("min = 1\nmax = 5", "min = 2\nmax = 5", &[]);
    check(r#"["user_hangup", "remote_hangup"]"#, r#"["user_hangup"]"#, &[]);
    check("nullable = true\nsummary = \"Who is called", "summary = \"Who is called", &[]);
    check("privacy = \"personal\"", "privacy = \"none\"", &[]);
    check(
        "type = \"string\"\nsummary = \"What went wrong",
        "type = \"enum\"\nvalues = [\"connection_lost\"]\nsummary = \"What went wrong",
        &[],
    );
}

#[test]
fn what_tells_more_of_the_visitor_breaks_a_promise() {
    check(
        "privacy = \"pseudonymous\"",
        "privacy = \"personal\"",
        &[
            "/events/call_started/fields/destinationId/privacy: the field tells more of the visitor than it did",
        ],
    );
}

#[test]
fn a_breaking_change_needs_a_major_version() {
    let reference = Catalogue::reference();
    let broken = REFERENCE.replace("fields.rating", "fields.stars");
    let at = |version: &str| {
        let toml = broken.replace("\nversion = \"1.0.0\"", &format!("\nversion = \"{version}\""));
        Catalogue::from_toml(&toml).expect("it is a catalogue").check_upgrade(reference)
    };
    assert_eq!(at("2.0.0"), Ok(()));
    for version in ["1.0.0", "1.9.0"] {
        let error = at(version).expect_err("it breaks handlers").to_string();
        let expected = format!(
            "1.0.0 → {version} breaks handlers, so the major version must rise:\n\
             /events/survey_submitted/fields/rating: the field is gone"
        );
        assert_eq!(error, expected);
    }
    let newer = with("\nversion = \"1.0.0\"", "\nversion = \"1.0.1\"");
    assert_eq!(newer.check_upgrade(reference), Ok(()));
    let error = reference.check_upgrade(&newer);
    let (old, new) = (Version::new(1, 0, 1), Version::new(1, 0, 0));
    assert_eq!(error, Err(IncompatibleVersion::Lower { old, new }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn handlers_of_the_old_catalogue_can_hear_a_compatible_new_one(
        old in random::catalogue(),
        new in random::catalogue(),
    ) {
        prop_assert_eq!(old.breaking_changes_since(&old), vec![]);
        let changes = new.breaking_changes_since(&old);
        let receiver = Validator::new(&old, UnknownFields::Keep);
        for event in old.events() {
            let place = format!("/events/{}", event.name);
            let breaks = |pointer: &str| {
                pointer.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if changes.iter().any(|change| breaks(&change.pointer)) {
                continue;
            }
            for fixture in new.fixtures() {
                if fixture.fault.is_none() && fixture.envelope["name"] == event.name.as_str() {
                    prop_assert_eq!(receiver.check_envelope(&fixture.envelope), Ok(vec![]), "{}", fixture.name);
                }
            }
        }
    }
}
