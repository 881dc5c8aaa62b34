//! The html5lib suites: each case as head snippet and as body-end snippet, a test each.
//!
//! A test is named after its suite, its file, the case's index in that file (from 0) and its place:
//! `tokenizer::test2::17::head`. It holds the case in both skeletons.
//!
//! The suites lie outside the repository. Without them there are no tests, so that none counts as passed, and a line says
//! that they did not run.
#![expect(clippy::print_stdout, reason = "counts and suites that did not run are for a reader")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Arguments, FormatSetting, Trial};
use serde_json::Value;

use crate::properties::{Outcome, hold_for};

// The same properties and the same judge as the random tests.
#[path = "../it/judge.rs"]
mod judge;
#[path = "../it/properties.rs"]
mod properties;

static SUITES: [Suite; 2] = [
    Suite {
        name: "tokenizer",
        folder: "tokenizer",
        subfolders: &[""],
        extension: "test",
        inputs: tokenizer_inputs,
        at_least: 6000,
        counts: Counts::none(),
    },
    Suite {
        name: "tree_construction",
        folder: "tree-construction",
        subfolders: &["", "scripted"],
        extension: "dat",
        inputs: tree_inputs,
        at_least: 1500,
        counts: Counts::none(),
    },
];

struct Suite {
    name: &'static str,
    folder: &'static str,
    subfolders: &'static [&'static str],
    extension: &'static str,
    /// The cases of one file, in order.
    inputs: fn(&str) -> Vec<String>,
    /// With fewer cases it is not the whole suite.
    at_least: usize,
    counts: Counts,
}

/// How the checks ended that ran, in the default skeleton.
struct Counts {
    contained: AtomicUsize,
    not_contained: AtomicUsize,
    input_errors: AtomicUsize,
}

impl Counts {
    const fn none() -> Self {
        Self {
            contained: AtomicUsize::new(0),
            not_contained: AtomicUsize::new(0),
            input_errors: AtomicUsize::new(0),
        }
    }

    fn add(&self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Contained => &self.contained,
            Outcome::NotContained => &self.not_contained,
            Outcome::InputError => &self.input_errors,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A line for each of so many tests would drown those of all others. Whatever fails is named in any format.
    arguments.format.get_or_insert(FormatSetting::Terse);

    let root = root();
    let found = root.is_dir();
    let trials = if found {
        SUITES.iter().flat_map(|suite| suite.trials(&root)).collect()
    } else {
        Vec::new()
    };
    let conclusion = libtest_mimic::run(&arguments, trials);

    if arguments.list {
        return conclusion.exit_code();
    }
    if found {
        SUITES.iter().for_each(Suite::print_counts);
    } else {
        println!(
            "html5lib: NOT RUN: there is no folder {} (C2C_HTML5LIB_TESTS can name another)",
            root.display()
        );
    }
    conclusion.exit_code()
}

/// Where the suites are, if they are here.
fn root() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/html5lib-tests");
    env::var_os("C2C_HTML5LIB_TESTS").map_or_else(beside, PathBuf::from)
}

impl Suite {
    fn trials(&'static self, root: &Path) -> Vec<Trial> {
        let mut trials = Vec::new();
        let mut cases = 0;
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
                let inputs = (self.inputs)(&text);
                cases += inputs.len();
                for (index, input) in inputs.into_iter().enumerate() {
                    let head = input.clone();
                    trials.push(Trial::test(format!("{file}::{index}::head"), move || {
                        self.counts.add(hold_for(&head, ""));
                        Ok(())
                    }));
                    trials.push(Trial::test(format!("{file}::{index}::body_end"), move || {
                        self.counts.add(hold_for("", &input));
                        Ok(())
                    }));
                }
            }
        }
        trials.push(Trial::test(format!("{}::is_complete", self.name), move || {
            let least = self.at_least;
            if cases < least {
                Err(format!("{cases} cases of over {least}").into())
            } else {
                Ok(())
            }
        }));
        trials
    }

    /// The suite's files in a folder, sorted. A folder that is not there has none: the suite is then incomplete.
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

    fn print_counts(&self) {
        let Counts { contained, not_contained, input_errors } = &self.counts;
        let [contained, not_contained, input_errors] =
            [contained, not_contained, input_errors].map(|count| count.load(Ordering::Relaxed));
        println!(
            "html5lib {}: {contained} contained, {not_contained} not contained, {input_errors} input errors",
            self.name
        );
    }
}

/// The inputs of one `.test` file (JSON). Lone surrogates are what UTF-8 cannot carry: they become U+FFFD.
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
    let input = |test: &str| {
        // An empty input has not even a line.
        let test = format!("\n{test}");
        let (data, _) = test.split_once("\n#errors").expect("a case's errors follow its data");
        data.strip_prefix('\n').unwrap_or_default().to_owned()
    };
    file.split("\n#data\n").skip(1).map(input).collect()
}
