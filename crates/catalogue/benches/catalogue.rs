//! The cost of checking an event, relative to a JSON Schema validator.
//!
//! `cargo xtask bench catalogue` compares [`Validator::accepts`] with `is_valid` of the crate `jsonschema`
//! and our schema. Both run in turn, in one run, on the same parsed values: the reference catalogue's valid
//! fixtures, and all its fixtures, most of which are rejected. Both answer yes or no. A third comparison
//! has no goal: the data of the valid fixtures alone, where `jsonschema` has a validator for each event,
//! chosen beforehand, and we look up the event.
//!
//! A pair of measurements gives one ratio; the median of the pairs is the result. Absolute numbers mean
//! nothing on a shared machine and are not printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use c2c_catalogue::{Catalogue, UnknownFields, Validator};
use serde_json::{Value, json};

/// Number of pairs: odd, so that there is a median; many and short, so that a temporary load on the
/// machine disturbs only a few.
const PAIRS: usize = 401;

/// Approximate time for which one side of a pair runs.
const WINDOW: Duration = Duration::from_millis(2);

/// Lowest acceptable ratio of their time to ours.
const GOAL: f64 = 2.0;

fn main() -> ExitCode {
    // `cargo test --benches` runs this with `--test`: then it only checks that both sides agree.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let catalogue = Catalogue::reference();
    let ours = Validator::new(catalogue, UnknownFields::Reject);
    let schema: Value =
        serde_json::from_str(&catalogue.json_schema(UnknownFields::Reject)).expect("it is JSON");
    let theirs = jsonschema::draft202012::new(&schema).expect("it is a schema");

    let mut valid = Vec::new();
    let mut all = Vec::new();
    for fixture in catalogue.fixtures() {
        assert_eq!(ours.accepts(&fixture.envelope), fixture.fault.is_none());
        assert_eq!(theirs.is_valid(&fixture.envelope), fixture.fault.is_none());
        if fixture.fault.is_none() {
            valid.push(fixture.envelope.clone());
        }
        all.push(fixture.envelope);
    }
    let envelopes = |values: &[Value]| {
        let ours = || values.iter().filter(|value| ours.accepts(value)).count();
        let theirs = || values.iter().filter(|value| theirs.is_valid(value)).count();
        (median(&theirs, &ours, quick), values.len())
    };
    let data: Vec<_> = valid.iter().filter_map(|envelope| Data::of(envelope, &schema)).collect();
    assert!(data.iter().all(|data| data.theirs.is_valid(data.value)));
    let ours_of_data =
        || data.iter().filter(|data| ours.check_data(data.event, data.value).is_ok()).count();
    let theirs_of_data = || data.iter().filter(|data| data.theirs.is_valid(data.value)).count();

    let results = [
        ("valid envelopes", Some(GOAL), envelopes(&valid)),
        ("valid and refused envelopes", Some(GOAL), envelopes(&all)),
        ("valid data", None, (median(&theirs_of_data, &ours_of_data, quick), data.len())),
    ];
    let mut met = true;
    for (what, goal, (ratios, values)) in results {
        met &= report(what, goal, &ratios, values, quick);
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The data of a widget event, and a validator for this event only.
struct Data<'v> {
    event: &'v str,
    value: &'v Value,
    theirs: jsonschema::Validator,
}

impl<'v> Data<'v> {
    fn of(envelope: &'v Value, schema: &Value) -> Option<Self> {
        let event = envelope["name"].as_str().filter(|name| !name.contains(':'))?;
        let schema =
            json!({"$ref": format!("#/$defs/data/$defs/{event}"), "$defs": schema["$defs"]});
        let theirs = jsonschema::draft202012::new(&schema).expect("it is a schema");
        Some(Self { event, value: &envelope["data"], theirs })
    }
}

/// Returns the ratios of both sides' times (first divided by second), sorted.
fn median(first: &dyn Fn() -> usize, second: &dyn Fn() -> usize, quick: bool) -> Vec<f64> {
    assert_eq!(first(), second(), "both sides accept the same");
    let (pairs, window) = if quick { (1, Duration::ZERO) } else { (PAIRS, WINDOW) };
    let [first_rounds, second_rounds] = [first, second].map(|side| rounds(side, window));
    let first = || time(first, first_rounds);
    let second = || time(second, second_rounds);
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|pair| {
            // The sides take turns to go first, so that a drift of the machine favours neither.
            if pair % 2 == 0 {
                let first = first();
                first / second()
            } else {
                let second = second();
                first() / second
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

/// Prints the median with its quartiles; returns whether it meets the goal.
fn report(what: &str, goal: Option<f64>, ratios: &[f64], values: usize, quick: bool) -> bool {
    let pairs = ratios.len();
    let median = ratios[pairs / 2];
    let (low, high) = (ratios[pairs / 4], ratios[pairs - 1 - pairs / 4]);
    let met = quick || goal.is_none_or(|goal| median >= goal);
    let goal = match goal {
        Some(goal) => format!("; goal >= {goal}: {}", if met { "met" } else { "MISSED" }),
        None => String::new(),
    };
    let name = format!("{what} ({values}): jsonschema / ours");
    println!("{name:52} {median:6.2} (quartiles {low:.2} to {high:.2}, {pairs} pairs{goal})");
    met
}

/// Returns how often a side runs within a window.
fn rounds(side: &dyn Fn() -> usize, window: Duration) -> u32 {
    black_box(side());
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < window || rounds == 0 {
        black_box(side());
        rounds += 1;
    }
    rounds
}

/// Returns the seconds for one round.
fn time(side: &dyn Fn() -> usize, rounds: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(side());
    }
    start.elapsed().as_secs_f64() / f64::from(rounds)
}
