//! The report, in Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use c2c_e2e::{Engine, Result};

use crate::compare::{Comparison, Difference, Event};
use crate::manifest::Vendor;
use crate::run::Jar;

/// How much of a value is shown, in characters.
const SHOWN_MAX: usize = 100;
/// How much of it stands behind the `…`.
const END: usize = 30;

/// One vendor in one engine.
pub(crate) struct Row<'a> {
    pub(crate) vendor: &'a Vendor,
    pub(crate) engine: Engine,
    /// How many hits are expected: one at least.
    pub(crate) control: Result<usize>,
    /// In the order of [`Jar::ALL`]; none if there is no control.
    pub(crate) runs: Vec<(Jar, Result<Run>)>,
}

/// A vendor in the sandbox.
pub(crate) struct Run {
    pub(crate) comparison: Comparison,
    /// The ids that changed between two visits; none if there were no two visits, or no ids.
    pub(crate) changed_ids: Option<Vec<String>>,
}

/// How the runs with a jar went.
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
        Ok(hits) => hits.to_string(),
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

/// Where something was seen.
type Places = BTreeMap<&'static str, BTreeSet<Jar>>;

fn details(vendor: &Vendor, rows: &[&Row<'_>]) -> String {
    let mut failures = String::new();
    let (mut missing, mut extra) = (BTreeMap::new(), BTreeMap::new());
    let mut differences: BTreeMap<_, (BTreeSet<String>, Places)> = BTreeMap::new();
    let mut seen = Places::new();
    for row in rows {
        let engine = row.engine.name();
        if let Err(error) = &row.control {
            let _ =
                writeln!(failures, "- failed: control in {engine}: {}", quoted(&error.to_string()));
        }
        for (jar, run) in &row.runs {
            let jar = *jar;
            let comparison = match run {
                Ok(Run { comparison, .. }) => comparison,
                Err(error) => {
                    let error = quoted(&error.to_string());
                    let _ =
                        writeln!(failures, "- failed: {} in {engine}: {error}", code(jar.name()));
                    continue;
                }
            };
            seen.entry(engine).or_default().insert(jar);
            for (map, hits) in
                [(&mut missing, &comparison.missing), (&mut extra, &comparison.extra)]
            {
                for (event, count) in hits {
                    let places: &mut Places = map.entry((name(vendor, event), *count)).or_default();
                    places.entry(engine).or_default().insert(jar);
                }
            }
            for Difference { event, field, control, sandbox } in &comparison.differences {
                let key = (field.clone(), shown(control.as_deref()), shown(sandbox.as_deref()));
                let (events, places) = differences.entry(key).or_default();
                events.insert(name(vendor, event));
                places.entry(engine).or_default().insert(jar);
            }
        }
    }
    let mut text =
        format!("\n### {}, {}\n\n{failures}", plain(&vendor.name), plain(&vendor.version));
    for (what, hits) in [("missing", &missing), ("only in the sandbox", &extra)] {
        for ((event, count), places) in hits {
            let times = if *count == 1 { String::new() } else { format!(" ({count} times)") };
            let _ = writeln!(text, "- {what}: {event}{times}: {}", written(places, &seen));
        }
    }
    if differences.is_empty() {
        text.push_str("- no field differs\n");
        return text;
    }
    text.push_str("\n| field | of | control | sandbox | where |\n|---|---|---|---|---|\n");
    for ((field, control, sandbox), (events, places)) in &differences {
        let events = events.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let places = written(places, &seen);
        let _ = writeln!(text, "| {} | {events} | {control} | {sandbox} | {places} |", code(field));
    }
    text
}

/// An event, or its endpoint if it has no name.
fn name(vendor: &Vendor, event: &Event) -> String {
    if event.name.is_empty() {
        code(vendor.endpoints[event.endpoint].urls[0].as_str())
    } else {
        code(&event.name)
    }
}

/// Places as a person would say them, of all that were looked at.
fn written(places: &Places, seen: &Places) -> String {
    if places == seen {
        return "everywhere".to_owned();
    }
    let mut groups: Vec<(&BTreeSet<Jar>, Vec<&str>)> = Vec::new();
    for (engine, jars) in places {
        match groups.iter_mut().find(|(of, _)| *of == jars) {
            Some((_, engines)) => engines.push(engine),
            None => groups.push((jars, vec![engine])),
        }
    }
    let group = |(jars, engines): (&BTreeSet<Jar>, Vec<&str>)| {
        let jars: Vec<_> = jars.iter().map(|jar| code(jar.name())).collect();
        let jars = jars.join(", ");
        if engines.len() == seen.len() { jars } else { format!("{jars} in {}", engines.join(", ")) }
    };
    groups.into_iter().map(group).collect::<Vec<_>>().join("; ")
}

fn shown(value: Option<&str>) -> String {
    match value {
        None => "–".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => code(&shortened(value)),
    }
}

/// Beginning and end of a long text.
fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= SHOWN_MAX {
        return text.to_owned();
    }
    let (start, end) = (&chars[..SHOWN_MAX - END - 1], &chars[chars.len() - END..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// A text in a cell, in the type of code.
fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

/// A text in a cell.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('|', "\\|")
}

/// An error in one line.
fn quoted(text: &str) -> String {
    plain(text.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use c2c_e2e::{Engine, Error};

    use super::{Counts, Row, Run, report, shortened};
    use crate::compare::{Comparison, Difference, Event};
    use crate::manifest::{Manifest, Vendor};
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
        let row = |engine, runs| Row { vendor: &vendor, engine, control: Ok(1), runs };
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

- failed: `visit` in chromium: no browser
- failed: control in webkit: no hits
- missing: `a.example/collect`: `none` in chromium
- only in the sandbox: `scroll` (2 times): everywhere

| field | of | control | sandbox | where |
|---|---|---|---|---|
| `dl` | `a.example/collect`, `view` | `a\\|b` | – | everywhere |
";
        assert_eq!(report(&rows), expected);
        assert_eq!(Counts::of(&rows), Counts { complete: 1, incomplete: 0, failed: 2 });
    }

    #[test]
    fn long_values_keep_their_ends() {
        let text = shortened(&format!("{}end", "x".repeat(200)));
        assert_eq!(text.chars().count(), 100);
        assert!(text.starts_with("xxx") && text.ends_with("xend"), "{text}");
    }
}
