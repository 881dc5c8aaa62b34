//! `cargo xtask screenshots`: pictures of every screen, under `target/screenshots`.

use std::process::ExitCode;

use crate::run::{Result, program, show};

pub(crate) fn run() -> Result<ExitCode> {
    show(&mut program("screenshots")?)?;
    Ok(ExitCode::SUCCESS)
}
