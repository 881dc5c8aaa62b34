//! `c2c-probe`: the isolation suite. See [`args::Args`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod args;
mod deployment;
mod probe;
mod report;
mod stage;
mod suite;
mod surface;

use std::process::ExitCode;

use args::Args;
use c2c_e2e::{Collector, Engine, Error, Result};
use clap::Parser as _;
use deployment::{Deployment, Local};
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
    let (local, deployment) = match (args.sandbox_url, args.widget_url) {
        (Some(sandbox_url), Some(widget_url)) => (None, Deployment { sandbox_url, widget_url }),
        _ => {
            let local = Local::start().await?;
            let deployment = local.deployment()?;
            (Some(local), deployment)
        }
    };
    let collector = Collector::start().await?;
    let mut running = JoinSet::new();
    for &engine in &engines {
        let (deployment, only) = (deployment.clone(), args.only.clone());
        let collector = collector.scoped().await?;
        running.spawn(async move {
            let groups = probe::groups(&only)?;
            let found = suite::run(engine, &collector, &deployment, &groups).await;
            eprintln!("{engine}: done");
            found
        });
    }
    let mut verdicts = Vec::new();
    for found in running.join_all().await {
        let (_, more) = found?;
        verdicts.extend(more);
    }
    if let Some(local) = local {
        local.stop().await;
    }
    if args.json {
        println!("{:#}", report::json(&verdicts));
    } else {
        print!("{}", report::table(&groups, &engines, &verdicts));
    }
    let faults: Vec<_> = verdicts.iter().filter(|verdict| !verdict.fault.is_empty()).collect();
    for verdict in &faults {
        let suite::Verdict { id, engine, layout, fault, .. } = verdict;
        eprintln!("{id} in {engine}, {}: {fault}", layout.name());
    }
    eprintln!("{} of {} as promised", verdicts.len() - faults.len(), verdicts.len());
    Ok(faults.is_empty())
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
