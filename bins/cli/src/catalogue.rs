//! `c2c schema`, `types` and `docs`: what is made of a catalogue.

use std::io::{self, Write as _};
use std::path::Path;

use c2c_catalogue::{Catalogue, UnknownFields};

use crate::args::{CatalogueArguments, SchemaArguments, Unknown};
use crate::failure::Failure;
use crate::input::{ReadError, Source};
use crate::outcome::Outcome;

/// Prints the JSON Schema of a catalogue.
pub(crate) fn print_schema(arguments: &SchemaArguments) -> Result<Outcome, Failure> {
    let unknown = match arguments.unknown {
        Unknown::Keep => UnknownFields::Keep,
        Unknown::Refuse => UnknownFields::Reject,
    };
    print(&arguments.catalogue, |catalogue| catalogue.json_schema(unknown))
}

/// Prints an artefact of a catalogue.
pub(crate) fn print(
    arguments: &CatalogueArguments,
    print: impl Fn(&Catalogue) -> String,
) -> Result<Outcome, Failure> {
    let printed = match &arguments.file {
        None => print(Catalogue::reference()),
        Some(path) => print(&read(path)?),
    };
    let mut out = io::stdout().lock();
    out.write_all(printed.as_bytes())?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn read(path: &Path) -> Result<Catalogue, Failure> {
    let Source { name, bytes } = Source::read(path)?;
    let text = str::from_utf8(&bytes).map_err(|error| ReadError::NotText {
        path: path.to_owned(),
        valid: error.valid_up_to(),
    })?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { Catalogue::from_json(text) } else { Catalogue::from_toml(text) };
    read.map_err(|error| Failure::Catalogue { file: name, error })
}
