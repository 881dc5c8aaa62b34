//! Whether the definitions of a catalogue fit together.

use std::collections::BTreeSet;

use crate::model::SAFE_MAX;
use crate::name::read_alike;
use crate::problem::{Place, Problem};
use crate::validate::{self, UnknownFields};
use crate::{Catalogue, EventDef, EventName, Field, Type};

/// How deep types may be nested: payloads of custom events may not be nested more deeply, either.
const DEPTH_MAX: usize = 8;

/// The field that every event has besides its own.
const CONTEXT: &str = "context";

const SAFE: &str = "±9007199254740991, up to which JavaScript knows each integer";

/// All that is wrong. The places are those of the catalogue's file.
pub(crate) fn problems(catalogue: &Catalogue) -> Vec<Problem> {
    let mut check = Check { problems: Vec::new() };
    let root = Place::Root;
    if catalogue.name().parse::<EventName>().is_err() {
        check.wrong(
            &root.key("name"),
            "a catalogue's name has the form of an event's name: 1 to 64 letters, digits, `_`, `-` \
             and `.`",
        );
    }
    let events = root.key("events");
    let known = catalogue.events();
    if known.is_empty() {
        check.wrong(&events, "define at least one event");
    }
    for (position, event) in known.iter().enumerate() {
        let place = events.key(event.name.as_str());
        let mut before = known[..position].iter().map(|other| other.name.as_str());
        if let Some(other) = before.find(|other| read_alike(other, event.name.as_str())) {
            check.wrong(&place, format!("reads like the event `{other}`; choose another name"));
        }
        if event.since > catalogue.version() {
            let version = catalogue.version();
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
                // Only a type that is in order says what its values are.
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
            // One level in the file.
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
        let problems = validate::value(&field.kind, &field.example, place, UnknownFields::Refuse);
        self.problems.extend(problems);
    }

    fn sentence(&mut self, place: &Place<'_>, text: &str) {
        if text.trim().is_empty() || text.contains(char::is_control) {
            self.wrong(place, "write a sentence, in one line");
        }
    }
}

/// What `event.name` can be written for, in any language.
fn is_field_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
