//! `c2c`: the libraries, and the API of a server, on a command line.
//!
//! The exit codes are in `outcome.rs`, and in `c2c --help`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use c2c_catalogue::Catalogue;
use clap::Parser as _;

use crate::args::{Arguments, Command};
use crate::failure::Failure;
use crate::outcome::Outcome;

mod args;
mod catalogue;
mod check;
mod compile;
mod failure;
mod files;
mod fix;
mod input;
mod listen;
mod outcome;
mod printable;
mod remote;
mod report;

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let only_prints = command.only_prints();
    match run(command) {
        Ok(outcome) => outcome.into(),
        // The reader of the output has seen enough.
        Err(Failure::Write(error)) if only_prints && error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // Nothing more can be done if even this cannot be written.
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Schema(arguments) => catalogue::print_schema(&arguments),
        Command::Types(arguments) => catalogue::print(&arguments, Catalogue::typescript),
        Command::Docs(arguments) => catalogue::print(&arguments, Catalogue::markdown),
        Command::Pull(arguments) => remote::pull(&arguments),
        Command::Status(arguments) => remote::status(&arguments),
        Command::Push(arguments) => remote::push(&arguments),
        Command::Publish(arguments) => remote::publish(&arguments),
        Command::Listen(arguments) => listen::run(&arguments),
        Command::Rollback(arguments) => remote::roll_back(&arguments),
    }
}
