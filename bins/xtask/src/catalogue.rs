//! `cargo xtask catalogue`: makes the artefacts of the reference catalogue
//! (`crates/catalogue/reference`).

use std::process::{Command, ExitCode};

use crate::run::{Result, example, show};

/// Make schema, types, reference and fixtures from the reference catalogue
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a committed file is not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    show(&mut if args.check { check()? } else { example("artefacts")? })?;
    Ok(ExitCode::SUCCESS)
}

/// The check of the artefacts: it names stale files, and changes in the catalogue that break
/// handlers; ends with a count as `cargo test` prints it.
pub(crate) fn check() -> Result<Command> {
    let mut command = example("artefacts")?;
    command.arg("--check");
    Ok(command)
}
