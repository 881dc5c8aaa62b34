//! The report, in Markdown.

use std::fmt::Write as _;

use crate::compare::Comparison;
use crate::details::details;
use crate::manifest::Vendor;
use crate::markdown::{code, plain};
use crate::row::{Row, Run};
use crate::run::Jar;

/// The outcome of the runs with a jar.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) complete: usize,
    pub(crate) incomplete: usize,
    /// Runs that broke off, and vendors without a control.
    pub(crate) failed: usize,
}

impl Counts {
    pub(crate) fn of(rows: &[Row<'_>]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.failed += usize::from(row.control.is_err());
            for (jar, run) in &row.runs {
                match run {
                    Err(_) => counts.failed += 1,
                    Ok(_) if *jar == Jar::None => {}
                    Ok(Run { comparison, .. }) if comparison.missing.is_empty() => {
                        counts.complete += 1;
                    }
                    Ok(_) => counts.incomplete += 1,
                }
            }
        }
        counts
    }
}

/// The whole report.
pub(crate) fn report(rows: &[Row<'_>]) -> String {
    let mut text = "| vendor | version | engine | control | `none` | `visit` | `kept` | second visit, `kept` |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    let mut vendors: Vec<&Vendor> = Vec::new();
    for row in rows {
        if !vendors.iter().any(|vendor| vendor.name == row.vendor.name) {
            vendors.push(row.vendor);
        }
    }
    for vendor in vendors {
        let rows: Vec<_> = rows.iter().filter(|row| row.vendor.name == vendor.name).collect();
        text.push_str(&details(vendor, &rows));
    }
    text
}

fn line(row: &Row<'_>) -> String {
    let Row { vendor, engine, control, runs } = row;
    let control = match control {
        Ok(events) => events.values().sum::<usize>().to_string(),
        Err(_) => "failed".to_owned(),
    };
    let cell = |jar: Jar| match runs.iter().find(|(of, _)| *of == jar) {
        None => "–".to_owned(),
        Some((_, Err(_))) => "failed".to_owned(),
        Some((_, Ok(Run { comparison: Comparison { came, of, .. }, .. }))) => {
            format!("{came} of {of}")
        }
    };
    let kept = runs.iter().find_map(|(jar, run)| run.as_ref().ok().filter(|_| *jar == Jar::Kept));
    let same = match kept.and_then(|run| run.changed_ids.as_ref()) {
        None => "–".to_owned(),
        Some(changed) if changed.is_empty() => "same id".to_owned(),
        Some(changed) => format!("another {}", code(&changed.join(", "))),
    };
    let [none, visit, kept] = Jar::ALL.map(cell);
    let Vendor { name, version, .. } = vendor;
    format!(
        "| {} | {} | {engine} | {control} | {none} | {visit} | {kept} | {same} |",
        plain(name),
        plain(version)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use c2c_harness::{Engine, Error};

    use super::{Counts, report};
    use crate::compare::{Comparison, Difference, Event};
    use crate::manifest::{Manifest, Vendor};
    use crate::row::{Row, Run};
    use crate::run::Jar;

    fn vendor() -> Vendor {
        let text = "[[vendor]]\nname = 'A'\nversion = '1'\nhead = 'x'\n
            [[vendor.hit]]\nurls = ['a.example/collect']";
        let manifest = Manifest::parse(text, "vendors.toml", |_| Ok(vec![]));
        manifest.expect("a manifest").vendors.remove(0)
    }

    fn run(name: &str, came: usize) -> Run {
        let event = |name: &str| Event { endpoint: 0, name: name.to_owned() };
        let missing = if came == 1 { vec![] } else { vec![(event(""), 1)] };
        let difference = Difference {
            event: event(name),
            field: "dl".to_owned(),
            control: Some("a|b".to_owned()),
            sandbox: None,
        };
        let extra = vec![(event("scroll"), 2)];
        let comparison = Comparison { came, of: 1, missing, extra, differences: vec![difference] };
        Run { comparison, changed_ids: Some(vec![]) }
    }

    #[test]
    fn a_person_can_read_it() {
        let vendor = vendor();
        let event = Event { endpoint: 0, name: String::new() };
        let control = Ok(BTreeMap::from([(event, 1)]));
        let row = |engine, runs| Row { vendor: &vendor, engine, control: control.clone(), runs };
        let failed = Err(Error::new("no browser\nmore"));
        let runs = vec![
            (Jar::None, Ok(run("", 0))),
            (Jar::Visit, failed),
            (Jar::Kept, Ok(run("view", 1))),
        ];
        let rows = [
            row(Engine::Chromium, runs),
            row(Engine::Firefox, vec![(Jar::None, Ok(run("", 1)))]),
            Row {
                vendor: &vendor,
                engine: Engine::WebKit,
                control: Err(Error::new("no hits")),
                runs: vec![],
            },
        ];
        let expected = "\
| vendor | version | engine | control | `none` | `visit` | `kept` | second visit, `kept` |
|---|---|---|---|---|---|---|---|
| A | 1 | chromium | 1 | 0 of 1 | failed | 1 of 1 | same id |
| A | 1 | firefox | 1 | 1 of 1 | – | – | – |
| A | 1 | webkit | failed | – | – | – | – |

### A, 1

- `visit` in chromium failed: no browser
- the control in webkit failed: no hits
- Missing, `none` in chromium: `a.example/collect`
- Only in the sandbox, everywhere: `scroll` (2 times)

| field | of | control | sandbox | where |
|---|---|---|---|---|
| `dl` | all | `a\\|b` | – | everywhere |
";
        assert_eq!(report(&rows), expected);
        assert_eq!(Counts::of(&rows), Counts { complete: 1, incomplete: 0, failed: 2 });
    }
}
