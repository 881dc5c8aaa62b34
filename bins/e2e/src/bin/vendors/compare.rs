//! Compares the sandbox's hits with those of the same snippet in its own page.
//!
//! The control runs twice. An event that only one of the two runs sent is not expected of the
//! sandbox, and a field whose value differs between the two changes by itself: neither says
//! anything about the sandbox.

use std::collections::{BTreeMap, BTreeSet};

use crate::hits::{Fields, Hit};
use crate::manifest::{Endpoint, Vendor};

/// The event of a hit: the index of its endpoint among the vendor's, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) endpoint: usize,
    pub(crate) name: String,
}

/// The hits of the control.
#[derive(Debug)]
pub(crate) struct Control<'a> {
    vendor: &'a Vendor,
    expected: BTreeMap<Event, Expected>,
    /// Pairs of endpoint and field.
    changing: BTreeSet<(usize, String)>,
}

#[derive(Debug)]
struct Expected {
    /// From the first run, or from the second for hits that only the second sent.
    hits: Vec<Fields>,
    /// Number that both runs sent.
    least: usize,
}

/// The sandbox's result.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Number of the expected hits that came.
    pub(crate) came: usize,
    /// Number of expected hits.
    pub(crate) of: usize,
    /// Hits that only the control sent, and their numbers.
    pub(crate) missing: Vec<(Event, usize)>,
    /// Hits that only the sandbox sent, and their numbers.
    pub(crate) extra: Vec<(Event, usize)>,
    pub(crate) differences: Vec<Difference>,
}

/// A field whose value differs from the control's. `None`: the field is missing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) event: Event,
    pub(crate) field: String,
    pub(crate) control: Option<String>,
    pub(crate) sandbox: Option<String>,
}

impl<'a> Control<'a> {
    pub(crate) fn new(vendor: &'a Vendor, first: &[Hit], second: &[Hit]) -> Self {
        let (mut first, mut second) = (by_event(vendor, first), by_event(vendor, second));
        let mut expected = BTreeMap::new();
        let mut changing = BTreeSet::new();
        let events: BTreeSet<Event> = first.keys().chain(second.keys()).cloned().collect();
        for event in events {
            let mut hits = first.remove(&event).unwrap_or_default();
            let others = second.remove(&event).unwrap_or_default();
            let least = hits.len().min(others.len());
            for (one, other) in hits.iter().zip(&others) {
                let fields = differing(one, other);
                changing.extend(fields.map(|field| (event.endpoint, field.to_owned())));
            }
            hits.extend(others.into_iter().skip(hits.len()));
            expected.insert(event, Expected { hits, least });
        }
        Self { vendor, expected, changing }
    }

    /// Returns the events that are expected of the sandbox, and their numbers.
    pub(crate) fn events(&self) -> BTreeMap<Event, usize> {
        let events = self.expected.iter().filter(|(_, expected)| expected.least > 0);
        events.map(|(event, expected)| (event.clone(), expected.least)).collect()
    }

    /// Returns the number of hits that are expected of the sandbox.
    pub(crate) fn len(&self) -> usize {
        self.expected.values().map(|expected| expected.least).sum()
    }

    /// Returns how many of the expected hits are among these.
    pub(crate) fn came(&self, hits: &[Hit]) -> usize {
        let hits = by_event(self.vendor, hits);
        let came = |(event, expected): (&Event, &Expected)| {
            hits.get(event).map_or(0, |hits| hits.len().min(expected.least))
        };
        self.expected.iter().map(came).sum()
    }

    pub(crate) fn compare(&self, hits: &[Hit]) -> Comparison {
        let mut hits = by_event(self.vendor, hits);
        let mut found = Comparison { of: self.len(), ..Comparison::default() };
        for (event, expected) in &self.expected {
            let hits = hits.remove(event).unwrap_or_default();
            found.came += hits.len().min(expected.least);
            if let Some(missing @ 1..) = expected.least.checked_sub(hits.len()) {
                found.missing.push((event.clone(), missing));
            }
            if let Some(extra @ 1..) = hits.len().checked_sub(expected.hits.len()) {
                found.extra.push((event.clone(), extra));
            }
            for (control, sandbox) in expected.hits.iter().zip(&hits) {
                found.differences.extend(self.differences(event, control, sandbox));
            }
        }
        found.extra.extend(hits.into_iter().map(|(event, hits)| (event, hits.len())));
        found
    }

