//! The result as a table (Markdown), as JSON, and in words.

use std::fmt::Write as _;

use c2c_harness::Engine;
use serde_json::{Value, json};

use crate::mutation::{self, Mutation};
use crate::probe::{Group, Pin};
use crate::replica::Layout;
use crate::suite::Verdict;

/// The results of everything that was requested.
pub(crate) struct Found {
    /// In words: a deployment's missing protections, and differences from the known results.
    pub(crate) faults: Vec<String>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) mutations: Vec<Mutation>,
    /// Whether each protection was tested with all probes.
    pub(crate) whole: bool,
    /// The table of cookies.
    pub(crate) credentials: Option<String>,
    /// The number of probes that were not run because their engine is missing.
    pub(crate) not_run: usize,
}

impl Found {
    /// The tables, with their names in a document.
    pub(crate) fn tables(
        &self,
        groups: &[Group],
        engines: &[Engine],
    ) -> Vec<(&'static str, String)> {
        let mut tables = vec![("probes", table(groups, engines, &self.verdicts))];
        if !self.mutations.is_empty() {
            let name = if self.whole { "matrix" } else { "mutations" };
            tables.push((name, mutation::table(&self.mutations)));
        }
        tables.extend(self.credentials.clone().map(|table| ("credentials", table)));
        tables
    }

    /// Prints the problems. Returns whether there are none, and the counts in `cargo test`'s form.
    pub(crate) fn tell(&self) -> (bool, String) {
        let mut faults = self.faults.clone();
        for Verdict { id, engine, layout, fault, .. } in &self.verdicts {
            if !fault.is_empty() {
                faults.push(format!("{id} in {engine}, {}: {fault}", layout.name()));
            }
        }
        for Mutation { engine, layout, protection, faults: these, .. } in &self.mutations {
            let run = format!("{engine}, {}, without {protection}", layout.name());
            faults.extend(these.iter().map(|fault| format!("{run}: {fault}")));
        }
        let unnoticed = mutation::unnoticed(&self.mutations);
        for protection in &unnoticed {
            faults.push(format!("no probe notices that `{protection}` is missing"));
        }
        for fault in &faults {
            eprintln!("{fault}");
        }
        let held = self.verdicts.iter().filter(|verdict| verdict.fault.is_empty()).count();
        let protections = mutation::protections(&self.mutations).len();
        let noticed = protections - unnoticed.len();
        eprintln!(
            "{held} of {} probes as promised; {noticed} of {protections} missing protections noticed, or in depth",
            self.verdicts.len(),
        );
        let counts = format!(
            "test result: {}. {} passed; {} failed; {} ignored; 0 measured",
            if faults.is_empty() { "ok" } else { "FAILED" },
            held + noticed,
            faults.len(),
            self.not_run * Layout::ALL.len(),
        );
        (faults.is_empty(), counts)
    }
}

/// A row for each probe, a column for each engine.
fn table(groups: &[Group], engines: &[Engine], verdicts: &[Verdict]) -> String {
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
            let files: Vec<String> = probe.wpt.iter().map(|file| format!(" `{file}`")).collect();
            let _ = writeln!(text, "{} |", files.join(","));
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

/// One word if both layouts agree, else both.
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

/// All verdicts, for programs.
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
