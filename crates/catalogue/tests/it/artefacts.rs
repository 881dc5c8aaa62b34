//! The files generated from a catalogue.

use c2c_catalogue::{Catalogue, UnknownFields, Validator};
use proptest::prelude::*;
use serde_json::Value;

use crate::random;

fn schema(catalogue: &Catalogue, unknown: UnknownFields) -> Value {
    serde_json::from_str(&catalogue.json_schema(unknown)).expect("JSON")
}

#[test]
fn the_schema_is_one() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        for unknown in [UnknownFields::Reject, UnknownFields::Keep] {
            let schema = schema(catalogue, unknown);
            if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
                panic!("{}: {error}", catalogue.name());
            }
        }
    }
    let broken =
        serde_json::json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": 1});
    assert!(jsonschema::draft202012::meta::validate(&broken).is_err(), "the meta-schema refuses");
}

#[test]
fn the_data_of_one_event_has_a_schema_of_its_own() {
    let mut schema = schema(Catalogue::reference(), UnknownFields::Reject);
    for key in ["required", "properties", "anyOf", "additionalProperties"] {
        schema.as_object_mut().expect("an object").remove(key);
    }
    schema["$ref"] = "#/$defs/data/$defs/call_ended".into();
    let data = jsonschema::draft202012::new(&schema).expect("it is a schema");
    assert!(data.is_valid(&serde_json::json!({"duration": 1, "reason": "user_hangup"})));
    assert!(!data.is_valid(&serde_json::json!({"duration": -1, "reason": "user_hangup"})));
}

#[test]
fn a_new_event_is_in_everything() {
    let event = "
        [events.call_waiting]
        since = \"1.0.0\"
        summary = \"The visitor waits.\"
        when = \"All lines are busy.\"
        [events.call_waiting.fields.placeInQueue]
        type = \"integer\"
        min = 1
        summary = \"The place in the queue.\"
        example = 3
        privacy = \"none\"
    ";
    let toml = include_str!("../../reference/catalogue.toml").to_owned() + event;
    let catalogue = Catalogue::from_toml(&toml).expect("it is a catalogue");
    let old = Catalogue::reference().artefacts();
    for ((name, text), (_, old)) in catalogue.artefacts().iter().zip(&old) {
        for word in ["call_waiting", "placeInQueue"] {
            assert!(text.contains(word) && !old.contains(word), "{name} and {word}");
        }
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let everything = random::everything();
    let types = everything.typescript();
    assert!(!types.contains("a */ comment"), "no text ends a comment");
    assert!(types.contains(r#"readonly choice: "a" | "b | c" | "`d`" | "e\"*/""#), "{types}");
    assert!(types.contains("readonly 'With-dots.and-dashes': {"), "{types}");
    let page = everything.markdown();
    assert!(
        page.contains(r"a \| pipe, a \*/ comment's end, \`code\`, \<b>, and a backslash \\."),
        "{page}"
    );
    assert!(page.contains("| `rows[].cells` |"), "{page}");
}

proptest! {
    #[test]
    fn any_catalogue_survives_its_file_and_has_a_schema(catalogue in random::catalogue()) {
        let json = catalogue.to_json();
        prop_assert_eq!(&Catalogue::from_json(&json).expect("it is read"), &catalogue);
        for unknown in [UnknownFields::Reject, UnknownFields::Keep] {
            let schema = schema(&catalogue, unknown);
            prop_assert!(jsonschema::draft202012::meta::validate(&schema).is_ok());
        }
        let validator = Validator::new(&catalogue, UnknownFields::Reject);
        for fixture in catalogue.fixtures() {
            let found = validator.check_envelope(&fixture.envelope).err().map(|refused| refused.problems);
            let pointers = found.map(|problems| problems.into_iter().map(|problem| problem.pointer).collect::<Vec<_>>());
            prop_assert_eq!(pointers, fixture.fault.map(|fault| vec![fault]), "{}", fixture.name);
        }
    }
}
