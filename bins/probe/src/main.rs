//! `c2c-probe`: the isolation suite. See [`args::Args`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod advice;
mod args;
mod credentials;
mod deployment;
mod document;
mod mutation;
mod probe;
mod replica;
mod report;
mod stage;
mod suite;
mod surface;

use std::process::ExitCode;

use args::Args;
use c2c_e2e::{Collector, Engine, Result};
use clap::Parser as _;
use credentials::Measured;
use deployment::{Deployment, Local};
use mutation::Mutation;
use probe::Group;
use replica::Layout;
use report::Found;
use suite::Verdict;
use surface::Surface;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("c2c-probe: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything is as promised.
async fn run(args: Args) -> Result<bool> {
    let groups = probe::groups(&args.only)?;
    let (engines, missing) = engines(&args.engines)?;
    let given = args.sandbox_url.clone().zip(args.widget_url.clone());
    let mut found = if let Some((sandbox_url, widget_url)) = given {
        look(&args, &engines, &groups, &Deployment { sandbox_url, widget_url }).await?
    } else {
        let local = Local::start().await?;
        let found = look(&args, &engines, &groups, &local.deployment()?).await;
        local.stop().await;
        found?
    };
    found.not_run = missing * groups.iter().map(|group| group.probes.len()).sum::<usize>();
    let tables = found.tables(&groups, &engines);
    match (&args.check, &args.write) {
        _ if args.json => println!("{:#}", report::json(&found.verdicts)),
        (Some(_), _) if missing > 0 => {
            eprintln!("NOT RUN: tables that lack an engine are not compared");
        }
        (Some(file), _) => found.faults.extend(document::check(file, &tables)?),
        (_, Some(file)) => document::write(file, &tables)?,
        _ => tables.iter().for_each(|(_, table)| println!("{table}")),
    }
    let (as_promised, counts) = found.tell();
    // Where nothing else is printed, for whoever counts.
    if args.check.is_some() {
        println!("{counts}");
    } else {
        eprintln!("{counts}");
    }
    Ok(as_promised)
}

/// Everything that was asked for.
async fn look(
    args: &Args,
    engines: &[Engine],
    groups: &[Group],
    deployment: &Deployment,
) -> Result<Found> {
    let surface = deployment.surface(engines[0]).await?;
    let mut faults = advice::advice(&surface);
    faults.extend(deployment.opened_otherwise().await?);
    let collector = Collector::start().await?;
    let verdicts = probes(engines, &collector, &surface, &args.only, &mut faults).await?;
    let mutations = mutations(args, engines, &collector, &surface, groups, &mut faults).await?;
    let mut credentials = None;
    if args.credentials {
        let Measured { table, faults: differences } =
            measured(engines, &collector, &surface).await?;
        faults.extend(differences);
        credentials = Some(table);
    }
    Ok(Found { faults, verdicts, mutations, whole: args.matrix, credentials, not_run: 0 })
}

/// Runs the probes in all engines, side by side. An engine that does not go on is a fault.
async fn probes(
    engines: &[Engine],
    collector: &Collector,
    surface: &Surface,
    only: &[String],
    faults: &mut Vec<String>,
) -> Result<Vec<Verdict>> {
    let mut running = Vec::new();
    for &engine in engines {
        let (surface, only) = (surface.clone(), only.to_vec());
        let collector = collector.scoped().await?;
        let run = async move {
            let groups = probe::groups(&only)?;
            suite::run(engine, &collector, &surface, &groups).await
        };
        running.push((engine, tokio::spawn(run)));
    }
    let mut verdicts = Vec::new();
    for (engine, run) in running {
        match run.await? {
            Ok(found) => verdicts.extend(found),
            Err(error) => faults.push(format!("{engine}: {error}")),
        }
    }
    Ok(verdicts)
}

async fn mutations(
    args: &Args,
    engines: &[Engine],
    collector: &Collector,
    surface: &Surface,
    groups: &[Group],
    faults: &mut Vec<String>,
) -> Result<Vec<Mutation>> {
    let (engines, layouts): (&[Engine], &[Layout]) = match (args.mutations, args.matrix) {
        (_, true) => (engines, &Layout::ALL),
        (true, _) => (&engines[..1], &Layout::ALL[..1]),
        _ => return Ok(Vec::new()),
    };
    let mut mutations = Vec::new();
    for &engine in engines {
        let collector = collector.scoped().await?;
        let run = mutation::run(engine, &collector, surface, groups, layouts, args.matrix);
        match run.await {
            Ok(found) => mutations.extend(found),
            Err(error) => faults.push(format!("{engine}: without a protection: {error}")),
        }
    }
    Ok(mutations)
}

/// Measures which cookies go along, in one engine after the other. One that does not go on is a fault.
async fn measured(
    engines: &[Engine],
    collector: &Collector,
    surface: &Surface,
) -> Result<Measured> {
    let mut all = Measured::default();
    for &engine in engines {
        let collector = collector.scoped().await?;
        match credentials::measure(engine, &collector, surface).await {
            Ok(Measured { table, faults }) => {
                all.table += &table;
                all.table.push('\n');
                all.faults.extend(faults);
            }
            Err(error) => all.faults.push(format!("{engine}: cookies: {error}")),
        }
    }
    Ok(all)
}

/// The engines that were named, or that are there; and how many are missing of those that were not.
fn engines(names: &[String]) -> Result<(Vec<Engine>, usize)> {
    if !names.is_empty() {
        return Ok((names.iter().map(|name| name.parse()).collect::<Result<_>>()?, 0));
    }
    let mut engines = Engine::chosen()?;
    let all = engines.len();
    let mut why = None;
    engines.retain(|engine| {
        let missing = engine.not_run();
        if let Some(error) = &missing {
            eprintln!("NOT RUN: {error}");
        }
        let there = missing.is_none();
        why = why.take().or(missing);
        there
    });
    match why {
        Some(why) if engines.is_empty() => Err(why),
        _ => Ok((engines.clone(), all - engines.len())),
    }
}
