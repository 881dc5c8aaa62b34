//! `c2c compile`.

use std::io::{self, Write as _};

use c2c_bridge::shim_attributes;
use c2c_injector::ScriptAttributes;
use c2c_names::BridgeLimits;

use crate::args::CompileArguments;
use crate::check::judge;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::report;

/// Prints the document, or the reason why there is none.
pub(crate) fn run(arguments: &CompileArguments) -> Result<Outcome, Failure> {
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
            Ok(Outcome::Done)
        }
        Err(rejected) => {
            report::print_aside(&inputs, rejected.diagnostics())?;
            Ok(Outcome::Rejected)
        }
    }
}
