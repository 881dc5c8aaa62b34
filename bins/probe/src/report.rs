//! The result as a table (Markdown) and as JSON.

use std::fmt::Write as _;

use c2c_e2e::Engine;
use serde_json::{Value, json};

use crate::probe::Group;
use crate::stage::Layout;
use crate::suite::Verdict;

/// A row for each probe, a column for each engine.
pub(crate) fn table(groups: &[Group], engines: &[Engine], verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for Group { title, probes } in groups {
        let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
        let _ = writeln!(text, "### {title}\n\n| id | custom code … | {} |", names.join(" | "));
        let _ = writeln!(text, "|---|---|{}", "---|".repeat(engines.len()));
        for probe in probes {
            let _ = write!(text, "| {} | {} |", probe.id, probe.tries);
            for &engine in engines {
                let _ = write!(text, " {} |", cell(probe.works, engine, &probe.id, verdicts));
            }
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// One word if both layouts agree.
fn cell(works: bool, engine: Engine, id: &str, verdicts: &[Verdict]) -> String {
    let words: Vec<&str> = Layout::ALL
        .iter()
        .map(|&layout| {
            let found = verdicts.iter().find(|verdict| {
                verdict.id == id && verdict.engine == engine && verdict.layout == layout
            });
            match found {
                None => "not run",
                Some(verdict) if !verdict.fault.is_empty() => "**FAILED**",
                Some(verdict) => match (works, verdict.outcome.reached) {
                    (false, false) => "cannot",
                    (false, true) => "**can**",
                    (true, true) => "works",
                    (true, false) => "does not work",
                },
            }
        })
        .collect();
    if words[0] == words[1] { words[0].to_owned() } else { words.join(" / ") }
}

/// Everything, for programs.
pub(crate) fn json(verdicts: &[Verdict]) -> Value {
    let verdicts = verdicts.iter().map(|verdict| {
        json!({
            "id": verdict.id,
            "engine": verdict.engine.name(),
            "layout": verdict.layout.name(),
            "reached": verdict.outcome.reached,
            "said": verdict.outcome.said,
            "control": verdict.control.as_ref().map(|control| json!({"reached": control.reached, "said": control.said})),
            "fault": (!verdict.fault.is_empty()).then_some(&verdict.fault),
        })
    });
    json!({"verdicts": verdicts.collect::<Vec<_>>()})
}
