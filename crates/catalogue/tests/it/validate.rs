//! Rejected events and their messages.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use c2c_catalogue::{Catalogue, UnknownFields, ValidationError, Validator};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::random;

fn refused(verdict: Result<Vec<c2c_catalogue::Problem>, ValidationError>, expected: &Expect) {
    expected.assert_eq(&verdict.expect_err("it is refused").to_string());
}

#[track_caller]
fn data(event: &str, data: &Value, expected: &Expect) {
    let validator = Validator::new(&random::everything(), UnknownFields::Reject);
    refused(validator.check_data(event, data), expected);
}

#[track_caller]
fn envelope(envelope: &Value, expected: &Expect) {
    let validator = Validator::new(Catalogue::reference(), UnknownFields::Reject);
    refused(validator.check_envelope(envelope), expected);
}

#[test]
fn each_fixture_has_the_fault_that_it_names_and_no_other() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        let validator = Validator::new(catalogue, UnknownFields::Reject);
        for fixture in catalogue.fixtures() {
            let verdict = validator.check_envelope(&fixture.envelope);
            let found: Vec<String> = match verdict {
                Ok(warnings) => warnings.into_iter().map(|problem| problem.pointer).collect(),
                Err(refused) => {
                    refused.problems.into_iter().map(|problem| problem.pointer).collect()
                }
            };
            assert_eq!(found, fixture.fault.into_iter().collect::<Vec<_>>(), "{}", fixture.name);
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    envelope(
        &json!({
            "name": "call_ended",
            "data": {"duration": "31", "reason": "bored", "context": {"a/b": 1}, "extra": 1},
            "timestamp": "yesterday",
            "id": 7,
            "sec": 0,
        }),
        &expect![[r#"
            /id: expected a UUID of version 7, in small letters, got number
            /sec: is not a field that the catalogue knows
            /timestamp: expected a time as 2026-03-01T12:00:00.125Z, got "yesterday"
            /seq: is missing; expected an integer ≥ 0
            /data/context/a~1b: expected a string, got number
            /data/duration: expected a number ≥ 0, got string
            /data/extra: is not a field that the catalogue knows
            /data/reason: expected "user_hangup" or "remote_hangup", got "bored""#]],
    );
}

#[test]
fn types_are_told_in_words() {
    data(
        "With-dots.and-dashes",
        &json!({
            "text": null, "integer": 0.5, "few": 4, "number": "1", "share": 0.6, "choice": "f\u{1b}".repeat(99),
        }),
        &expect![[r#"
            /choice: expected "a" or "b | c" or "`d`" or "e\"*/" or "null" or null, got "f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}f\u{1b}"…
            /few: expected an integer from -3 to 3 or null, got 4
            /integer: expected an integer, got 0.5
            /number: expected a number, got string
            /share: expected a number from 0 to 0.5, got 0.6
            /text: expected a string, got null"#]],
    );
    data(
        "nested",
        &json!({"rows": [{"cells": [[1, "1"], 2], "context": {}}, 3], "who": {"name": 1}}),
        &expect![[r#"
            /rows/0/cells/0/1: expected a number ≥ 0 or null, got string
            /rows/0/cells/1: expected a list of (number ≥ 0 | null), got number
            /rows/0/context: expected a bool, got object
            /rows/1: expected an object, got number
            /who/name: expected a string, got number
            /who/roles: is missing; expected a list of ("agent" | "visitor")"#]],
    );
}

#[test]
fn what_is_no_event_is_told() {
    data("nested", &json!([]), &expect!["expected an object, got list"]);
    data("unheard_of", &json!({}), &expect![[r#"there is no event "unheard_of""#]]);
    envelope(&json!([]), &expect!["expected an object, got list"]);
    envelope(
        &json!({}),
        &expect![[r#"
        /name: is missing; expected a string
        /data: is missing; expected an object
        /timestamp: is missing; expected a time as 2026-03-01T12:00:00.125Z
        /id: is missing; expected a UUID of version 7, in small letters
        /seq: is missing; expected an integer ≥ 0"#]],
    );
    envelope(
        &json!({"name": "custom:Call-Ended", "data": {}, "seq": -1}),
        &expect![[r#"
        /seq: expected an integer ≥ 0, got -1
        /timestamp: is missing; expected a time as 2026-03-01T12:00:00.125Z
        /id: is missing; expected a UUID of version 7, in small letters
        /name: "Call-Ended" is not a custom event's name
        /data/context: is missing; expected an object with texts"#]],
    );
}

#[test]
fn unknown_fields_are_kept_warned_of_or_refused() {
    let good = &Catalogue::reference().fixtures()[0].envelope;
    let mut more = good.clone();
    more["data"]["new"] = json!({"any": "thing"});
    more["extra"] = json!(null);
    let validator = |unknown| Validator::new(Catalogue::reference(), unknown);
    assert_eq!(validator(UnknownFields::Keep).check_envelope(&more), Ok(vec![]));
    let warnings = validator(UnknownFields::Warn).check_envelope(&more).expect("it is accepted");
    let pointers: Vec<_> = warnings.iter().map(|warning| &*warning.pointer).collect();
    assert_eq!(pointers, ["/extra", "/data/new"]);
    let accepts = |unknown| validator(unknown).accepts(&more);
    assert_eq!(
        [UnknownFields::Keep, UnknownFields::Warn, UnknownFields::Reject].map(accepts),
        [true, false, false]
    );
    let refused =
        validator(UnknownFields::Reject).check_envelope(&more).expect_err("it is refused");
    assert_eq!((refused.problems, refused.warnings), (warnings.clone(), vec![]));
    // A fault elsewhere does not hide the warnings.
    more["seq"] = json!(-1);
    let refused = validator(UnknownFields::Warn).check_envelope(&more).expect_err("it is refused");
    assert_eq!((refused.problems.len(), refused.warnings), (1, warnings));
}

#[test]
fn the_context_of_data_may_be_there_or_not() {
    let validator = Validator::new(Catalogue::reference(), UnknownFields::Reject);
    let with = |context: Value| {
        validator.check_data("widget_loaded", &json!({"isPreview": true, "context": context}))
    };
    assert_eq!(validator.check_data("widget_loaded", &json!({"isPreview": true})), Ok(vec![]));
    assert_eq!(with(json!({"orderId": "A-1"})), Ok(vec![]));
    assert!(with(json!({"orderId": 1})).is_err());
}