    fn differences(&self, event: &Event, control: &Fields, sandbox: &Fields) -> Vec<Difference> {
        let compared = |field: &&str| {
            let ignore = &self.vendor.endpoints[event.endpoint].ignore;
            !self.changing.contains(&(event.endpoint, (*field).to_owned()))
                && !ignore.iter().any(|pattern| pattern.matches(field))
        };
        let fields = differing(control, sandbox).filter(compared);
        let difference = |field: &str| Difference {
            event: event.clone(),
            field: field.to_owned(),
            control: control.get(field).cloned(),
            sandbox: sandbox.get(field).cloned(),
        };
        fields.map(difference).collect()
    }
}

/// Returns the hits of each event in order; only the first where its endpoint counts once.
fn by_event(vendor: &Vendor, hits: &[Hit]) -> BTreeMap<Event, Vec<Fields>> {
    let mut events: BTreeMap<Event, Vec<Fields>> = BTreeMap::new();
    for Hit { endpoint, event, fields } in hits {
        let Endpoint { once, .. } = vendor.endpoints[*endpoint];
        let event = Event { endpoint: *endpoint, name: event.clone() };
        let hits = events.entry(event).or_default();
        if !once || hits.is_empty() {
            hits.push(fields.clone());
        }
    }
    events
}

/// Returns the number of hits, counting those of a count-once endpoint once per event.
pub(crate) fn counted(vendor: &Vendor, hits: &[Hit]) -> usize {
    by_event(vendor, hits).values().map(Vec::len).sum()
}

/// Returns the fields whose values differ, or that only one of the two has.
fn differing<'a>(one: &'a Fields, other: &'a Fields) -> impl Iterator<Item = &'a str> {
    let names: BTreeSet<&str> = one.keys().chain(other.keys()).map(String::as_str).collect();
    names.into_iter().filter(|&name| one.get(name) != other.get(name))
}

