//! The cases of the html5lib suites, read from their files.
//!
//! Used by the runner beside this file, by the browser tests and for the seeds of the fuzz targets.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) static SUITES: [Suite; 2] = [
    Suite {
        name: "tokenizer",
        folder: "tokenizer",
        subfolders: &[""],
        extension: "test",
        inputs: tokenizer_inputs,
        at_least: 6000,
    },
    Suite {
        name: "tree_construction",
        folder: "tree-construction",
        subfolders: &["", "scripted"],
        extension: "dat",
        inputs: tree_inputs,
        at_least: 1500,
    },
];

pub(crate) struct Suite {
    pub(crate) name: &'static str,
    folder: &'static str,
    subfolders: &'static [&'static str],
    extension: &'static str,
    /// The inputs of one file, in order.
    inputs: fn(&str) -> Vec<String>,
    /// Minimum number of cases: with fewer, the suite is incomplete.
    pub(crate) at_least: usize,
}

pub(crate) struct Case {
    /// Suite, file, and the case's index in that file (from 0): `tokenizer::test2::17`.
    pub(crate) name: String,
    pub(crate) input: String,
}

/// The folder of the suites, if they are present.
pub(crate) fn root() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/html5lib-tests");
    env::var_os("C2C_HTML5LIB_TESTS").map_or_else(beside, PathBuf::from)
}

impl Suite {
    /// All cases, sorted by file. A missing folder has none: the suite is then incomplete.
    pub(crate) fn cases(&self, root: &Path) -> Vec<Case> {
        let mut cases = Vec::new();
        for subfolder in self.subfolders {
            for path in self.files(&root.join(self.folder).join(subfolder)) {
                let text = fs::read_to_string(&path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let stem = path.file_stem().unwrap_or_default().display();
                let file = if subfolder.is_empty() {
                    format!("{}::{stem}", self.name)
                } else {
                    format!("{}::{subfolder}::{stem}", self.name)
                };
                let inputs = (self.inputs)(&text).into_iter().enumerate();
                cases.extend(
                    inputs.map(|(index, input)| Case { name: format!("{file}::{index}"), input }),
                );
            }
        }
        cases
    }

    /// The suite's files in a folder, sorted.
    fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("a folder's entries can be read").path())
            .filter(|path| path.extension().is_some_and(|found| found == self.extension))
            .collect();
        paths.sort();
        paths
    }
}

/// The inputs of one `.test` file (JSON). Lone surrogates, which UTF-8 cannot represent, become U+FFFD.
fn tokenizer_inputs(file: &str) -> Vec<String> {
    let valid = without_lone_surrogates(file);
    let json: Value = serde_json::from_str(&valid).expect("a tokenizer test is JSON");
    let tests = json.get("tests").or(json.get("xmlViolationTests"));
    let tests = tests.and_then(Value::as_array).expect("a tokenizer test is a list of cases");
    let input = |test: &Value| {
        let input = test["input"].as_str().expect("a case has an input");
        let escaped = test["doubleEscaped"].as_bool().unwrap_or(false);
        if escaped { unescape(input) } else { input.to_owned() }
    };
    tests.iter().map(input).collect()
}

/// Decodes `\uXXXX` in double-escaped inputs.
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

/// Replaces escapes of lone surrogates, which `serde_json` rejects, with U+FFFD.
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
    let input = |test: &str| {
        // An empty input does not even have a line.
        let test = format!("\n{test}");
        let (data, _) = test.split_once("\n#errors").expect("a case's errors follow its data");
        data.strip_prefix('\n').unwrap_or_default().to_owned()
    };
    file.split("\n#data\n").skip(1).map(input).collect()
}
