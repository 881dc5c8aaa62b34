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
use c2c_e2e::{Collector, Engine, Error, Result};
use clap::Parser as _;
use credentials::Measured;
use deployment::{Deployment, Local};
use mutation::Mutation;
use probe::Group;
use replica::Layout;
use suite::Verdict;
use tokio::task::JoinSet;

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
    let engines = engines(&args.engines)?;
    let groups = probe::groups(&args.only)?;
    let given = args.sandbox_url.clone().zip(args.widget_url.clone());
    // A server of our own, where nobody named one.
    let local = if given.is_none() { Some(Local::start().await?) } else { None };
    let deployment = match (given, &local) {
        (Some((sandbox_url, widget_url)), _) => Deployment { sandbox_url, widget_url },
        (None, Some(local)) => local.deployment()?,
        (None, None) => return Err(Error::new("there is nothing to test")),
    };
    let collector = Collector::start().await?;
    let mut found = probes(&engines, &collector, &deployment, &args.only).await?;
    found.advice.extend(deployment.opened_otherwise().await?);
    let mutations = mutations(&args, &engines, &collector, &deployment, &groups).await?;
    let credentials = if args.credentials {
        Some(credentials(&engines, &collector, &deployment).await?)
    } else {
        None
    };
    if let Some(local) = local {
        local.stop().await;
    }
    let mut tables = vec![("probes", report::table(&groups, &engines, &found.verdicts))];
    if !mutations.is_empty() {
        let name = if args.matrix { "matrix" } else { "mutations" };
        tables.push((name, mutation::table(&mutations)));
    }
    let mut as_promised = tell(&found, &mutations);
    if let Some(Measured { table, faults }) = credentials {
        for fault in &faults {
            eprintln!("{fault}");
        }
        as_promised &= faults.is_empty();
        tables.push(("credentials", table));
    }
    match (&args.check, &args.write) {
        _ if args.json => println!("{:#}", report::json(&found.verdicts)),
        (Some(file), _) => as_promised &= document::check(file, &tables)?,
        (_, Some(file)) => document::write(file, &tables)?,
        _ => tables.iter().for_each(|(_, table)| println!("{table}")),
    }
    Ok(as_promised)
}

/// What the probes found.
struct Found {
    advice: Vec<String>,
    verdicts: Vec<Verdict>,
}

/// Runs the probes in all engines, side by side.
async fn probes(
    engines: &[Engine],
    collector: &Collector,
    deployment: &Deployment,
    only: &[String],
) -> Result<Found> {
    let mut running = JoinSet::new();
    for &engine in engines {
        let (deployment, only) = (deployment.clone(), only.to_vec());
        let collector = collector.scoped().await?;
        running.spawn(async move {
            let groups = probe::groups(&only)?;
            let found = suite::run(engine, &collector, &deployment, &groups).await;
            eprintln!("{engine}: done");
            found
        });
    }
    let mut found = Found { advice: Vec::new(), verdicts: Vec::new() };
    for of_engine in running.join_all().await {
        let (surface, verdicts) = of_engine?;
        found.advice = advice::advice(&surface);
        found.verdicts.extend(verdicts);
    }
    Ok(found)
}

async fn mutations(
    args: &Args,
    engines: &[Engine],
    collector: &Collector,
    deployment: &Deployment,
    groups: &[Group],
) -> Result<Vec<Mutation>> {
    let (engines, layouts): (&[Engine], &[Layout]) = match (args.mutations, args.matrix) {
        (_, true) => (engines, &Layout::ALL),
        (true, _) => (&engines[..1], &Layout::ALL[..1]),
        _ => return Ok(Vec::new()),
    };
    let mut mutations = Vec::new();
    for &engine in engines {
        let collector = collector.scoped().await?;
        let run = mutation::run(engine, &collector, deployment, groups, layouts, args.matrix);
        mutations.extend(run.await?);
        eprintln!("{engine}: done without each protection");
    }
    Ok(mutations)
}

/// Measures which cookies go along, in one engine after the other.
async fn credentials(
    engines: &[Engine],
    collector: &Collector,
    deployment: &Deployment,
) -> Result<Measured> {
    let mut all = Measured::default();
    for &engine in engines {
        let collector = collector.scoped().await?;
        let Measured { table, faults } =
            credentials::measure(engine, &collector, deployment).await?;
        all.table += &table;
        all.table.push('\n');
        all.faults.extend(faults);
    }
    Ok(all)
}

/// Prints what is wrong; whether nothing is.
fn tell(found: &Found, mutations: &[Mutation]) -> bool {
    let Found { advice, verdicts } = found;
    for advice in advice {
        eprintln!("change this: {advice}");
    }
    let faults = verdicts.iter().filter(|verdict| !verdict.fault.is_empty()).inspect(|verdict| {
        let Verdict { id, engine, layout, fault, .. } = verdict;
        eprintln!("{id} in {engine}, {}: {fault}", layout.name());
    });
    let faults = faults.count();
    let unnoticed = mutations.iter().filter(|mutation| mutation.is_fault()).inspect(|mutation| {
        let Mutation { engine, layout, protection, .. } = mutation;
        let layout = layout.name();
        eprintln!("no probe notices that `{protection}` is missing, in {engine}, {layout}");
    });
    let unnoticed = unnoticed.count();
    eprintln!(
        "{} of {} probes as promised; {} of {} missing protections noticed or in depth",
        verdicts.len() - faults,
        verdicts.len(),
        mutations.len() - unnoticed,
        mutations.len(),
    );
    faults == 0 && unnoticed == 0 && advice.is_empty()
}

fn engines(names: &[String]) -> Result<Vec<Engine>> {
    if names.is_empty() {
        return Ok(Engine::ALL.to_vec());
    }
    let find = |name: &String| {
        let known = Engine::ALL.into_iter().find(|engine| engine.name() == name);
        known.ok_or_else(|| Error::new(format!("no engine is called {name}")))
    };
    names.iter().map(find).collect()
}
