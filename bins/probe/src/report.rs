//! The result as a table (Markdown) and as JSON.

use std::fmt::Write as _;

use c2c_e2e::Engine;
use serde_json::{Value, json};

use crate::probe::{Group, Pin};
use crate::replica::Layout;
use crate::suite::Verdict;

/// A row for each probe, a column for each engine.
pub(crate) fn table(groups: &[Group], engines: &[Engine], verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for Group { title, probes } in groups {
        let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
        let _ = writeln!(
            text,
            "### {title}\n\n| id | custom code … | {} | beside |",
            names.join(" | ")
        );
        let _ = writeln!(text, "|---|---|{}---|", "---|".repeat(engines.len()));
        for probe in probes {
            let _ = write!(text, "| {} | {} |", probe.id, probe.tries);
            for &engine in engines {
                let _ = write!(text, " {} |", cell(probe.works, engine, &probe.id, verdicts));
            }
            let wpt = probe.wpt.as_ref().map(|file| format!(" `{file}`")).unwrap_or_default();
            let _ = writeln!(text, "{wpt} |");
        }
        text.push('\n');
        for probe in probes {
            for (engine, Pin { why, .. }) in &probe.pinned {
                let _ = writeln!(text, "- {} in {engine}: {why}", probe.id);
            }
        }
        text.push('\n');
    }
    text
}

/// One word if both layouts agree.
fn cell(works: bool, engine: Engine, id: &str, verdicts: &[Verdict]) -> String {
    let found: Vec<&str> = Layout::ALL
        .iter()
        .map(|&layout| {
            let verdict = verdicts.iter().find(|verdict| {
                verdict.id == id && verdict.engine == engine && verdict.layout == layout
            });
            match verdict {
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
    if found[0] == found[1] { found[0].to_owned() } else { found.join(" / ") }
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
