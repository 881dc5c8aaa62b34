//! `cargo xtask bench <what>`: runs one of the committed benchmarks.

use std::process::ExitCode;

use crate::npm;
use crate::run::{Result, cargo, show};

/// The benchmarks: name, package, bench target, and the question it answers.
const BENCHES: &[(&str, &str, &str, &str)] = &[
    (
        "catalogue",
        "c2c-catalogue",
        "catalogue",
        "checking an event, relative to jsonschema and the catalogue's schema",
    ),
    (
        "injector",
        "c2c-injector",
        "injector",
        "rendering, copying and checking, relative to lol_html, memcpy and an html5ever parse",
    ),
    (
        "server",
        "c2c-server",
        "document",
        "throughput of the sandbox document, relative to a bare hyper static handler",
    ),
    (
        "apps",
        "c2c-server",
        "apps",
        "100,000 apps relative to 100: start, hits, misses, memory, throughput",
    ),
    (
        "delivery",
        "c2c-server",
        "delivery",
        "events in and out, relative to bare hyper with an insert and to a posting loop; beside bad endpoints; memory of a backlog",
    ),
    (
        "bridge",
        "c2c-e2e",
        "bridge",
        "events to the frame and back, relative to a bare MessagePort, and beside libraries of the kind",
    ),
    (
        "page",
        "c2c-e2e",
        "page",
        "time that tags block the parent page, relative to a page without tags, and to Partytown",
    ),
];

/// Run a benchmark
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The benchmark; without it, all are listed
    name: Option<String>,
    /// Arguments for the benchmark
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let Some(name) = &args.name else {
        println!("{}", list());
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, package, bench, _)) = BENCHES.iter().find(|(known, ..)| known == name) else {
        return Err(format!("there is no benchmark `{name}`\n{}", list()).into());
    };
    let mut profile = "bench";
    if *package == "c2c-e2e" {
        // The browser does the measured work; our program only asks for it.
        profile = "dev";
        install(&npm::LIBRARIES)?;
    }
    if name == "page" {
        // The vendors' SDKs are the same as the tests'.
        install(&npm::TOOLS)?;
    }
    let bench = format!("--package {package} --bench {bench}");
    let mut command = cargo(&format!("bench --locked --profile {profile} {bench} --"));
    show(command.args(&args.arguments))?;
    Ok(ExitCode::SUCCESS)
}

fn install(packages: &npm::Packages) -> Result<()> {
    if packages.are_there()? { Ok(()) } else { packages.install() }
}

fn list() -> String {
    let lines = BENCHES.iter().map(|(name, _, _, what)| format!("  {name:<10} {what}"));
    lines.collect::<Vec<_>>().join("\n")
}
