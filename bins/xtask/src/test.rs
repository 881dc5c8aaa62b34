//! `cargo xtask test`: everything that must hold before a change is merged.
//!
//! All steps run even if one fails: a long run should give the whole answer, and a formatting
//! mistake must not hide a broken sandbox. The output's last line is always `N passed, M failed`. N
//! counts tests, invariants, assets, type checks and fuzz targets; M counts the failed ones, and each
//! step that failed without naming one. Above it the failed tests' messages are repeated, because
//! often only the end of a long log is kept. The exit code is 0 only if M is 0.
//!
//! It always ends: each step and the whole run have time limits. It prints at least once a minute
//! that it is running.

mod circles;
mod failures;
mod fuzz;
mod invariants;
mod isolation;
mod sources;
mod tools;
mod watchdog;
mod words;

use std::io::Write;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::deployment::{self, Outcome};
use crate::run::{Result, cargo, root, show, shown, watch};
use crate::{assets, catalogue, editor, surface, types};

use self::failures::Failures;
use self::watchdog::Watchdog;

/// How long all steps may take together: from nothing, on two cores, with time to spare for a
/// summary within CI's 90 minutes.
const ALL: Duration = Duration::from_mins(86);

/// Run every check: tools, format, lints, invariants, tests, docs, browsers, fuzzing
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run this step only (may be given several times)
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// List the steps
    #[arg(long)]
    list: bool,
    /// How long each fuzz target runs
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    fuzz_seconds: u64,
}

/// The steps, in the order in which they run: quick failures come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// rustfmt, clippy, a C++ compiler, browsers and drivers, TypeScript, and packages for browser
    /// tests; installs what apt, npm and cargo provide
    Tools,
    /// cargo fmt --check, here and in fuzz/
    Format,
    /// cargo clippy, no warnings
    Lint,
    /// the architecture's rules, proved from cargo metadata
    Invariants,
    /// the committed scripts match `cargo xtask assets`
    Assets,
    /// the committed files match `cargo xtask catalogue`, and no change breaks handlers
    Catalogue,
    /// the types of all JavaScript, the declarations made from them, and code against the catalogue's types
    Types,
    /// unit, property, integration and documentation tests
    Test,
    /// cargo doc, no warnings; and the committed docs/surface.txt matches `cargo xtask surface`
    Doc,
    /// the whole product in real browsers of three engines
    Browser,
    /// attempts of custom code, in three engines, and without each protection; and docs/isolation.md
    Isolation,
    /// the isolation suite behind nginx and TLS, set up as in docs/deploy.md, in three engines; and
    /// `cargo xtask deployment`: a clean Debian by the commands of docs/deploy.md
    Deploy,
    /// every fuzz target, for a short time
    Fuzz,
}

/// The findings of a step. A step that can say no more than "it failed" returns an error instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Counts {
    passed: u32,
    failed: u32,
    /// Cargo's ignored tests: above all those of a missing engine.
    not_run: u32,
    /// The messages of failed tests, each below the test's name.
    said: Vec<String>,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.not_run += other.not_run;
        self.said.extend(other.said);
    }
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn help(self) -> String {
        let help = self.to_possible_value().and_then(|value| value.get_help().cloned());
        help.map(|help| help.to_string()).unwrap_or_default()
    }

    /// How long the step may take: on two cores, from nothing, beside other work.
    fn limit(self) -> Duration {
        Duration::from_mins(match self {
            Self::Format | Self::Invariants => 5,
            Self::Assets | Self::Catalogue | Self::Types | Self::Doc => 20,
            Self::Tools | Self::Lint | Self::Fuzz => 30,
            Self::Test | Self::Isolation | Self::Deploy => 40,
            Self::Browser => 60,
        })
    }

    /// Runs the step within its limit, and until `end` at the latest.
    fn run_until(self, args: &Args, end: Instant) -> Result<Counts> {
        let limit = self.limit().min(end.saturating_duration_since(Instant::now()));
        if limit.is_zero() {
            return Err(
                format!("not run: the {} min of all steps were up", ALL.as_secs() / 60).into()
            );
        }
        let watchdog = Watchdog::start(self.name(), limit);
        let outcome = self.run(args);
        if watchdog.stop()? {
            return Err(format!("ended after {} s: it took too long", limit.as_secs()).into());
        }
        outcome
    }

    fn run(self, args: &Args) -> Result<Counts> {
        let nothing = Counts::default();
        match self {
            Self::Tools => tools::check().map(|()| nothing),
            Self::Format => format().map(|()| nothing),
            Self::Lint => {
                let clippy = "clippy --workspace --all-targets --locked -- -D warnings";
                show(&mut cargo(clippy)).map(|()| nothing)
            }
            Self::Invariants => invariants::check(),
            Self::Assets => {
                let scripts = count_tests(&mut assets::check()?)?;
                editor::check()?;
                Ok(Counts { passed: scripts.passed + 1, ..scripts })
            }
            Self::Catalogue => count_tests(&mut catalogue::check()?),
            Self::Types => {
                types::check_scripts()?;
                types::check_declarations()?;
                Ok(Counts { passed: 2 + types::check_custom_code()?, ..nothing })
            }
            Self::Test => count_tests(&mut without_browsers()),
            Self::Doc => surface::check().map(|()| nothing),
            Self::Browser => count_tests(&mut tests("--test e2e")),
            Self::Isolation => isolation::test(),
            Self::Deploy => thread::scope(|scope| {
                // Each waits most of the time: for probes, and for packages.
                let debian = scope.spawn(|| count_deployment(deployment::check(true)));
                let proxied = count_tests(&mut tests("--test proxied"));
                let debian = debian.join().map_err(|_| "the check of the deployment panicked")?;
                let mut counts = proxied?;
                counts.add(debian);
                Ok(counts)
            }),
            Self::Fuzz => fuzz::run(args.fuzz_seconds),
        }
    }
}

