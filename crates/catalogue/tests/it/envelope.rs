//! Reading and printing of envelopes.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use c2c_catalogue::{Catalogue, Envelope, EnvelopeError, Name, UnknownFields, Validator};
use expect_test::{Expect, expect};

fn read(json: &str) -> Result<Envelope, EnvelopeError> {
    Validator::new(Catalogue::reference(), UnknownFields::Reject).read_envelope(json)
}

fn envelope(name: &str, data: &str) -> String {
    format!(
        r#"{{"name":"{name}","data":{data},"timestamp":"2026-03-01T12:00:00.125Z","id":"01956b4e-3c00-7000-8000-000000000000","seq":7}}"#
    )
}

fn check_refused(json: &str, part: &str) {
    let error = read(json).expect_err(json).to_string();
    assert!(error.contains(part), "{error} does not say {part:?}");
}

#[test]
fn a_widget_event_survives_the_round_trip() {
    let json = envelope(
        "call_ended",
        r#"{"context":{"orderId":"A-1"},"duration":31.0,"reason":"user_hangup"}"#,
    );
    let parsed = read(&json).expect("valid");
    assert_eq!(parsed.to_string(), json);
    assert_eq!((parsed.name().to_string().as_str(), parsed.seq()), ("call_ended", 7));
}

#[test]
fn a_custom_event_keeps_its_own_keys() {
    let json = envelope("custom:chat_opened", r#"{"context":{},"deep":{"a":[1]},"source":"x"}"#);
    let parsed = read(&json).expect("valid");
    assert_eq!(parsed.to_string(), json);
    assert_eq!(parsed.name(), &Name::Custom("chat_opened".parse().expect("a name")));
    assert_eq!(parsed.data()["source"], "x");
}

/// Checks texts that JSON readers understand differently or cannot read at all.
#[test]
fn json_that_readers_disagree_about_is_refused_with_its_place() {
    let check = |from: &str, to: &str, expected: &Expect| {
        let json = envelope("custom:x", r#"{"a":1,"context":{}}"#).replace(from, to);
        expected.assert_eq(&read(&json).expect_err(&json).to_string());
    };
    check(
        r#""seq":7"#,
        r#""seq":7,"name":"call_ended""#,
        &expect![[r#"not an envelope: line 1, column 144: the key "name" is there twice"#]],
    );
    check(
        r#""a":1"#,
        r#""a":1,"\u0061":2"#,
        &expect![[r#"not an envelope: line 1, column 41: the key "a" is there twice"#]],
    );
    check(
        r#""a":1"#,
        r#""a":{"b":{"c":1,"c":1}}"#,
        &expect![[r#"not an envelope: line 1, column 46: the key "c" is there twice"#]],
    );
    check("7}", "1e999}", &expect!["not an envelope: line 1, column 141: number out of range"]);
    check(
        ":1",
        &format!(":1{}", "0".repeat(400)),
        &expect!["not an envelope: line 1, column 432: number out of range"],
    );
    check(
        ":1,",
        r#":"\ud800","#,
        &expect!["not an envelope: line 1, column 39: half of a surrogate pair is no text"],
    );
    check(
        ":1,",
        r#":"\ud800x","#,
        &expect!["not an envelope: line 1, column 39: half of a surrogate pair is no text"],
    );
    check(
        ":1,",
        r#":"\udc00","#,
        &expect!["not an envelope: line 1, column 38: half of a surrogate pair is no text"],
    );
    check(
        r#""a":1"#,
        r#""\ud800\u0041":1"#,
        &expect!["not an envelope: line 1, column 40: half of a surrogate pair is no text"],
    );
    check(
        ":1,",
        &format!(":{}1{},", "[".repeat(200), "]".repeat(200)),
        &expect!["not an envelope: line 1, column 157: is nested too deeply"],
    );
    check(
        r#""a":1"#,
        r#""a":{"\u0024serde_json::private::RawValue":"[]"}"#,
        &expect![[
            r#"not an envelope: line 1, column 69: no key may begin with "$serde_json::private::""#
        ]],
    );
    check(
        ":1,",
        &r#":{"a""#.repeat(100_000),
        &expect!["not an envelope: line 1, column 657: is nested too deeply"],
    );
    // Valid JSON, but not a valid position.
    check(
        "7}",
        "1e300}",
        &expect![[r#"
        not an envelope:
        /seq: expected an integer ≥ 0, got 1e+300"#]],
    );
}

#[test]
fn a_forged_or_broken_envelope_is_refused() {
    check_refused("[]", "not an envelope");
    check_refused(&envelope("call_ended", r#"{"duration":1,"reason":"user_hangup"}"#), "context");
    check_refused(&envelope("call_ended", r#"{"context":{}}"#), "/data/duration: is missing");
    check_refused(&envelope("call_begun", r#"{"context":{}}"#), "call_begun");
    check_refused(&envelope("custom:call_ended", r#"{"context":{}}"#), "call_ended");
    check_refused(&envelope("custom:", r#"{"context":{}}"#), "/name: ");
    check_refused(&envelope("custom:x", r#"{"context":{"a":1}}"#), "/data/context/a: ");
    check_refused(
        &envelope("custom:x", r#"{"context":{}}"#).replace("-7000-", "-4000-"),
        "version 7",
    );
    check_refused(&envelope("custom:x", r#"{"context":{}}"#).replace("seq", "sec"), "sec");
}
