//! The host's machine in JavaScript against its model in Rust (`model.rs`), in Node.
//!
//! Three kinds of tests: the vectors, one by one; random inputs, through both; and mutants of the
//! script, each without one of its checks, which the other two kinds must distinguish from the
//! original. The machine that sends events to a server has vectors and mutants (`collector.rs`).

mod collector;
mod message;
mod model;
mod mutants;
mod node;
mod payload;
mod random;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

use crate::model::{Effect, Host, HostOptions, Input};

/// Inputs with the times at which they happen, for one host.
type Run = (HostOptions, Vec<(f64, Input)>);

#[derive(Clone, Deserialize)]
struct Vector {
    case: String,
    options: HostOptions,
    steps: Vec<(f64, Input, Vec<Effect>)>,
}

impl Vector {
    fn run(&self) -> Run {
        let steps = self.steps.iter().map(|(now, input, _)| (*now, input.clone()));
        (self.options.clone(), steps.collect())
    }

    /// Fails with the first step at which the model does something else than the vector says.
    fn hold(&self, run: &Run) -> Result<(), Failed> {
        for ((now, input, expected), found) in self.steps.iter().zip(model(run)) {
            if *expected != found {
                return Err(format!(
                    "at {now} {input:?} the model does {found:?}, not {expected:?}"
                )
                .into());
            }
        }
        Ok(())
    }
}

/// Returns the effects in the model.
fn model((options, steps): &Run) -> Vec<Vec<Effect>> {
    let mut host = Host::new(options.clone());
    steps.iter().map(|(now, input)| host.handle(*now, input.clone())).collect()
}

/// Fails at the first step whose effects in the script differ from the model's.
fn compare(run: &Run, found: &[Vec<Effect>]) -> Result<(), Failed> {
    let expected = model(run);
    let differs = expected.iter().zip(found).position(|(expected, found)| expected != found);
    let Some(at) = differs else {
        return if expected.len() == found.len() {
            Ok(())
        } else {
            Err("steps are missing".into())
        };
    };
    let steps: Vec<String> = run.1[..=at].iter().map(|step| format!("  {step:?}")).collect();
    Err(format!(
        "after these steps with {:?}\n{}\nthe model does {:?}\nand the script {:?}",
        run.0,
        steps.join("\n"),
        expected[at],
        found[at]
    )
    .into())
}

fn main() -> ExitCode {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../../../crates/bridge/vectors/host.json"))
            .expect("vectors/host.json");
    let mut runs: Vec<Run> = vectors.iter().map(Vector::run).collect();
    runs.extend(random::runs());
    let runs = Arc::new(runs);

    // One process for all runs of the original; the first test that needs it starts it.
    let original = Arc::new(OnceLock::new());
    let found = {
        let runs = Arc::clone(&runs);
        move || {
            let of_all = original.get_or_init(|| node::replay(node::SOURCES.as_ref(), &runs));
            of_all.clone().map_err(Failed::from)
        }
    };

    let mut trials = Vec::new();
    let first_random = vectors.len();
    for (index, vector) in vectors.into_iter().enumerate() {
        let (runs, found) = (Arc::clone(&runs), found.clone());
        trials.push(Trial::test(format!("vector::{}", vector.case), move || {
            vector.hold(&runs[index])?;
            compare(&runs[index], &found()?[index])
        }));
    }
    let of_random = (Arc::clone(&runs), found.clone());
    trials.push(Trial::test("random_inputs_do_the_same_in_both", move || {
        let (runs, found) = of_random;
        let found = found()?;
        (first_random..runs.len()).try_for_each(|index| compare(&runs[index], &found[index]))
    }));
    trials.push(Trial::test("a_script_that_never_ends_is_ended", mutants::one_that_never_ends));
    let script = mutants::Script::new(&runs[..first_random + mutants::RANDOM_RUNS]);
    for mutant in mutants::MUTANTS {
        let script = script.clone();
        trials
            .push(Trial::test(format!("mutant::{}", mutant.what), move || script.notices(mutant)));
    }
    trials.extend(collector::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
