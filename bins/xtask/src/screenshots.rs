//! `cargo xtask screenshots`: pictures of every screen, under `target/screenshots`.

use std::process::ExitCode;

use crate::run::{Result, cargo, show};

pub(crate) fn run() -> Result<ExitCode> {
    show(&mut cargo("run --locked --package c2c-e2e --bin screenshots"))?;
    Ok(ExitCode::SUCCESS)
}
