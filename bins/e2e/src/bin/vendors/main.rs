//! `cargo xtask vendors`: copies of vendors' scripts in the sandbox. See [`args::Args`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod args;
mod compare;
mod details;
mod hits;
mod manifest;
mod markdown;
mod pages;
mod pattern;
mod row;
mod run;
mod table;

use std::collections::BTreeMap;
use std::process::ExitCode;

use args::Args;
use c2c_harness::{Engine, Error, Result};
use clap::Parser as _;
use compare::same_ids;
use manifest::{Manifest, Vendor};
use row::{Row, Run};
use run::{Expected, Jar, Stage, Visit};
use table::Counts;
use tokio::time::Instant;

#[tokio::main]
async fn main() -> ExitCode {
    match try_all(Args::parse()).await {
        Ok(Counts { incomplete: 0, failed: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn try_all(args: Args) -> Result<Counts> {
    let Manifest { vendors } = Manifest::of_folder(&args.scripts)?.only(&args.only)?;
    let engines = if args.engines.is_empty() { those_there()? } else { args.engines };
    let stage = Stage::start(&engines).await?;
    let mut rows = Vec::new();
    for vendor in &vendors {
        for &engine in &engines {
            rows.push(try_one(&stage, engine, vendor).await);
        }
    }
    print!("{}", table::report(&rows));
    let counts = Counts::of(&rows);
    let Counts { complete, incomplete, failed } = counts;
    eprintln!(
        "runs with a jar: {complete} sent every hit of the control, {incomplete} did not; {failed} failed"
    );
    Ok(counts)
}

/// Returns the engines that `C2C_ENGINES` names, or those that are installed.
fn those_there() -> Result<Vec<Engine>> {
    let mut engines = Engine::chosen()?;
    engines.retain(|engine| match engine.not_run() {
        None => true,
        Some(why) => {
            eprintln!("NOT RUN: {why}");
            false
        }
    });
    Ok(engines)
}

/// Runs one vendor in one engine.
async fn try_one<'a>(stage: &Stage, engine: Engine, vendor: &'a Vendor) -> Row<'a> {
    let mut row = Row { vendor, engine, control: Ok(BTreeMap::new()), runs: Vec::new() };
    let visits = match controls(stage, engine, vendor).await {
        Ok(visits) => visits,
        Err(error) => {
            row.control = Err(error);
            return row;
        }
    };
    let expected = Expected::of(vendor, &visits);
    let hits = expected.control.len();
    if hits == 0 {
        let asked: Vec<_> = visits[0].others.iter().map(String::as_str).collect();
        let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
        row.control = Err(Error::new(format!(
            "no hits: do the patterns in `urls` fit, and has each script its answer? It asked for {asked}"
        )));
        return row;
    }
    row.control = Ok(expected.control.events());
    for jar in Jar::ALL {
        let start = Instant::now();
        let visits = stage.sandbox(engine, vendor, jar, &expected).await;
        let run = visits.map(|visits| {
            let comparison = expected.control.compare(&visits[0].all);
            let second = visits.get(1);
            let changed_ids = second.and_then(|it| same_ids(vendor, &visits[0].all, &it.all));
            Run { comparison, changed_ids }
        });
        let outcome = run.as_ref().map(|run| {
            format!("{} of {hits} hits, {} more", run.comparison.came, run.comparison.extra.len())
        });
        progress(engine, vendor, jar.name(), start, outcome);
        row.runs.push((jar, run));
    }
    row
}

async fn controls(stage: &Stage, engine: Engine, vendor: &Vendor) -> Result<[Visit; 2]> {
    let control = async |name| {
        let start = Instant::now();
        let visit = stage.control(engine, vendor).await;
        let outcome = visit.as_ref().map(|visit| format!("{} hits", visit.all.len()));
        progress(engine, vendor, name, start, outcome);
        visit
    };
    Ok([control("control").await?, control("control again").await?])
}

/// Prints a line of progress.
fn progress<E: std::fmt::Display>(
    engine: Engine,
    vendor: &Vendor,
    run: &str,
    start: Instant,
    outcome: Result<String, E>,
) {
    let seconds = start.elapsed().as_secs_f64();
    let outcome = outcome.unwrap_or_else(|error| format!("failed: {error}"));
    eprintln!("{engine} {} {run}: {outcome} ({seconds:.0} s)", vendor.name);
}
