//! `c2c`: the libraries on a command line.
//!
//! Exit codes: 0 for success, 1 if snippets are rejected, 2 if the command could not be carried out.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use c2c_bridge::{Diagnostics, Shim, shim_attributes};
use c2c_catalogue::{Catalogue, CatalogueError, UnknownFields};
use c2c_injector::{
    AttributeError, Checked, EventSignature, Limits, Rejected, ScriptAttributes, Template,
    TemplateError,
};
use c2c_names::BridgeLimits;
use clap::Parser as _;
use thiserror::Error;

use crate::args::{
    Arguments, CatalogueArguments, CheckArguments, Command, CompileArguments, SnippetArguments,
    Unknown,
};
use crate::fix::WriteError;
use crate::input::{Inputs, ReadError, Source};

mod args;
mod fix;
mod input;
mod report;

const REFUSED: u8 = 1;
const FAILED: u8 = 2;

/// A reason why the command could not be carried out. (A rejected snippet is a result, not a failure.)
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Fix(#[from] WriteError),
    #[error("cannot write the output: {0}")]
    Write(#[from] io::Error),
    #[error("the shim does not fit into the template: {0}")]
    Template(#[from] TemplateError),
    #[error("the shim's tag cannot carry this: {0}")]
    Attribute(#[from] AttributeError),
    #[error("cannot print the report: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{file} is not a catalogue:\n{error}")]
    Catalogue { file: String, error: CatalogueError },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Check(arguments) => check(&arguments),
        Command::Compile(arguments) => compile(&arguments),
        Command::Schema(arguments) => print_of(&arguments.catalogue, |catalogue| {
            catalogue.json_schema(match arguments.unknown {
                Unknown::Keep => UnknownFields::Keep,
                Unknown::Refuse => UnknownFields::Reject,
            })
        }),
        Command::Types(arguments) => print_of(&arguments, Catalogue::typescript),
        Command::Docs(arguments) => print_of(&arguments, Catalogue::markdown),
    };
    match done {
        Ok(code) => code,
        // The reader of the output has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // Nothing more can be done if even this cannot be written.
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

/// Prints the report on the snippets.
fn check(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    if arguments.fix {
        correct(&arguments.snippets)?;
    }
    let (inputs, checked) = judge(&arguments.snippets)?;
    let (diagnostics, hosts) = match &checked {
        Ok(checked) => (checked.diagnostics(), checked.hosts()),
        Err(refused) => (refused.diagnostics(), [].as_slice()),
    };
    report::print(arguments.format, &inputs, diagnostics, hosts)?;
    Ok(if checked.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// Writes the snippets with all fixes, and says on standard error how many there were.
fn correct(arguments: &SnippetArguments) -> Result<(), Failure> {
    let files = [&arguments.head, &arguments.body_end];
    if files.iter().any(|file| file.as_deref() == Some(Path::new("-"))) {
        return Err(ReadError::StandardInputToFix.into());
    }
    let before = Inputs::read(arguments.head.as_deref(), arguments.body_end.as_deref())?.snippets();
    let (after, applied) = fix::apply(&template()?, before.clone());
    let texts = [(&before.head, &after.head), (&before.body_end, &after.body_end)];
    for (file, (before, after)) in files.into_iter().zip(texts) {
        if let Some(file) = file.as_ref().filter(|_| before != after) {
            fix::write(file, after)?;
        }
    }
    let noun = if applied == 1 { "fix" } else { "fixes" };
    Ok(writeln!(io::stderr(), "applied {applied} {noun}")?)
}

/// Prints the document, or the reason why there is none.
fn compile(arguments: &CompileArguments) -> Result<ExitCode, Failure> {
    let mut attributes = ScriptAttributes::new();
    let mut limits = BridgeLimits::default();
    limits.hold_ms_max = arguments.hold_ms;
    for (name, value) in shim_attributes(&arguments.app, &arguments.widget_origins, &limits) {
        attributes = attributes.with(name, &value)?;
    }
    let (inputs, checked) = judge(&arguments.snippets)?;
    match checked {
        Ok(checked) => {
            if !checked.diagnostics().is_empty() {
                report::print_aside(&inputs, checked.diagnostics())?;
            }
            let mut out = io::stdout().lock();
            for chunk in checked.compile(&attributes).chunks() {
                out.write_all(chunk)?;
            }
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => {
            report::print_aside(&inputs, refused.diagnostics())?;
            Ok(ExitCode::from(REFUSED))
        }
    }
}

/// Prints an artefact of a catalogue.
fn print_of(
    arguments: &CatalogueArguments,
    print: impl Fn(&Catalogue) -> String,
) -> Result<ExitCode, Failure> {
    let printed = match &arguments.file {
        None => print(Catalogue::reference()),
        Some(path) => print(&read_catalogue(path)?),
    };
    let mut out = io::stdout().lock();
    out.write_all(printed.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn read_catalogue(path: &Path) -> Result<Catalogue, Failure> {
    let Source { name, bytes } = Source::read(path)?;
    let text = str::from_utf8(&bytes).map_err(|error| ReadError::NotText {
        path: path.to_owned(),
        valid: error.valid_up_to(),
    })?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { Catalogue::from_json(text) } else { Catalogue::from_toml(text) };
    read.map_err(|error| Failure::Catalogue { file: name, error })
}

fn judge(arguments: &SnippetArguments) -> Result<(Inputs, Result<Checked, Rejected>), Failure> {
    let inputs = Inputs::read(arguments.head.as_deref(), arguments.body_end.as_deref())?;
    let checked = template()?.check(inputs.snippets(), &Limits::default());
    Ok((inputs, checked))
}

/// The reference document, whose check knows the reference catalogue.
fn template() -> Result<Template, Failure> {
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors };
    let events = Catalogue::reference().events().iter().map(|event| {
        let fields = event.fields.iter().map(|field| field.name.as_str());
        EventSignature::new(event.name.clone()).with_fields(fields)
    });
    Ok(Template::reference(shim.text())?.with_events(events))
}
