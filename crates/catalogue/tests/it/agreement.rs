//! Our validation compared with a JSON Schema validator and with the types.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use c2c_catalogue::reference::Event;
use c2c_catalogue::{Catalogue, Name, Problem, UnknownFields, ValidationError, Validator};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::random;

/// Number of random envelopes.
const ENVELOPES: u32 = 100_000;

fn schema_of(catalogue: &Catalogue, unknown: UnknownFields) -> jsonschema::Validator {
    schema_with(catalogue, unknown, true)
}

fn schema_with(
    catalogue: &Catalogue,
    unknown: UnknownFields,
    formats: bool,
) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&catalogue.json_schema(unknown)).expect("JSON");
    jsonschema::draft202012::options()
        .should_validate_formats(formats)
        .build(&schema)
        .expect("it is a schema")
}

/// The verdicts on random envelopes.
#[derive(Debug, Default)]
struct Verdicts {
    accepted: Cell<u32>,
    /// Rejected envelopes, counted by the place of their first problem.
    refused: RefCell<BTreeMap<String, u32>>,
}

impl Verdicts {
    fn count(&self, verdict: &Result<Vec<Problem>, ValidationError>) {
        match verdict {
            Ok(_) => self.accepted.set(self.accepted.get() + 1),
            Err(ValidationError { problems, .. }) => {
                let Problem { pointer, message, .. } = &problems[0];
                let place = match pointer.rsplit_once('/') {
                    // Keys are random.
                    Some((above, _)) if message.starts_with("is not a field") => above,
                    _ => pointer,
                };
                *self.refused.borrow_mut().entry(place.to_owned()).or_default() += 1;
            }
        }
    }

    /// Asserts that both verdicts occur often, and that rejections have their problems in many places.
    fn assert_varied(&self) {
        let (accepted, refused) = (self.accepted.get(), self.refused.borrow());
        let all = accepted + refused.values().sum::<u32>();
        assert!((all / 5..all / 5 * 4).contains(&accepted), "{accepted} of {all} accepted");
        assert!(refused.len() > 20, "{refused:?}");
        assert!(refused.values().all(|&here| here < (all - accepted) / 3), "{refused:?}");
    }
}

/// Checks that both validators agree on random envelopes.
fn check(catalogue: &Catalogue, unknown: UnknownFields, envelopes: u32) {
    let ours = Validator::new(catalogue, unknown);
    let theirs = schema_of(catalogue, unknown);
    let verdicts = Verdicts::default();
    // Failing cases are not stored in a file: they become named tests.
    let config =
        ProptestConfig { cases: envelopes, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&random::envelope(catalogue), |envelope| {
            let verdict = ours.check_envelope(&envelope);
            prop_assert_eq!(verdict.is_ok(), theirs.is_valid(&envelope), "{:?}", verdict);
            prop_assert_eq!(verdict.is_ok(), ours.accepts(&envelope));
            verdicts.count(&verdict);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    verdicts.assert_varied();
}

#[test]
fn a_validator_of_json_schema_agrees_on_all_fixtures() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        let theirs = schema_of(catalogue, UnknownFields::Reject);
        for fixture in catalogue.fixtures() {
            assert_eq!(theirs.is_valid(&fixture.envelope), fixture.fault.is_none(), "{fixture:?}");
        }
    }
}

#[test]
fn a_validator_of_json_schema_agrees_on_random_envelopes() {
    check(Catalogue::reference(), UnknownFields::Reject, ENVELOPES);
}

/// The only case in which ours is stricter, as the docs of `json_schema` say.
#[test]
fn without_formats_a_schema_takes_days_that_a_month_has_not() {
    let catalogue = Catalogue::reference();
    let ours = Validator::new(catalogue, UnknownFields::Reject);
    let theirs = schema_with(catalogue, UnknownFields::Reject, false);
    let differ = Cell::new(0);
    let same = |envelope: &Value| {
        let problems = ours.check_envelope(envelope).err().map(|refused| refused.problems);
        if problems.is_none() || !theirs.is_valid(envelope) {
            assert_eq!(problems.is_none(), theirs.is_valid(envelope), "{envelope}");
            return;
        }
        differ.set(differ.get() + 1);
        let time = envelope["timestamp"].as_str().unwrap_or_default();
        let message = format!("expected a time as 2026-03-01T12:00:00.125Z, got {time:?}");
        let lines: Vec<_> = problems.iter().flatten().map(ToString::to_string).collect();
        assert_eq!(lines, [format!("/timestamp: {message}")]);
        assert!(
            ["02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31"].contains(&&time[5..10])
        );
    };
    for mut fixture in catalogue.fixtures().into_iter().filter(|fixture| fixture.fault.is_none()) {
        for day in ["2026-02-29", "2026-02-30", "2026-04-31", "2026-11-31", "1900-02-29"] {
            fixture.envelope["timestamp"] = format!("{day}T12:00:00Z").into();
            same(&fixture.envelope);
        }
    }
    assert!(differ.get() > 100, "{differ:?}");
    proptest!(ProptestConfig::with_cases(20_000), |(envelope in random::envelope(catalogue))| {
        same(&envelope);
    });
}

#[test]
fn it_agrees_on_a_catalogue_with_everything_too() {
    check(&random::everything(), UnknownFields::Reject, ENVELOPES / 5);
    check(&random::everything(), UnknownFields::Keep, ENVELOPES / 5);
}

#[test]
fn the_types_take_what_the_catalogue_accepts_and_nothing_else() {
    let catalogue = Catalogue::reference();
    let names: Vec<&str> = catalogue.events().iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, Event::NAMES);

    let validator = Validator::new(catalogue, UnknownFields::Reject);
    let same = |envelope: &Value| {
        // `Event` is read without the context, which the envelope holds separately.
        let mut tagged = json!({"name": envelope["name"], "data": envelope["data"]});
        if let Value::Object(data) = &mut tagged["data"] {
            data.remove("context");
        }
        let typed = serde_json::from_value::<Event>(tagged.clone());
        let verdict =
            validator.check_data(tagged["name"].as_str().unwrap_or_default(), &tagged["data"]);
        assert_eq!(typed.is_ok(), verdict.is_ok(), "{tagged}: {typed:?}, {verdict:?}");
        if let Ok(event) = typed {
            let printed = json!(event);
            assert_eq!(validator.check_data(event.name(), &printed["data"]), Ok(vec![]));
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
    let validator = Validator::new(catalogue, UnknownFields::Reject);
    proptest!(ProptestConfig::with_cases(20_000), |(value in random::envelope(catalogue))| {
        let read = validator.read_envelope(&value.to_string());
        prop_assert_eq!(read.is_ok(), validator.check_envelope(&value).is_ok(), "{:?}", read);
        if let Ok(envelope) = read {
            let printed = envelope.to_string();
            let again = validator.read_envelope(&printed).expect("what is printed is read");
            prop_assert_eq!(again.to_string(), printed);
            let is_widget = matches!(envelope.name(), Name::Widget(_));
            prop_assert_eq!(envelope.event::<Event>().is_ok(), is_widget);
            prop_assert_eq!(again, envelope);
        }
    });
}
