//! `cargo xtask vendors`: copies of vendors' scripts in the sandbox.
//!
//! The program is a binary of `c2c-e2e`, and takes its arguments as they were typed. It runs where they were
//! typed, so that folders are found, and standard output is its report and nothing else.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use crate::run::{Result, cargo, root};

/// Try saved copies of vendors' scripts in the sandbox: `--help` says how
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// What the program takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !cargo(&format!("build {PROGRAM}")).status()?.success() {
        return Err("cannot build the program: see above".into());
    }
    let mut program = cargo(&format!("run --quiet {PROGRAM} --manifest-path"));
    program.arg(root().join("Cargo.toml")).arg("--").args(&args.arguments);
    let status = program.current_dir(env::current_dir()?).status()?;
    // A program that a signal has ended has no code.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, Into::into))
}

const PROGRAM: &str = "--locked --package c2c-e2e --bin vendors";
