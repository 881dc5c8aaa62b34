//! A developer's commands, behind one entry point: `cargo xtask <command>`.
//!
//! One file per command. Nothing here is part of the product, and starting it needs only `cargo`
//! and a shell.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

mod assets;
mod bench;
mod catalogue;
mod deployment;
mod editor;
mod fuzz;
mod npm;
mod run;
mod screenshots;
mod soak;
mod surface;
mod test;
mod types;
mod vendors;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The commands for developers of c2c.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(test::Args),
    Assets(assets::Args),
    Catalogue(catalogue::Args),
    Types(types::Args),
    Surface(surface::Args),
    Soak(soak::Args),
    Bench(bench::Args),
    Deployment(deployment::Args),
    /// Take pictures of every screen, into target/screenshots
    Screenshots,
    Vendors(vendors::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Test(args) => Ok(test::run(&args)),
        Command::Assets(args) => assets::run(&args),
        Command::Catalogue(args) => catalogue::run(&args),
        Command::Types(args) => types::run(&args),
        Command::Surface(args) => surface::run(&args),
        Command::Soak(args) => soak::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Deployment(args) => deployment::run(&args),
        Command::Screenshots => screenshots::run(),
        Command::Vendors(args) => vendors::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