/// Returns the id fields whose values changed between two visits; `None` if no id was in both.
pub(crate) fn same_ids(vendor: &Vendor, first: &[Hit], second: &[Hit]) -> Option<Vec<String>> {
    let ids = |hits: &[Hit]| {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for hit in hits {
            for name in &vendor.endpoints[hit.endpoint].id {
                if let Some(id) = hit.fields.get(name) {
                    ids.entry(name.clone()).or_insert_with(|| id.clone());
                }
            }
        }
        ids
    };
    let (first, second) = (ids(first), ids(second));
    let mut both = first.iter().filter(|(name, _)| second.contains_key(*name)).peekable();
    both.peek()?;
    let changed = both.filter(|(name, id)| second.get(*name) != Some(id));
    Some(changed.map(|(name, _)| name.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Control, Difference, Event, same_ids};
    use crate::hits::{Hit, Request, hits};
    use crate::manifest::{Manifest, Vendor};

    fn vendor() -> Vendor {
        let text = "[[vendor]]\nname = 'A'\nversion = '1'\nhead = 'x'\n
            [[vendor.hit]]\nurls = ['*.example/collect', 'b.test/']\nevent = ['en']\nid = ['cid', 'uid']\nignore = ['debug*']
            [[vendor.hit]]\nurls = ['*.example/beat']\nonce = true";
        let manifest = Manifest::parse(text, "vendors.toml", |_| Ok(vec![]));
        manifest.expect("a manifest").vendors.remove(0)
    }

    /// Returns the hits of these URLs.
    fn sent(vendor: &Vendor, urls: &[&str]) -> Vec<Hit> {
        let read = |url: &&str| {
            let (host, rest) = url.split_once('/').expect("a path");
            let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
            let path = format!("/{path}");
            hits(vendor, Request { host, path: &path, query, content_type: "", body: b"" })
        };
        urls.iter().flat_map(read).collect()
    }

    fn event(name: &str) -> Event {
        Event { endpoint: 0, name: name.to_owned() }
    }

    #[test]
    fn what_differs_is_told() {
        let vendor = vendor();
        let first = ["a.example/collect?en=view&t=1&dl=shop", "a.example/collect?en=end&x=1&t=2"];
        let second = ["a.example/collect?en=view&t=3&dl=shop", "a.example/collect?en=end&x=1&t=2"];
        let control = Control::new(&vendor, &sent(&vendor, &first), &sent(&vendor, &second));
        let check = |urls: &[&str], expected: Comparison| {
            let hits = sent(&vendor, urls);
            assert_eq!(control.came(&hits), expected.came, "{urls:?}");
            assert_eq!(control.compare(&hits), Comparison { of: 2, ..expected }, "{urls:?}");
        };
        let all = ["b.test/?en=view&t=9&dl=shop&debug1=1", "c.example/collect?en=end&x=1&t=9"];
        check(&all, Comparison { came: 2, ..Comparison::default() });
        let missing = vec![(event("end"), 1)];
        check(&all[..1], Comparison { came: 1, missing, ..Comparison::default() });
        let more = [&all[..], &["b.test/?en=scroll", "b.test/?en=end&x=1"]].concat();
        let extra = vec![(event("end"), 1), (event("scroll"), 1)];
        check(&more, Comparison { came: 2, extra, ..Comparison::default() });
        let other = ["b.test/?en=view&dl=frame&new=1", "b.test/?en=end"];
        let difference =
            |name: &str, field: &str, control: Option<&str>, sandbox: Option<&str>| Difference {
                event: event(name),
                field: field.to_owned(),
                control: control.map(str::to_owned),
                sandbox: sandbox.map(str::to_owned),
            };
        let differences = vec![
            difference("end", "x", Some("1"), None),
            difference("view", "dl", Some("shop"), Some("frame")),
            difference("view", "new", None, Some("1")),
        ];
        check(&other, Comparison { came: 2, differences, ..Comparison::default() });
    }

    #[test]
    fn what_only_one_control_sent_is_neither_missing_nor_extra() {
        let vendor = vendor();
        let (view, end) = ("a.example/collect?en=view", "a.example/collect?en=end");
        let control = Control::new(&vendor, &sent(&vendor, &[view]), &sent(&vendor, &[view, end]));
        for urls in [&[view][..], &[view, end]] {
            let found = control.compare(&sent(&vendor, urls));
            assert_eq!(found, Comparison { came: 1, of: 1, ..Comparison::default() }, "{urls:?}");
        }
    }

    #[test]
    fn a_beat_counts_once() {
        let vendor = vendor();
        let beats = sent(&vendor, &["a.example/beat"; 3]);
        let control = Control::new(&vendor, &beats, &beats[..2]);
        let found = control.compare(&beats[..1]);
        assert_eq!(found, Comparison { came: 1, of: 1, ..Comparison::default() });
    }

    #[test]
    fn ids_are_compared_between_visits() {
        let vendor = vendor();
        let check = |first: &str, second: &str, expected: Option<&[&str]>| {
            let visit = |query: &str| sent(&vendor, &[&format!("a.example/collect?{query}")]);
            let found = same_ids(&vendor, &visit(first), &visit(second));
            let found = found.as_ref().map(|names| names.iter().map(String::as_str).collect());
            assert_eq!(found, expected.map(<[_]>::to_vec), "{first} {second}");
        };
        check("cid=1&uid=2", "cid=1&uid=2", Some(&[]));
        check("cid=1&uid=2", "cid=1&uid=3", Some(&["uid"]));
        check("cid=1", "uid=3", None);
        check("x=1", "x=1", None);
    }
}
