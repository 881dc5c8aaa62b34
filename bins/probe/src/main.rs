//! `c2c-probe`: the isolation suite. See [`args::Args`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod advice;
mod args;
mod credentials;
mod deployment;
mod document;
mod mutation;
mod outcome;
mod probe;
mod replica;
mod report;
mod stage;
mod suite;
mod surface;

use std::process::ExitCode;
use std::sync::Arc;

use args::Args;
use c2c_harness::{Collector, Engine, Result, Way};
use clap::Parser as _;
use credentials::Measured;
use deployment::{Deployment, Local};
use probe::Group;
use replica::Layout;
use report::Found;
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

/// Runs the suite. Returns whether all promises hold.
async fn run(args: Args) -> Result<bool> {
    let groups: Arc<[Group]> = probe::groups(&args.only)?.into();
    let (engines, missing) = engines(&args.engines)?;
    let given = args.sandbox_url.clone().zip(args.widget_url.clone());
    let mut found = if let Some((sandbox_url, widget_url)) = given {
        let way = match args.connect {
            Some(address) => Some(Way::to(address, args.authority.as_deref()).await?),
            None => None,
        };
        look(&args, &engines, &groups, &Deployment { sandbox_url, widget_url, way }).await?
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
    // On standard output, which has nothing else then, for a caller that counts.
    if args.check.is_some() {
        println!("{counts}");
    } else {
        eprintln!("{counts}");
    }
    Ok(as_promised)
}

/// Runs everything that was requested.
async fn look(
    args: &Args,
    engines: &[Engine],
    groups: &Arc<[Group]>,
    deployment: &Deployment,
) -> Result<Found> {
    let surface = deployment.surface(engines[0]).await?;
    let mut faults = advice::advice(&surface);
    faults.extend(deployment.differences(&surface, &engines[1..]).await?);
    faults.extend(deployment.opened_otherwise().await?);
    let collector = Collector::start().await?;
    let verdicts = side_by_side("probes", engines, &collector, &mut faults, |engine, collector| {
        let (surface, groups) = (surface.clone(), Arc::clone(groups));
        async move { suite::run(engine, &collector, &surface, &groups).await }
    });
    let verdicts = verdicts.await?;
    let (mutated, layouts): (&[Engine], &[Layout]) = match (args.mutations, args.matrix) {
        (_, true) => (engines, &Layout::ALL),
        (true, _) => (&engines[..1], &Layout::ALL[..1]),
        _ => (&[], &[]),
    };
    let whole = args.matrix;
    let what = "without a protection";
    let mutations = side_by_side(what, mutated, &collector, &mut faults, |engine, collector| {
        let (surface, groups) = (surface.clone(), Arc::clone(groups));
        async move { mutation::run(engine, &collector, &surface, &groups, layouts, whole).await }
    });
    let mutations = mutations.await?;
    let mut credentials = None;
    if args.credentials {
        let Measured { table, faults: differences } =
            measured(engines, &collector, &surface).await?;
        faults.extend(differences);
        credentials = Some(table);
    }
    Ok(Found { faults, verdicts, mutations, whole, credentials, not_run: 0 })
}

/// Runs the same in all engines, side by side. An engine that fails is reported as a fault.
async fn side_by_side<T, F>(
    what: &str,
    engines: &[Engine],
    collector: &Collector,
    faults: &mut Vec<String>,
    run: impl Fn(Engine, Collector) -> F,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<Vec<T>>> + Send + 'static,
{
    let mut running = Vec::new();
    for &engine in engines {
        running.push((engine, tokio::spawn(run(engine, collector.scoped().await?))));
    }
    let mut found = Vec::new();
    for (engine, run) in running {
        match run.await? {
            Ok(these) => found.extend(these),
            Err(error) => faults.push(format!("{engine}: {what}: {error}")),
        }
    }
    Ok(found)
}

/// Measures the cookies that are sent, in one engine after the other. An engine that fails is
/// reported as a fault.
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

/// The named engines, or the installed ones, and how many of the latter are missing.
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
