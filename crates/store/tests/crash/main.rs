//! Kills the store, and takes away its disk and its server, and checks what is left.
//!
//! A killed process loses nothing that it handed to the kernel, so these tests cannot notice a missing
//! `fsync`: they pass with `PRAGMA synchronous = OFF`, too. They check that each use case is one
//! transaction, and that it is acknowledged after its end.
//!
//! `C2C_CRASH_ROUNDS` (40) and `C2C_CRASH_SERVER_ROUNDS` (3) are the numbers of kills of the writer and of
//! the PostgreSQL server. `cargo xtask soak store` does more of them. `C2C_CRASH_SEED` repeats the choices
//! of a run, but not the moments of its kills.

#![expect(
    clippy::print_stdout,
    reason = "the writer speaks to its parent, and tests report counts"
)]

mod content; // snippets that carry a number
mod corrupt; // damaged files
mod deliverer; // the process that is killed while it delivers events
mod full; // no space left
mod hung; // a server that is down, or does not answer
mod kill; // rounds of kills
mod newer; // a database that a newer server has migrated
mod outbox; // rounds of kills while events are delivered
mod private; // a small disk for one test
mod random; // seeded choices
mod read_only; // a disk that cannot be written
mod step; // one line for each write
mod support; // shortcuts
mod verify; // whether the database is right
mod writer; // the process that is killed
mod writing; // its parent's view of it

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let ended = match words[..] {
        ["writer", database, seed] => writer::run(database, seed),
        ["deliverer", database, seed] => deliverer::run(database, seed),
        ["full", folder] => full::child(Path::new(folder)),
        ["read-only", folder] => read_only::child(Path::new(folder)),
        _ => {
            corrupt::count_panics();
            return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code();
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}{}", writing::FAILED, error.message().unwrap_or("failed"));
            ExitCode::FAILURE
        }
    }
}

type Test = fn() -> Result<(), Failed>;

fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 20] = [
        ("kill::server", kill::server),
        ("kill::sqlite", kill::sqlite),
        ("kill::sqlite_at_creation", kill::sqlite_at_creation),
        ("kill::postgres", kill::postgres),
        ("outbox::sqlite", outbox::sqlite),
        ("outbox::postgres", outbox::postgres),
        ("outbox::server", outbox::server),
        ("hung::stopped", hung::stopped),
        ("hung::not_answering", hung::not_answering),
        ("hung::breaks_in_a_use_case", hung::breaks_in_a_use_case),
        ("full::disk", full::disk),
        ("read_only::disk", read_only::disk),
        ("corrupt::flipped_bytes", corrupt::flipped_bytes),
        ("corrupt::truncated", corrupt::truncated),
        ("corrupt::no_database", corrupt::no_database),
        ("corrupt::changed_migration", corrupt::changed_migration),
        ("newer::sqlite", newer::sqlite),
        ("newer::postgres", newer::postgres),
        ("newer::sqlite_while_open", newer::sqlite_while_open),
        ("newer::postgres_while_open", newer::postgres_while_open),
    ];
    tests.into_iter().map(|(name, test)| Trial::test(name, test)).collect()
}
