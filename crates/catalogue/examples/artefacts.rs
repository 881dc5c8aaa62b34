//! Makes everything that is made of a catalogue, beside its file.
//!
//! `cargo run -p c2c-catalogue --example artefacts -- [--check] [FOLDER]`
//!
//! `FOLDER` has a `catalogue.toml`; without one it is that of the reference catalogue. The results are
//! committed, so that a change of the catalogue shows as what it is to others; with `--check` nothing is
//! written, and what is not current is an error. Either way the catalogue must be one that may follow
//! on the one of last time (`catalogue.json`): what breaks handlers needs a new major version.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use c2c_catalogue::Catalogue;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference");

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    arguments.retain(|argument| argument != "--check");
    let folder = Path::new(arguments.first().map_or(REFERENCE, String::as_str));
    let outcomes = match make(folder) {
        Ok(artefacts) => {
            let one = |(name, text)| {
                if check { compare(folder, name, text) } else { write(folder, name, text) }
            };
            artefacts.iter().map(|(name, text)| one((*name, text))).collect()
        }
        Err(error) => vec![Err(error)],
    };
    let failed = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    let failed = failed.inspect(|error| println!("error: {error}")).count();
    let passed = outcomes.len() - failed;
    // Of the form that `cargo xtask test` counts.
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// All files with their texts.
fn make(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let file = folder.join("catalogue.toml");
    let named = |error: &dyn Error| format!("{}: {error}", file.display());
    let toml = fs::read_to_string(&file).map_err(|error| named(&error))?;
    let catalogue = Catalogue::from_toml(&toml).map_err(|error| named(&error))?;
    match fs::read_to_string(folder.join("catalogue.json")) {
        Ok(last) => {
            catalogue.may_follow(&Catalogue::from_json(&last)?).map_err(|error| named(&error))?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(catalogue.artefacts().into())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    Ok(fs::write(folder.join(name), text)?)
}

fn compare(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    // A missing file is a stale one.
    if fs::read_to_string(&file).is_ok_and(|committed| committed == text) {
        println!("{name} is current");
        return Ok(());
    }
    Err(format!("{} is stale: run `cargo xtask catalogue` and commit the result", file.display())
        .into())
}
