//! `cargo xtask catalogue`: makes what is made of the reference catalogue
//! (`crates/catalogue/reference`).

use std::process::{Command, ExitCode};

use crate::run::{Result, cargo, show};

/// Make schema, types, reference and fixtures from the reference catalogue
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a committed file is not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    show(&mut if args.check { check() } else { program() })?;
    Ok(ExitCode::SUCCESS)
}

/// Says which files are stale, and what in the catalogue breaks handlers; ends with a count as
/// `cargo test` prints it.
pub(crate) fn check() -> Command {
    let mut command = program();
    command.args(["--", "--check"]);
    command
}

fn program() -> Command {
    cargo("run --quiet --locked --package c2c-catalogue --example artefacts")
}
