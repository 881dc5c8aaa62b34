//! The html5lib suites as seeds. They are outside the repository, so they are copied anew for each run.

use std::fs;

use crate::fuzz::Target;
use crate::run::Result;

#[path = "../../../../crates/injector/tests/html5lib/cases.rs"]
mod cases;

/// The separator between the parts of an input: see the targets.
const NEXT: char = '\u{1f}';

/// Adds each case to a target's kept inputs. Returns a message with their number.
pub(super) fn plant(targets: &[Target]) -> Result<String> {
    let root = cases::root();
    if !root.is_dir() {
        return Ok(format!("no html5lib seeds: there is no folder {}", root.display()));
    }
    let mut cases = Vec::new();
    for suite in &cases::SUITES {
        let found = suite.cases(&root);
        if found.len() < suite.at_least {
            return Err(format!("html5lib {}: {} cases only", suite.name, found.len()).into());
        }
        cases.extend(found);
    }
    for target in targets {
        let folder = super::kept(target);
        fs::create_dir_all(&folder)?;
        for case in &cases {
            let Some(input) = input(&target.name, &case.input) else { break };
            fs::write(folder.join(case.name.replace("::", "-")), input)?;
        }
    }
    Ok(format!("html5lib seeds: {} for each target that takes HTML", cases.len()))
}

/// A case as the target's input, repeated for each of its parts. `None` if the target takes no HTML.
fn input(target: &str, case: &str) -> Option<String> {
    match target {
        "check" => Some(format!("{case}{NEXT}{case}")),
        "compile" => Some(format!("{case}{NEXT}{case}{NEXT}{case}")),
        "template" => Some(format!("<!DOCTYPE html><head></head>{case}<body>{case}</body>")),
        _ => None,
    }
}
