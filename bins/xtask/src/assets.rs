//! `cargo xtask assets`: makes the served scripts from the source modules.
//!
//! `bins/assets` does it. It is a separate program because it takes a minute to build, while this
//! one must start at once.

use std::process::{Command, ExitCode};

use crate::editor;
use crate::run::{Result, program, show};

/// Bundle and minify the scripts of the bridge, and the library of the console's editor (needs npm)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a committed file is not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    show(&mut if args.check { check()? } else { program("c2c-assets")? })?;
    if args.check {
        editor::check()?;
    } else {
        editor::write()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The check of the scripts: it names stale files, and ends with a count as `cargo test` prints it.
pub(crate) fn check() -> Result<Command> {
    let mut command = program("c2c-assets")?;
    command.arg("--check");
    Ok(command)
}
