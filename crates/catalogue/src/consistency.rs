//! Checks that the definitions of a catalogue are consistent.

use std::collections::BTreeSet;

use c2c_names::{EventName, reads_like};

use crate::findings::UnknownFields;
use crate::model::{EventDef, Field, SAFE_MAX, Type};
use crate::problem::{Place, Problem};
use crate::shape;
use crate::version::Version;

/// Maximum nesting depth of types; the same limit applies to payloads of custom events.
const DEPTH_MAX: usize = 8;

/// The field that every event has in addition to its own.
const CONTEXT: &str = "context";

const SAFE: &str = "±9007199254740991, up to which JavaScript knows each integer";

/// Returns all problems, with their places in the catalogue's file.
pub(crate) fn problems(name: &str, version: Version, known: &[EventDef]) -> Vec<Problem> {
    let mut check = Check { problems: Vec::new() };
    let root = Place::Root;
    if name.parse::<EventName>().is_err() {
        check.wrong(
            &root.key("name"),
            "a catalogue's name has the form of an event's name: 1 to 64 letters, digits, `_`, `-` \
             and `.`",
        );
    }
    let events = root.key("events");
    if known.is_empty() {
        check.wrong(&events, "define at least one event");
    }
    for (position, event) in known.iter().enumerate() {
        let place = events.key(event.name.as_str());
        let mut before = known[..position].iter().map(|other| other.name.as_str());
        if let Some(other) = before.find(|other| reads_like(other, event.name.as_str())) {
            check.wrong(&place, format!("reads like the event `{other}`; choose another name"));
        }
        if event.since > version {
            let since = event.since;
            check.wrong(
                &place.key("since"),
                format!("{since} is after the catalogue's own version, {version}: raise that"),
            );
        }
        check.event(&place, event);
    }
    check.problems
}

struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn wrong(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.problems.push(place.problem(message));
    }

    fn event(&mut self, place: &Place<'_>, event: &EventDef) {
        self.sentence(&place.key("summary"), &event.summary);
        self.sentence(&place.key("when"), &event.when);
        let fields = place.key("fields");
        if event.fields.iter().any(|field| field.name == CONTEXT) {
            self.wrong(&fields.key(CONTEXT), "is reserved: every event has the context already");
        }
        self.fields(&fields, &event.fields, DEPTH_MAX);
    }

    fn fields(&mut self, place: &Place<'_>, fields: &[Field], depth: usize) {
        let mut names = BTreeSet::new();
        for field in fields {
            let place = place.key(&field.name);
            if !is_field_name(&field.name) {
                self.wrong(
                    &place,
                    "a field's name has 1 to 64 letters, digits and `_`, and begins with a letter",
                );
            }
            if !names.insert(&field.name) {
                self.wrong(&place, "is defined twice");
            }
            self.sentence(&place.key("summary"), &field.summary);
            let before = self.problems.len();
            self.kind(&place, &field.kind, depth);
            if self.problems.len() == before {
                // An example can only be checked against a type without problems.
                self.example(&place.key("example"), field);
            }
        }
    }

    fn kind(&mut self, place: &Place<'_>, kind: &Type, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return self.wrong(place, format!("is nested more than {DEPTH_MAX} levels deep"));
        };
        match kind {
            Type::String | Type::Bool => {}
            Type::Integer { min, max } => {
                let safe = |bound: &i64| (-SAFE_MAX..=SAFE_MAX).contains(bound);
                self.bounds(place, *min, *max, safe);
            }
            #[expect(clippy::cast_precision_loss, reason = "a double knows this one exactly")]
            Type::Number { min, max } => {
                let safe = |bound: &f64| bound.abs() <= SAFE_MAX as f64;
                self.bounds(place, *min, *max, safe);
            }
            Type::Enum(values) => self.values(&place.key("values"), values),
            Type::Nullable(inner) if matches!(**inner, Type::Nullable(_)) => {
                self.wrong(place, "is nullable twice");
            }
            // A nullable type and its inner type are one level in the file.
            Type::Nullable(inner) => self.kind(place, inner, depth + 1),
            Type::List(item) => self.kind(&place.key("items"), item, depth),
            Type::Object(fields) if fields.is_empty() => {
                self.wrong(&place.key("fields"), "define at least one field");
            }
            Type::Object(fields) => self.fields(&place.key("fields"), fields, depth),
        }
    }

    fn bounds<N>(
        &mut self,
        place: &Place<'_>,
        min: Option<N>,
        max: Option<N>,
        safe: impl Fn(&N) -> bool,
    ) where
        N: PartialOrd + Copy,
    {
        for (key, bound) in [("min", min), ("max", max)] {
            if bound.is_some_and(|bound| !safe(&bound)) {
                self.wrong(&place.key(key), format!("a bound lies within {SAFE}"));
            }
        }
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.wrong(&place.key("min"), "is above `max`, so there would be no value");
        }
    }

    fn values(&mut self, place: &Place<'_>, values: &[String]) {
        if values.is_empty() {
            self.wrong(place, "list at least one value");
        }
        let mut seen = BTreeSet::new();
        for (index, value) in values.iter().enumerate() {
            if value.is_empty() || value.contains(char::is_control) {
                self.wrong(
                    &place.item(index),
                    "a value is not empty and has no control characters",
                );
            }
            if !seen.insert(value) {
                self.wrong(&place.item(index), "is listed twice");
            }
        }
    }

    fn example(&mut self, place: &Place<'_>, field: &Field) {
        let problems = shape::value(&field.kind, &field.example, place, UnknownFields::Reject);
        self.problems.extend(problems);
    }

    fn sentence(&mut self, place: &Place<'_>, text: &str) {
        if text.trim().is_empty() || text.contains(char::is_control) {
            self.wrong(place, "write a sentence, in one line");
        }
    }
}

/// Whether code can write `event.name` for this name in any language.
fn is_field_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
