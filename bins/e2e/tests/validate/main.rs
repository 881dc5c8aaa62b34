//! Compares `validate.js` in Node with `c2c_catalogue::Validator`: the same problems in the same
//! words.

use std::path::{Path, PathBuf};
use std::process::Command;

use c2c_catalogue::{Catalogue, Problem, UnknownFields, Validator};
use serde_json::{Value, json};

/// The script as it is served.
const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/bridge/js/dist/validate.js");

/// A catalogue with all types in all places.
const EVERYTHING: &str = include_str!("../../../../crates/catalogue/tests/it/everything.toml");

/// Writes a script's input.
fn input(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).expect("it can be written");
    file
}

/// Runs one of the scripts in this folder, and returns its output.
fn node(script: &str, input: &Path) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validate/");
    let output = Command::new("node")
        .args([&format!("{folder}{script}"), SCRIPT])
        .arg(input)
        .output()
        .expect("node, which this test needs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

fn everything() -> Catalogue {
    Catalogue::from_toml(EVERYTHING).expect("it is a catalogue")
}

/// Asserts that both report the same problems of all values, which are envelopes or the data of an
/// event. Returns the number of refused values.
fn check(name: &str, catalogue: &Catalogue, values: &[Value]) -> usize {
    let one_line: Value = serde_json::from_str(&catalogue.to_json()).expect("it is JSON");
    let lines: Vec<String> =
        std::iter::once(&one_line).chain(values).map(Value::to_string).collect();
    let printed = node("check.mjs", &input(name, &lines.join("\n")));
    let found: Vec<&str> = printed.lines().collect();
    assert_eq!(found.len(), values.len());
    let ours = Validator::new(catalogue, UnknownFields::Reject);
    let mut refused = 0;
    for (value, found) in values.iter().zip(found) {
        let verdict = match value["name"].as_str() {
            Some(name) => ours.check_data(name, &value["part"]),
            None => ours.check_envelope(&value["whole"]),
        };
        let problems: Vec<Problem> =
            verdict.err().map(|refused| refused.problems).unwrap_or_default();
        refused += usize::from(!problems.is_empty());
        let found: Value = serde_json::from_str(found).expect("it is JSON");
        assert_eq!(found, json!(problems), "{value}");
    }
    refused
}

#[test]
fn it_says_the_same_of_every_fixture() {
    for (name, catalogue) in [("fixtures", Catalogue::reference()), ("fixtures-2", &everything())] {
        let fixtures = catalogue.fixtures();
        let envelopes = fixtures.iter().map(|fixture| json!({"whole": fixture.envelope}));
        let refused = check(name, catalogue, &envelopes.collect::<Vec<_>>());
        let faults = fixtures.iter().filter(|fixture| fixture.fault.is_some()).count();
        assert_eq!(refused, faults);
    }
}

/// Replaces each place of each valid fixture with each of these values, and adds or removes each of
/// these keys.
#[test]
fn it_says_the_same_of_mutants() {
    for (name, catalogue) in [("mutants", Catalogue::reference()), ("mutants-2", &everything())] {
        let mut mutants = Vec::new();
        for fixture in catalogue.fixtures().into_iter().filter(|fixture| fixture.fault.is_none()) {
            let good = fixture.envelope;
            for envelope in mutants_of(&good) {
                let name = envelope["name"].as_str().filter(|name| !name.contains(':'));
                mutants.extend(name.map(|name| json!({"name": name, "part": envelope["data"]})));
                mutants.push(json!({"whole": envelope}));
            }
        }
        let refused = check(name, catalogue, &mutants);
        // Both results occur.
        assert!(mutants.len() > 1_000 && (mutants.len() / 2..mutants.len()).contains(&refused));
    }
}

#[test]
fn a_bridge_checks_what_it_reports() {
    node("emit.mjs", &input("emit", &Catalogue::reference().to_json()));
}

fn mutants_of(good: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    collect(good, String::new(), &mut places);
    let mut mutants = Vec::new();
    for place in places {
        for value in values() {
            let mut mutant = good.clone();
            *mutant.pointer_mut(&place).expect("it is there") = value;
            mutants.push(mutant);
        }
        for key in KEYS {
            let mut mutant = good.clone();
            if let Some(Value::Object(fields)) = mutant.pointer_mut(&place) {
                if fields.remove(*key).is_none() {
                    fields.insert((*key).to_owned(), json!(1));
                }
                mutants.push(mutant);
            }
        }
    }
    mutants
}

fn collect(value: &Value, here: String, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{here}/{index}"), places);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                collect(item, format!("{here}/{key}"), places);
            }
        }
        _ => {}
    }
    places.push(here);
}

/// Removed where present, added where missing. Some have a meaning in JavaScript.
const KEYS: &[&str] = &[
    "context",
    "data",
    "duration",
    "name",
    "seq",
    "a/b",
    "~1",
    "",
    "é",
    "7",
    "__proto__",
    "constructor",
    "toString",
];

/// Values of all kinds. The numbers are written alike by Rust and JavaScript.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!([null, "a", [1]]),
        json!({"context": {"a": 1, "b": "c", "constructor": null}, "duration": 1}),
        json!(0),
        json!(1),
        json!(5),
        json!(6),
        json!(-1),
        json!(0.5),
        json!(5.25),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(-9_007_199_254_740_991_i64),
        json!(-9_007_199_254_740_992_i64),
    ];
    values.extend(TEXTS.iter().map(|text| json!(text)));
    values.push(json!("x".repeat(40)));
    values.push(json!("😀".repeat(41)));
    values.push(json!(format!("custom:{}", "x".repeat(64))));
    values.push(json!(format!("custom:{}", "x".repeat(65))));
    values
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "user_hangup",
    "call_ended",
    "nested",
    "toString",
    "__proto__",
    // Special characters for terminals and readers.
    "\"\\'",
    "\0\t\r\n\u{7}\u{1b}[31m\u{7f}",
    "\u{a0}\u{ad}\u{200b}\u{202e}\u{2028}\u{feff}",
    "e\u{301}\u{e000}\u{fffe}😀",
    // Names.
    "custom:",
    "custom:chat_opened",
    "custom:1",
    "custom:C-2.c",
    "custom:a b",
    "custom:chat\n",
    "custom:Call-Ended",
    "custom:custom:x",
    "*",
    // Times.
    "2026-03-01T12:00:00Z",
    "2024-02-29T12:00:00Z",
    "2026-02-29T12:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T00:00:00+23:59",
    "2026-04-31T12:00:00Z",
    "2026-04-00T12:00:00Z",
    "2026-00-01T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-03-01t12:00:00z",
    "2026-03-01 12:00:00Z",
    "2026-03-01T12:00:00",
    "2026-03-01T12:00:60Z",
    "2026-03-01T12:60:00Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T12:00:00.Z",
    "2026-03-01T12:00:00.123456789Z",
    "2026-03-01T12:00:00.1234567890Z",
    "2026-03-01T12:00:00+24:00",
    "2026-03-01T12:00:00-00:60",
    "2026-03-01T12:00:00Z\n",
    "0000-02-29T00:00:00-00:00",
    "0099-12-31T00:00:00Z",
    "२026-03-01T12:00:00Z",
    // Ids.
    "01956b4e-3c00-7000-8000-000000000001",
    "01956B4E-3C00-7000-8000-000000000001",
    "01956b4e3c0070008000000000000001",
    "01956b4e-3c00-4000-8000-000000000001",
    "01956b4e-3c00-7000-c000-000000000001",
    "01956b4e-3c00-7000-b000-00000000000g",
];
