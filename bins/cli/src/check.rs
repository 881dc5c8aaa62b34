//! `c2c check`, and the check that the other commands begin with.

use std::io::{self, Write as _};
use std::path::Path;

use c2c_bridge::{Diagnostics, Shim};
use c2c_catalogue::Catalogue;
use c2c_injector::{Checked, Diagnostic, EventSignature, Limits, Rejected, Template};

use crate::args::{CheckArguments, Format, SnippetArguments};
use crate::failure::Failure;
use crate::files;
use crate::fix;
use crate::input::{Inputs, ReadError};
use crate::outcome::Outcome;
use crate::report;

/// Prints the report on the snippets.
pub(crate) fn run(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    if arguments.fix {
        correct(&arguments.snippets)?;
    }
    let (inputs, checked) = judge(&arguments.snippets)?;
    print(arguments.format, &inputs, &checked)?;
    Ok(if checked.is_ok() { Outcome::Done } else { Outcome::Rejected })
}

/// The snippets that the arguments name, and the verdict on them.
pub(crate) fn judge(
    arguments: &SnippetArguments,
) -> Result<(Inputs, Result<Checked, Rejected>), Failure> {
    let inputs = Inputs::read(arguments.head.as_deref(), arguments.body_end.as_deref())?;
    let checked = verdict(&inputs)?;
    Ok((inputs, checked))
}

/// The verdict on two snippets.
pub(crate) fn verdict(inputs: &Inputs) -> Result<Result<Checked, Rejected>, Failure> {
    Ok(template()?.check(inputs.snippets(), &Limits::default()))
}

/// Prints the report on a verdict to standard output.
pub(crate) fn print(
    format: Format,
    inputs: &Inputs,
    checked: &Result<Checked, Rejected>,
) -> Result<(), Failure> {
    let hosts = checked.as_ref().map_or([].as_slice(), Checked::hosts);
    report::print(format, inputs, findings(checked), hosts)
}

/// The errors and warnings of a verdict.
pub(crate) fn findings(checked: &Result<Checked, Rejected>) -> &[Diagnostic] {
    match checked {
        Ok(checked) => checked.diagnostics(),
        Err(rejected) => rejected.diagnostics(),
    }
}

/// Writes the snippets with all fixes, and says on standard error how many there were.
fn correct(arguments: &SnippetArguments) -> Result<(), Failure> {
    let paths = [&arguments.head, &arguments.body_end];
    if paths.iter().any(|path| path.as_deref() == Some(Path::new("-"))) {
        return Err(ReadError::StandardInputToFix.into());
    }
    let before = Inputs::read(arguments.head.as_deref(), arguments.body_end.as_deref())?.snippets();
    let (after, applied) = fix::apply(&template()?, before.clone());
    let texts = [(&before.head, &after.head), (&before.body_end, &after.body_end)];
    for (path, (before, after)) in paths.into_iter().zip(texts) {
        if let Some(path) = path.as_ref().filter(|_| before != after) {
            files::replace(path, after)?;
        }
    }
    let noun = if applied == 1 { "fix" } else { "fixes" };
    Ok(writeln!(io::stderr(), "applied {applied} {noun}")?)
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
