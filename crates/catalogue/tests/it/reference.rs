//! The table in words against the types that read events.

use c2c_catalogue::{Event, EventReference, REFERENCE};
use serde_json::{Map, Value, json};

/// The table as the console reads it.
fn printed() -> Vec<Value> {
    let table = serde_json::to_value(REFERENCE).expect("every example is JSON");
    table.as_array().expect("a list").clone()
}

/// The data that the examples of an event make.
fn example(event: &Value) -> Map<String, Value> {
    let fields = event["fields"].as_array().expect("a list");
    let name = |field: &Value| field["name"].as_str().expect("a name").to_owned();
    fields.iter().map(|field| (name(field), field["example"].clone())).collect()
}

fn read(name: &Value, data: &Map<String, Value>) -> Result<Event, String> {
    serde_json::from_value(json!({"name": name, "data": data})).map_err(|error| error.to_string())
}

/// Whether a type in words has this value.
fn has(kind: &str, value: &Value) -> bool {
    kind.split(" | ").any(|part| match part {
        "null" => value.is_null(),
        "bool" => value.is_boolean(),
        "string" => value.is_string(),
        "number ≥ 0" => value.as_f64() >= Some(0.0),
        "integer 1–5" => value.as_u64().is_some_and(|integer| (1..=5).contains(&integer)),
        literal => serde_json::from_str::<Value>(literal).expect("JSON") == *value,
    })
}

#[test]
fn it_has_the_events_of_the_catalogue_in_their_order() {
    let names: Vec<&str> = REFERENCE.iter().map(|event| event.name).collect();
    assert_eq!(names, Event::NAMES);
}

#[test]
fn the_examples_of_an_event_are_the_event_no_field_more_and_none_less() {
    for event in printed() {
        let name = &event["name"];
        let data = example(&event);
        let parsed = read(name, &data).expect("the examples make an event");
        assert_eq!(serde_json::to_value(&parsed).expect("prints")["data"], json!(data));
        for field in data.keys() {
            let mut less = data.clone();
            less.remove(field);
            let error = read(name, &less).expect_err("every field is required");
            assert!(error.contains(&format!("missing field `{field}`")), "{name}: {error}");
        }
        let mut more = data.clone();
        more.insert("extra".to_owned(), Value::Null);
        let error = read(name, &more).expect_err("no other field is known");
        assert!(error.contains("unknown field `extra`"), "{name}: {error}");
    }
}

#[test]
fn a_field_takes_the_values_that_its_type_names_and_no_others() {
    let candidates = json!([
        null,
        true,
        -1,
        -0.5,
        0,
        0.5,
        1,
        5,
        6,
        "",
        "any",
        "user_hangup",
        "remote_hangup",
        [],
        {}
    ]);
    for event in printed() {
        for field in event["fields"].as_array().expect("a list") {
            let kind = field["type"].as_str().expect("words");
            for value in candidates.as_array().expect("a list") {
                let mut data = example(&event);
                data.insert(field["name"].as_str().expect("a name").to_owned(), value.clone());
                let taken = read(&event["name"], &data).is_ok();
                assert_eq!(taken, has(kind, value), "{field} and {value}");
            }
        }
    }
}

#[test]
fn it_speaks_in_sentences() {
    for EventReference { name, when, fields } in REFERENCE {
        let summaries = fields.iter().map(|field| field.summary);
        for sentence in summaries.chain([*when]) {
            assert!(sentence.ends_with('.'), "{name}: {sentence}");
            assert!(sentence.starts_with(char::is_uppercase), "{name}: {sentence}");
        }
    }
}
