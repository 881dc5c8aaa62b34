//! Workflow commands: GitHub shows each beside its line in a pull request.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>

use std::io::{self, Write};

use c2c_injector::{Diagnostic, Severity};

use super::{Place, end_column};
use crate::input::Inputs;

pub(super) fn print(
    out: &mut impl Write,
    inputs: &Inputs,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    for diagnostic in diagnostics {
        let Diagnostic { severity, code, line, column, message, help, .. } = diagnostic;
        let command = match severity {
            Severity::Error => "error",
            _ => "warning",
        };
        let file = property(inputs.name(diagnostic));
        let end_column = end_column(&inputs.source(diagnostic.area).bytes, diagnostic);
        let text = data(&format!("{message}\n{help}"));
        writeln!(
            out,
            "::{command} file={file},line={line},col={column},endColumn={end_column},title={code}::{text}"
        )?;
    }
    Ok(())
}

/// Prints one command.
pub(super) fn annotate(
    out: &mut impl Write,
    is_error: bool,
    Place { file, line }: &Place,
    title: &str,
    text: &str,
) -> io::Result<()> {
    let command = if is_error { "error" } else { "warning" };
    let (file, title, text) = (property(file), property(title), data(text));
    writeln!(out, "::{command} file={file},line={line},title={title}::{text}")
}

/// Text after the second `::`, as GitHub's own toolkit escapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("100%\r\n::error::a,b"), "100%25%0D%0A::error::a,b");
        assert_eq!(property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
    }
}
