//! The rules for names of custom events.

use c2c_names::{CustomName, EventName, NAME_LENGTH_MAX};
use proptest::prelude::*;

fn check(name: &str, expected: Result<(), &str>) {
    match (name.parse::<CustomName>(), expected) {
        (Ok(parsed), Ok(())) => assert_eq!(parsed.as_str(), name),
        (Err(error), Err(part)) => {
            assert!(error.to_string().contains(part), "{name:?}: {error} does not say {part:?}");
        }
        (parsed, expected) => panic!("{name:?}: {parsed:?}, expected {expected:?}"),
    }
}

#[test]
fn ordinary_names_are_taken() {
    for name in ["chat_opened", "a", "A.b-c_9", "checkout.step-2", &"x".repeat(64)] {
        check(name, Ok(()));
    }
}

#[test]
fn everything_else_is_refused_with_the_reason() {
    check("", Err("needs a name"));
    check(&"x".repeat(65), Err("at most 64 characters, not 65"));
    check("9lives", Err("begins with a letter a–z or A–Z, not '9'"));
    check("_x", Err("not '_'"));
    check("a b", Err("not ' '"));
    check("custom:x", Err("not ':'"));
    check("nul\0", Err("not '\\0'"));
    check("caf\u{e9}", Err("not 'é'"));
    check("c2c_ready", Err("reserved"));
    check("C-2-C", Err("reserved"));
    check("__proto__", Err("begins with a letter"));
}

#[test]
fn no_custom_name_reads_like_a_widget_event() {
    let events: [EventName; 2] =
        ["chat.closed", "videoPlayed"].map(|name| name.parse().expect(name));
    for name in ["chat.closed", "Chat-Closed", "CHATCLOSED", "video_played"] {
        let error = CustomName::beside(&events, name).expect_err(name).to_string();
        assert!(error.contains("reads like the widget event"), "{error}");
        assert!(CustomName::beside(&[], name).is_ok(), "{name}");
    }
    let error = CustomName::beside(&events, "video_played").expect_err("it looks built in");
    assert!(error.to_string().contains("`videoPlayed`"), "{error}");
    assert!(CustomName::beside(&events, "c2c_ready").is_err());
    assert!(CustomName::beside(&events, "a b").is_err());
}

#[test]
fn names_of_events_have_the_same_form() {
    for name in ["call_ended", "a", "A.b-c_9", &"x".repeat(64)] {
        assert_eq!(name.parse::<EventName>().expect(name).as_str(), name);
    }
    for name in ["", "_x", "a b", "custom:x", "*", "c2c_ready", "C-2-C", &"x".repeat(65)] {
        assert!(name.parse::<EventName>().is_err(), "{name:?}");
    }
}

proptest! {
    #[test]
    fn what_parses_prints_back_and_stays_in_its_alphabet(name in ".{0,70}") {
        if let Ok(parsed) = name.parse::<CustomName>() {
            prop_assert_eq!(parsed.to_string(), &*name);
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)));
            prop_assert!(name.len() <= NAME_LENGTH_MAX);
        }
    }
}
