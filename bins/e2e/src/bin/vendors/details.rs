//! Details beyond the table: hits that only one of the two sent, and fields that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::compare::{Comparison, Difference, Event};
use crate::manifest::Vendor;
use crate::markdown::{code, first_line, plain, value};
use crate::row::{Row, Run};
use crate::run::Jar;

/// The jars in which something was seen, by engine.
type Places = BTreeMap<&'static str, BTreeSet<Jar>>;
/// The places in which each thing was seen.
type Seen<T> = BTreeMap<T, Places>;

/// All runs of one vendor.
struct Details<'a> {
    vendor: &'a Vendor,
    /// The events of all controls.
    events: BTreeSet<&'a Event>,
    /// All completed runs.
    runs: Places,
    missing: Seen<(&'a Event, usize)>,
    extra: Seen<(&'a Event, usize)>,
    /// Field, value in the control, and value in the sandbox.
    fields: BTreeMap<[String; 3], (BTreeSet<&'a Event>, Places)>,
    failures: String,
}

/// Returns the section of a vendor; `rows` are all of its rows.
pub(crate) fn details(vendor: &Vendor, rows: &[&Row<'_>]) -> String {
    let mut details = Details {
        vendor,
        events: BTreeSet::new(),
        runs: Places::new(),
        missing: Seen::new(),
        extra: Seen::new(),
        fields: BTreeMap::new(),
        failures: String::new(),
    };
    for row in rows {
        details.add(row);
    }
    details.written()
}

impl<'a> Details<'a> {
    fn add(&mut self, row: &'a Row<'_>) {
        let engine = row.engine.name();
        match &row.control {
            Ok(events) => self.events.extend(events.keys()),
            Err(error) => self.failed(&format!("the control in {engine}"), error),
        }
        for (jar, run) in &row.runs {
            match run {
                Ok(Run { comparison, .. }) => self.compared(engine, *jar, comparison),
                Err(error) => self.failed(&format!("{} in {engine}", code(jar.name())), error),
            }
        }
    }

    fn failed(&mut self, run: &str, error: &c2c_harness::Error) {
        let error = first_line(&error.to_string());
        let _ = writeln!(self.failures, "- {run} failed: {error}");
    }

    fn compared(&mut self, engine: &'static str, jar: Jar, comparison: &'a Comparison) {
        let note = |places: &mut Places| {
            places.entry(engine).or_default().insert(jar);
        };
        note(&mut self.runs);
        let Comparison { missing, extra, differences, .. } = comparison;
        for (event, count) in missing {
            note(self.missing.entry((event, *count)).or_default());
        }
        for (event, count) in extra {
            note(self.extra.entry((event, *count)).or_default());
        }
        for Difference { event, field, control, sandbox } in differences {
            let [control, sandbox] = [control, sandbox].map(|it| value(it.as_deref()));
            let (events, places) = self.fields.entry([code(field), control, sandbox]).or_default();
            events.insert(event);
            note(places);
        }
    }

    fn written(&self) -> String {
        let Vendor { name, version, .. } = self.vendor;
        let title = format!("\n### {}, {}\n", plain(name), plain(version));
        let list = self.failures.clone()
            + &self.list("Missing", &self.missing)
            + &self.list("Only in the sandbox", &self.extra);
        let list = if list.is_empty() { list } else { format!("\n{list}") };
        let fields = match (self.fields.is_empty(), self.runs.is_empty()) {
            (false, _) => self.table(),
            (true, false) => "\nNo field differs.\n".to_owned(),
            (true, true) => String::new(),
        };
        title + &list + &fields
    }

    /// Returns one line for all hits that were seen in the same places.
    fn list(&self, what: &str, hits: &Seen<(&Event, usize)>) -> String {
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((event, count), places) in hits {
            let mut name = self.name(event);
            if *count > 1 {
                let _ = write!(name, " ({count} times)");
            }
            lines.entry(self.places(places)).or_default().push(name);
        }
        let line = |(places, names): (String, Vec<String>)| {
            format!("- {what}, {places}: {}\n", names.join(", "))
        };
        lines.into_iter().map(line).collect()
    }

    fn table(&self) -> String {
        let mut text =
            "\n| field | of | control | sandbox | where |\n|---|---|---|---|---|\n".to_owned();
        for ([field, control, sandbox], (events, places)) in &self.fields {
            let events = self.names(events);
            let places = self.places(places);
            let _ = writeln!(text, "| {field} | {events} | {control} | {sandbox} | {places} |");
        }
        text
    }

    /// Names events, grouped by endpoint.
    fn names(&self, events: &BTreeSet<&Event>) -> String {
        if self.events.is_subset(events) {
            return "all".to_owned();
        }
        let endpoints: BTreeSet<usize> = events.iter().map(|event| event.endpoint).collect();
        let names = |endpoint: usize| {
            let of = |all: &BTreeSet<&'a Event>| -> BTreeSet<&'a Event> {
                all.iter().filter(|event| event.endpoint == endpoint).copied().collect()
            };
            let (some, all) =
                (events.iter().filter(|it| it.endpoint == endpoint), of(&self.events));
            if all.len() > 1 && all.iter().all(|event| events.contains(event)) {
                return format!("all of {}", self.url(endpoint));
            }
            some.map(|event| self.name(event)).collect::<Vec<_>>().join(", ")
        };
        endpoints.into_iter().map(names).collect::<Vec<_>>().join("; ")
    }

    /// Names an event and, if its vendor has several endpoints, its endpoint.
    fn name(&self, event: &Event) -> String {
        match (event.name.as_str(), self.vendor.endpoints.len()) {
            ("", _) => self.url(event.endpoint),
            (name, 1) => code(name),
            (name, _) => format!("{} at {}", code(name), self.url(event.endpoint)),
        }
    }

    fn url(&self, endpoint: usize) -> String {
        code(self.vendor.endpoints[endpoint].urls[0].as_str())
    }

    /// Describes places in words.
    fn places(&self, places: &Places) -> String {
        if *places == self.runs {
            return "everywhere".to_owned();
        }
        let mut groups: BTreeMap<&BTreeSet<Jar>, Vec<&str>> = BTreeMap::new();
        for (engine, jars) in places {
            groups.entry(jars).or_default().push(engine);
        }
        let group = |(jars, engines): (&BTreeSet<Jar>, Vec<&str>)| {
            let jars: Vec<_> = jars.iter().map(|jar| code(jar.name())).collect();
            let jars = jars.join(", ");
            let all = engines.len() == self.runs.len();
            if all { jars } else { format!("{jars} in {}", engines.join(", ")) }
        };
        groups.into_iter().map(group).collect::<Vec<_>>().join("; ")
    }
}
