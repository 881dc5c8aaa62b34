//! `cargo xtask soak <what>`: longer runs of checks that `cargo xtask test` runs only briefly.

mod seeds;
mod upgrade;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Subcommand;

use crate::fuzz::{Spent, Target, targets};
use crate::run::{Result, cargo, program, show};
use crate::test::without_browsers;

/// Run the same checks for longer
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every fuzz target, on all cores; the html5lib suites, if they are here, are seeds too
    Fuzz {
        /// CPU time of all targets together
        #[arg(long, value_name = "MINUTES", default_value_t = 30)]
        cpu_minutes: u32,
        /// Fuzz this target only
        #[arg(long, value_name = "TARGET")]
        only: Option<String>,
    },
    /// All probes without each attribute and header, in all engines and layouts; writes the tables
    /// into docs/isolation.md
    Isolation,
    /// Every property test without its own number of cases
    Properties {
        /// Random cases of each
        #[arg(long, value_name = "N", default_value_t = 20_000)]
        cases: u32,
    },
    /// Kills of the process that writes to the store, and of its PostgreSQL server
    Store {
        /// Kills of the process, for SQLite; a quarter of them for PostgreSQL
        #[arg(long, value_name = "N", default_value_t = 200)]
        rounds: u32,
        /// Kills of the server
        #[arg(long, value_name = "N", default_value_t = 20)]
        server_rounds: u32,
    },
    /// Kills of servers, receivers and PostgreSQL while events pass through them
    Delivery {
        /// Kills, half of them with SQLite and half with PostgreSQL
        #[arg(long, value_name = "N", default_value_t = 200)]
        kills: u32,
    },
    /// Three servers on one PostgreSQL: how soon they serve a change, and an outage of it under load
    Fleet {
        /// Publications, and as many switches off and on
        #[arg(long, value_name = "N", default_value_t = 200)]
        rounds: u32,
        /// How long the database is away
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        outage_seconds: u32,
    },
    /// A deploy of this version in the place of an older one, under load
    Upgrade {
        /// The older version
        #[arg(long, value_name = "COMMIT")]
        from: String,
    },
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.what {
        What::Fuzz { cpu_minutes, only } => {
            fuzz(Duration::from_mins((*cpu_minutes).into()), only.as_deref())
        }
        What::Isolation => {
            let mut probe = program("c2c-probe")?;
            show(probe.args(["--matrix", "--write", "docs/isolation.md"]))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Properties { cases } => {
            show(without_browsers().env("PROPTEST_CASES", cases.to_string()))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Store { rounds, server_rounds } => {
            let mut tests = cargo("test --package c2c-store --test crash");
            tests.env("C2C_CRASH_ROUNDS", rounds.to_string());
            tests.env("C2C_CRASH_SERVER_ROUNDS", server_rounds.to_string());
            show(&mut tests)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Delivery { kills } => {
            let mut tests = cargo("test --package c2c-server --test it -- killed:: --nocapture");
            show(tests.env("C2C_DELIVERY_KILLS", kills.to_string()))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Fleet { rounds, outage_seconds } => {
            let tests = "test --package c2c-server --test it -- fleet:: outage:: --nocapture";
            let mut tests = cargo(tests);
            tests.env("C2C_FLEET_ROUNDS", rounds.to_string());
            tests.env("C2C_OUTAGE_SECONDS", outage_seconds.to_string());
            // One after the other, so that the load of one is not in the figures of another.
            show(tests.arg("--test-threads=1"))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Upgrade { from } => {
            upgrade::run(from)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A separate folder from the smoke test's, which would spend its time reading these inputs.
fn kept(target: &Target) -> PathBuf {
    target.kept("soak")
}

/// Divides CPU time among targets. Each runs on all cores at once, and its processes share their
/// inputs.
fn fuzz(cpu: Duration, only: Option<&str>) -> Result<ExitCode> {
    let mut targets = targets()?;
    targets.retain(|target| only.is_none_or(|only| only == target.name));
    if targets.is_empty() {
        return Err(format!("there is no target {}", only.unwrap_or_default()).into());
    }
    println!("{}", seeds::plant(&targets)?);
    let share = cpu / u32::try_from(targets.len())?;
    let mut lines = Vec::new();
    let mut findings = 0;
    for target in &targets {
        let (spent, errors) = soak(target, share)?;
        findings += errors.len();
        let Spent { executions, cpu } = spent;
        let (seconds, found) = (cpu.as_secs(), errors.len());
        lines.push(format!(
            "{}: {executions} executions in {seconds} s of CPU time, {found} findings",
            target.name
        ));
        lines.extend(errors);
    }
    println!("\n== soak");
    for line in lines {
        println!("{line}");
    }
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a target on all cores, until its CPU time is spent or each core has a finding.
fn soak(target: &Target, cpu: Duration) -> Result<(Spent, Vec<String>)> {
    let cores = thread::available_parallelism()?.get();
    let share = cpu / u32::try_from(cores)?;
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..cores).map(|_| scope.spawn(|| soak_on_one_core(target, share))).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut total = Spent::default();
    let mut errors = Vec::new();
    for outcome in outcomes {
        let (spent, error) = outcome.map_err(|_| "a thread panicked")?;
        total.executions += spent.executions;
        total.cpu += spent.cpu;
        errors.extend(error);
    }
    Ok((total, errors))
}

/// Runs a target repeatedly, because a run is limited by time, and a busy machine gives less CPU time.
fn soak_on_one_core(target: &Target, share: Duration) -> (Spent, Option<String>) {
    let mut total = Spent::default();
    while total.cpu < share {
        let seconds = share.saturating_sub(total.cpu).as_secs().max(5);
        match target.run(seconds, &kept(target)) {
            Ok(spent) => {
                total.executions += spent.executions;
                total.cpu += spent.cpu;
                let (name, seconds) = (&target.name, total.cpu.as_secs());
                println!("{name}: {} executions in {seconds} s so far", total.executions);
            }
            Err(error) => return (total, Some(error.to_string())),
        }
    }
    (total, None)
}
