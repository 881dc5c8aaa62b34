//! The html5lib suites: each case is one test as a head snippet and one as a body-end snippet.
//!
//! A test is named after its suite, its file, the case's index in that file (from 0) and its place:
//! `tokenizer::test2::17::head`. It checks the case in both skeletons.
//!
//! The suites are outside the repository. Without them there are no tests, so that none counts as passed,
//! and a line reports that they did not run.
#![expect(clippy::print_stdout, reason = "counts and suites that did not run are for a reader")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Arguments, FormatSetting, Trial};

use crate::cases::{SUITES, Suite, root};
use crate::properties::{Outcome, hold_for};

mod cases;

// The random tests use the same properties and the same judge.
#[path = "../it/judge.rs"]
mod judge;
#[path = "../it/properties.rs"]
mod properties;

/// The counts of each suite.
static COUNTS: [Counts; 2] = [Counts::none(), Counts::none()];

/// Outcomes of the checks in the default skeleton.
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

    fn print(&self, suite: &str) {
        let Self { contained, not_contained, input_errors } = self;
        let [contained, not_contained, input_errors] =
            [contained, not_contained, input_errors].map(|count| count.load(Ordering::Relaxed));
        println!(
            "html5lib {suite}: {contained} contained, {not_contained} not contained, {input_errors} input errors"
        );
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One line for each of so many tests would drown out all others. Failures are named in any format.
    arguments.format.get_or_insert(FormatSetting::Terse);

    let root = root();
    let found = root.is_dir();
    let counted = || SUITES.iter().zip(&COUNTS);
    let trials = if found {
        counted().flat_map(|(suite, counts)| trials(suite, counts, &root)).collect()
    } else {
        Vec::new()
    };
    let conclusion = libtest_mimic::run(&arguments, trials);

    if arguments.list {
        return conclusion.exit_code();
    }
    if found {
        counted().for_each(|(suite, counts)| counts.print(suite.name));
    } else {
        println!(
            "html5lib: NOT RUN: there is no folder {} (C2C_HTML5LIB_TESTS can name another)",
            root.display()
        );
    }
    conclusion.exit_code()
}

fn trials(suite: &'static Suite, counts: &'static Counts, root: &Path) -> Vec<Trial> {
    let cases = suite.cases(root);
    let (found, least) = (cases.len(), suite.at_least);
    let mut trials = Vec::new();
    for case in cases {
        let (name, head, body_end) = (case.name, case.input.clone(), case.input);
        trials.push(Trial::test(format!("{name}::head"), move || {
            counts.add(hold_for(&head, ""));
            Ok(())
        }));
        trials.push(Trial::test(format!("{name}::body_end"), move || {
            counts.add(hold_for("", &body_end));
            Ok(())
        }));
    }
    trials.push(Trial::test(format!("{}::is_complete", suite.name), move || {
        if found < least { Err(format!("{found} cases of over {least}").into()) } else { Ok(()) }
    }));
    trials
}
