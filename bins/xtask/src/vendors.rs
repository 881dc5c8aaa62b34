//! `cargo xtask vendors`: runs copies of vendors' scripts in the sandbox.
//!
//! The program is a binary of `c2c-e2e`. It gets its arguments unchanged and runs in the current
//! folder, so that relative paths work, and standard output is only its report.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use crate::run::{Result, program};

/// Test saved copies of vendors' scripts in the sandbox: see `--help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// The program's arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut program = program("vendors")?;
    let status = program.args(&args.arguments).current_dir(env::current_dir()?).status()?;
    // A program that a signal ended has no code.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, Into::into))
}
