//! The html5lib suites, each case as head and as body-end snippet.
//!
//! They lie outside the repository; without them the test says that it did not run.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::properties::{Outcome, hold_for};

fn suite() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/html5lib-tests");
    let path = std::env::var_os("C2C_HTML5LIB_TESTS").map_or(beside, PathBuf::from);
    path.is_dir().then_some(path)
}

fn files(suite: &Path, folder: &str, extension: &str) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(suite.join(folder))
        .expect("the suite's folder can be read")
        .map(|entry| entry.expect("its entries can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("a suite's file is UTF-8")).collect()
}

/// The inputs of one `.test` file (JSON). Lone surrogates are what UTF-8 cannot carry: they become U+FFFD.
fn tokenizer_inputs(file: &str) -> Vec<String> {
    let valid = without_lone_surrogates(file);
    let json: Value = serde_json::from_str(&valid).expect("a tokenizer test is JSON");
    let tests = json.get("tests").or(json.get("xmlViolationTests"));
    let Some(tests) = tests.and_then(Value::as_array) else {
        return Vec::new();
    };
    tests
        .iter()
        .filter_map(|test| {
            let input = test["input"].as_str()?;
            let escaped = test["doubleEscaped"].as_bool().unwrap_or(false);
            Some(if escaped { unescape(input) } else { input.to_owned() })
        })
        .collect()
}

/// Double-escaped inputs spell `\uXXXX` once more.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let escape = rest.strip_prefix("\\u").and_then(|hex| hex.get(..4));
        if let Some(unit) = escape.and_then(|hex| u16::from_str_radix(hex, 16).ok()) {
            units.push(unit);
            rest = &rest[6..];
        } else {
            units.extend(next.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[next.len_utf8()..];
        }
    }
    String::from_utf16_lossy(&units)
}

/// `serde_json` refuses escapes of lone surrogates: spell them as U+FFFD.
fn without_lone_surrogates(file: &str) -> String {
    let unit_at = |at: usize| {
        let hex = file.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let is_high = |unit: u16| (0xD800..0xDC00).contains(&unit);
    let is_low = |unit: u16| (0xDC00..0xE000).contains(&unit);
    let mut out = String::with_capacity(file.len());
    let mut at = 0;
    while at < file.len() {
        if file[at..].starts_with("\\\\") {
            out.push_str("\\\\");
            at += 2;
            continue;
        }
        match unit_at(at) {
            Some(unit) if is_high(unit) && unit_at(at + 6).is_some_and(is_low) => {
                out.push_str(&file[at..at + 12]);
                at += 12;
            }
            Some(unit) if is_high(unit) || is_low(unit) => {
                out.push_str("\\ufffd");
                at += 6;
            }
            _ => {
                let next = file[at..].chars().next().expect("not at the end");
                out.push(next);
                at += next.len_utf8();
            }
        }
    }
    out
}

/// The `#data` sections of one `.dat` file.
fn tree_inputs(file: &str) -> Vec<String> {
    let file = format!("\n{file}");
    file.split("\n#data\n")
        .skip(1)
        .map(|test| match test.split_once("\n#errors") {
            Some((data, _)) if !test.starts_with("#errors") => data.to_owned(),
            _ => String::new(),
        })
        .collect()
}

fn run(name: &str, inputs: &[String]) {
    let mut counts = [0_usize; 3];
    for input in inputs {
        for outcome in [hold_for(input, ""), hold_for("", input)] {
            counts[match outcome {
                Outcome::Contained => 0,
                Outcome::NotContained => 1,
                Outcome::InputError => 2,
            }] += 1;
        }
    }
    let [contained, not_contained, input_errors] = counts;
    println!(
        "html5lib {name}: {} inputs in two places: {contained} contained, {not_contained} not, {input_errors} input errors",
        inputs.len()
    );
}

#[test]
fn tokenizer() {
    let Some(suite) = suite() else {
        println!("html5lib tokenizer: NOT RUN, the suite is not here");
        return;
    };
    let inputs: Vec<_> =
        files(&suite, "tokenizer", "test").iter().flat_map(|file| tokenizer_inputs(file)).collect();
    assert!(inputs.len() > 6000, "the suite is incomplete: {}", inputs.len());
    run("tokenizer", &inputs);
}

#[test]
fn tree_construction() {
    let Some(suite) = suite() else {
        println!("html5lib tree construction: NOT RUN, the suite is not here");
        return;
    };
    let inputs: Vec<_> = ["tree-construction", "tree-construction/scripted"]
        .iter()
        .flat_map(|folder| files(&suite, folder, "dat"))
        .flat_map(|file| tree_inputs(&file))
        .collect();
    assert!(inputs.len() > 1500, "the suite is incomplete: {}", inputs.len());
    run("tree construction", &inputs);
}