pub(crate) fn run(args: &Args) -> ExitCode {
    if args.list {
        for step in Step::value_variants() {
            println!("{:<12} {}", step.name(), step.help());
        }
        return ExitCode::SUCCESS;
    }
    let chosen = |step: &&Step| args.only.is_empty() || args.only.contains(step);
    let end = Instant::now() + ALL;
    let mut total = Counts::default();
    let mut summary = Vec::new();
    for step in Step::value_variants().iter().filter(chosen) {
        println!("\n== {}: {}", step.name(), step.help());
        let start = Instant::now();
        let outcome = step.run_until(args, end);
        if let Err(error) = &outcome {
            println!("error: {error}");
        }
        let (line, counts) = summarise(*step, outcome, start.elapsed());
        println!("== {line}");
        summary.push(line);
        total.add(counts);
    }
    if !total.said.is_empty() {
        println!("\n== what failed tests said\n{}", total.said.join("\n\n"));
    }
    println!("\n== summary");
    for line in &summary {
        println!("{line}");
    }
    // A test that did not run must not be taken for a passed one.
    if total.not_run > 0 {
        println!("{} NOT RUN (look for these words above)", total.not_run);
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A line of the summary, and the counts. A failed step counts even if no test in it failed.
fn summarise(step: Step, outcome: Result<Counts>, took: Duration) -> (String, Counts) {
    let counts = outcome.unwrap_or(Counts { failed: 1, ..Counts::default() });
    let verdict = if counts.failed == 0 { "ok" } else { "FAILED" };
    let Counts { passed, failed, not_run, .. } = counts;
    let not_run = if not_run > 0 { format!(", {not_run} NOT RUN") } else { String::new() };
    let found =
        if passed > 0 { format!("   {passed} passed, {failed} failed{not_run}") } else { not_run };
    let took = took.as_secs_f64();
    (format!("{:<12} {verdict:<7} {took:>6.1} s{found}", step.name()), counts)
}

/// The counts of `cargo xtask deployment`.
fn count_deployment(outcome: Result<Outcome>) -> Counts {
    match outcome {
        Ok(Outcome::Passed(passed)) => Counts { passed, ..Counts::default() },
        Ok(Outcome::NotRun(why)) => {
            println!("NOT RUN: {why}");
            Counts { not_run: 1, ..Counts::default() }
        }
        Err(error) => {
            println!("error: {error}");
            let said = vec![format!("cargo xtask deployment\n    {error}")];
            Counts { failed: 1, said, ..Counts::default() }
        }
    }
}

fn format() -> Result<()> {
    let here = show(&mut cargo("fmt --all --check"));
    // fuzz/ is a separate workspace.
    let fuzz = root().join("fuzz/Cargo.toml");
    if fuzz.exists() {
        show(cargo("fmt --all --check").arg("--manifest-path").arg(fuzz))?;
    }
    here
}

/// `cargo test` in the whole workspace.
///
/// Not `--package` or `--exclude`: then dependencies would have the features that some packages ask
/// for, and cargo would build them again.
fn tests(arguments: &str) -> Command {
    cargo(&format!("test --locked --no-fail-fast --workspace {arguments}"))
}

/// All tests but those in browsers, whose names begin with the engine's.
pub(crate) fn without_browsers() -> Command {
    tests("-- --skip chromium:: --skip firefox:: --skip webkit::")
}

/// Runs `cargo test …` and adds up the results of its test binaries.
fn count_tests(command: &mut Command) -> Result<Counts> {
    println!("$ {}", shown(command));
    count_tests_into(command, &mut std::io::stdout())
}

fn count_tests_into(command: &mut Command, shown: &mut dyn Write) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut failures = Failures::default();
    let succeeded = watch(command, shown, |line| {
        failures.line(line);
        if let Some(more) = test_result(line) {
            counts.add(more);
        }
    })?;
    counts.said = failures.all();
    if succeeded && counts.passed == 0 {
        return Err("no test ran".into());
    }
    if !succeeded && counts.failed == 0 {
        // The build failed, or a test binary crashed before it could report.
        counts.failed = 1;
    }
    Ok(counts)
}

/// The counts in `test result: ok. 3 passed; 1 failed; 0 ignored; 0 measured; …`.
fn test_result(line: &str) -> Option<Counts> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        let mut parts = counts.split(';').map(str::trim);
        parts.find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
    };
    let (passed, failed, not_run) = (count("passed")?, count("failed")?, count("ignored")?);
    Some(Counts { passed, failed, not_run, said: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_of(passed: u32, failed: u32, not_run: u32) -> Counts {
        Counts { passed, failed, not_run, said: Vec::new() }
    }

    #[test]
    fn results_are_read_from_what_cargo_test_prints() {
        let check = |line: &str, expected: Option<(u32, u32, u32)>| {
            let expected =
                expected.map(|(passed, failed, not_run)| counts_of(passed, failed, not_run));
            assert_eq!(test_result(line), expected, "{line}");
        };
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0s",
            Some((12, 0, 1)),
        );
        check("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured", Some((2, 3, 0)));
        check("running 12 tests", None);
        check("test result: unheard of", None);
    }

    #[test]
    fn what_did_not_run_is_said() {
        let counts = counts_of(2, 0, 3);
        let (line, counts) = summarise(Step::Browser, Ok(counts), Duration::ZERO);
        assert_eq!((counts.passed, counts.not_run), (2, 3));
        assert!(line.ends_with("2 passed, 0 failed, 3 NOT RUN"), "{line}");
    }

    #[test]
    fn a_deployment_that_did_not_run_has_not_passed() {
        let not_run = Ok(Outcome::NotRun("it needs root".to_owned()));
        assert_eq!(count_deployment(not_run), counts_of(0, 0, 1));
        assert_eq!(count_deployment(Err("no link".into())).failed, 1);
        assert_eq!(count_deployment(Ok(Outcome::Passed(3))), counts_of(3, 0, 0));
    }

    #[test]
    fn no_step_begins_when_the_time_is_up() {
        let args = Args { only: Vec::new(), list: false, fuzz_seconds: 0 };
        let outcome = Step::Format.run_until(&args, Instant::now());
        let error = outcome.expect_err("there is no time").to_string();
        assert_eq!(error, "not run: the 86 min of all steps were up");
    }

    #[test]
    fn a_failed_step_counts_even_without_a_failed_test() {
        let (line, counts) = summarise(Step::Lint, Err("warnings".into()), Duration::ZERO);
        assert_eq!(counts.failed, 1);
        assert!(line.contains("FAILED"), "{line}");
    }

    /// The counts if `cargo test` behaves like this shell script. The script's output is not shown,
    /// because the run of these tests may itself be counted.
    fn count(script: &str) -> Result<Counts> {
        count_tests_into(Command::new("sh").args(["-c", script]), &mut Vec::new())
    }

    #[test]
    fn tests_that_fail_fail_the_step() {
        let script = "echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored; 0'; exit 101";
        let counts = count(script).expect("it ran");
        assert_eq!(counts, counts_of(1, 2, 0));
    }

    #[test]
    fn what_a_failed_test_said_is_kept() {
        let script = "printf -- '---- a::b ----\\nleft: 1\\n\\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0'; exit 101";
        assert_eq!(count(script).expect("it ran").said, ["a::b\n    left: 1"]);
    }

    #[test]
    fn a_crash_before_the_report_is_a_failure() {
        let script = "echo 'test result: ok. 1 passed; 0 failed; 0 ignored; 0'; exit 101";
        assert_eq!(count(script).expect("it ran").failed, 1);
    }

    #[test]
    fn a_run_without_tests_is_a_failure() {
        assert!(count("").is_err());
    }
}
