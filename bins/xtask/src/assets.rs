//! `cargo xtask assets`: makes the scripts that are served from the modules that people write.
//!
//! `bins/assets` does it. It is a program of its own, since it takes a minute to build, and this
//! one is to start at once.

use std::process::{Command, ExitCode};

use crate::run::{Result, cargo, show};

/// Bundle and minify the scripts of the bridge, into crates/bridge/js/dist
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

/// Says which files are stale, and ends with a count as `cargo test` prints it.
pub(crate) fn check() -> Command {
    let mut command = program();
    command.args(["--", "--check"]);
    command
}

fn program() -> Command {
    cargo("run --quiet --locked --package c2c-assets")
}
