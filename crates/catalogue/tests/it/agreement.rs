//! Our validation against one of JSON Schema, and against the types.

use c2c_catalogue::{Body, Catalogue, Envelope, Event, UnknownFields, Validator};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::random;

/// As many as it takes to believe it.
const ENVELOPES: u32 = 100_000;

fn schema_of(catalogue: &Catalogue, unknown: UnknownFields) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&catalogue.json_schema(unknown)).expect("JSON");
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("it is a schema")
}

/// Both say the same of these envelopes. Gives how many were accepted.
fn check(catalogue: &Catalogue, unknown: UnknownFields, envelopes: u32) -> u32 {
    let ours = Validator::new(catalogue, unknown);
    let theirs = schema_of(catalogue, unknown);
    let accepted = std::cell::Cell::new(0);
    // What fails becomes a test with a name.
    let config =
        ProptestConfig { cases: envelopes, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&random::envelope(catalogue), |envelope| {
            let verdict = ours.envelope(&envelope);
            accepted.set(accepted.get() + u32::from(verdict.is_ok()));
            prop_assert_eq!(verdict.is_ok(), theirs.is_valid(&envelope), "{:?}", verdict);
            prop_assert_eq!(verdict.is_ok(), ours.accepts(&envelope));
            if let Err(refused) = verdict {
                prop_assert!(!refused.problems.is_empty());
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    accepted.get()
}

#[test]
fn a_validator_of_json_schema_agrees_on_all_fixtures() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        let theirs = schema_of(catalogue, UnknownFields::Refuse);
        for fixture in catalogue.fixtures() {
            assert_eq!(theirs.is_valid(&fixture.envelope), fixture.fault.is_none(), "{fixture:?}");
        }
    }
}

#[test]
fn a_validator_of_json_schema_agrees_on_random_envelopes() {
    let accepted = check(Catalogue::reference(), UnknownFields::Refuse, ENVELOPES);
    // Both answers are tried.
    assert!((ENVELOPES / 10..ENVELOPES / 10 * 9).contains(&accepted), "{accepted} accepted");
}

#[test]
fn it_agrees_on_a_catalogue_with_everything_too() {
    check(&random::everything(), UnknownFields::Refuse, ENVELOPES / 5);
    check(&random::everything(), UnknownFields::Keep, ENVELOPES / 5);
}

#[test]
fn the_types_take_what_the_catalogue_accepts_and_nothing_else() {
    let catalogue = Catalogue::reference();
    let names: Vec<&str> = catalogue.events().iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, Event::NAMES);

    let validator = Validator::new(catalogue, UnknownFields::Refuse);
    let same = |envelope: &Value| {
        // Events are read without context, which the envelope takes out.
        let mut tagged = json!({"name": envelope["name"], "data": envelope["data"]});
        if let Value::Object(data) = &mut tagged["data"] {
            data.remove("context");
        }
        let typed = serde_json::from_value::<Event>(tagged.clone());
        let verdict = validator.data(tagged["name"].as_str().unwrap_or_default(), &tagged["data"]);
        assert_eq!(typed.is_ok(), verdict.is_ok(), "{tagged}: {typed:?}, {verdict:?}");
        if let Ok(event) = typed {
            let printed = json!(event);
            assert_eq!(validator.data(event.name(), &printed["data"]), Ok(vec![]));
            assert_eq!(serde_json::from_value::<Event>(printed).expect("round trip"), event);
        }
    };
    for fixture in catalogue.fixtures() {
        same(&fixture.envelope);
    }
    proptest!(ProptestConfig::with_cases(20_000), |(envelope in random::envelope(catalogue))| {
        same(&envelope);
    });
}

#[test]
fn an_envelope_is_read_if_the_catalogue_accepts_it_and_printed_in_one_way() {
    let catalogue = Catalogue::reference();
    let validator = Validator::new(catalogue, UnknownFields::Refuse);
    proptest!(ProptestConfig::with_cases(20_000), |(value in random::envelope(catalogue))| {
        let read = value.to_string().parse::<Envelope>();
        prop_assert_eq!(read.is_ok(), validator.envelope(&value).is_ok(), "{:?}", read);
        if let Ok(envelope) = read {
            let printed = envelope.to_string();
            let again: Envelope = printed.parse().expect("what is printed is read");
            prop_assert_eq!(again.to_string(), printed);
            prop_assert_eq!(matches!(envelope.body(), Body::Custom(..)), envelope.name().contains(':'));
            prop_assert_eq!(again, envelope);
        }
    });
}
