//! Compatibility of a catalogue with handlers written for an older one.

use crate::problem::{Place, Problem, lines};
use crate::{Catalogue, EventDef, Field, Type, Version};

/// The reason why a catalogue may not replace an older one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncompatibleVersion {
    /// The version is lower than the old one.
    #[error("version {new} is lower than {old}: raise it")]
    Lower {
        /// The old catalogue's version.
        old: Version,
        /// The new catalogue's version.
        new: Version,
    },
    /// Handlers for the old events would break, but the major version has not risen.
    #[error("{old} → {new} breaks handlers, so the major version must rise:\n{}", lines(.changes))]
    Breaking {
        /// The old catalogue's version.
        old: Version,
        /// The new catalogue's version.
        new: Version,
        /// The breaking changes, with their places in the old file.
        changes: Vec<Problem>,
    },
}

impl Catalogue {
    /// Returns the changes in this catalogue that break handlers written for an older one; none if it is
    /// a compatible extension.
    ///
    /// Handlers rely on the old catalogue. So a new one may add events and fields and narrow the values
    /// of a field. It must not remove an event or a field, let a field have new values (including `null`
    /// and a new value of an enum), or reveal more about the visitor ([`Privacy`](crate::Privacy)). In
    /// other words: the old catalogue also accepts everything that this one accepts under an old name,
    /// apart from fields that the old one does not know.
    pub fn breaking_changes_since(&self, old: &Self) -> Vec<Problem> {
        let mut changes = Changes(Vec::new());
        let root = Place::Root;
        if self.name() != old.name() {
            changes.add(&root.key("name"), format!("became {:?}: another catalogue", self.name()));
        }
        let events = root.key("events");
        for event in old.events() {
            let name = event.name.as_str();
            changes.event(&events.key(name), event, self.event(name));
        }
        changes.0
    }

    /// Checks whether this catalogue may be published after an older one. Its version must not be lower,
    /// and breaking changes need a higher major version.
    pub fn check_upgrade(&self, old: &Self) -> Result<(), IncompatibleVersion> {
        let (old_version, new) = (old.version(), self.version());
        if new < old_version {
            return Err(IncompatibleVersion::Lower { old: old_version, new });
        }
        let changes = self.breaking_changes_since(old);
        if changes.is_empty() || new.major() > old_version.major() {
            Ok(())
        } else {
            Err(IncompatibleVersion::Breaking { old: old_version, new, changes })
        }
    }
}

struct Changes(Vec<Problem>);

impl Changes {
    fn add(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.0.push(place.problem(message));
    }

    fn event(&mut self, place: &Place<'_>, old: &EventDef, new: Option<&EventDef>) {
        match new {
            Some(new) => self.fields(&place.key("fields"), &old.fields, &new.fields),
            None => self.add(place, "the event is gone"),
        }
    }

    fn fields(&mut self, place: &Place<'_>, old: &[Field], new: &[Field]) {
        for field in old {
            let place = place.key(&field.name);
            let Some(now) = new.iter().find(|now| now.name == field.name) else {
                self.add(&place, "the field is gone");
                continue;
            };
            if now.privacy > field.privacy {
                self.add(&place.key("privacy"), "the field tells more of the visitor than it did");
            }
            self.kind(&place, &field.kind, &now.kind);
        }
    }

    /// Reports values of the new type that the old type did not have.
    fn kind(&mut self, place: &Place<'_>, old: &Type, new: &Type) {
        match (old, new) {
            (Type::Nullable(old), Type::Nullable(new)) => self.kind(place, old, new),
            (Type::Nullable(old), new) => self.kind(place, old, new),
            (old, Type::Nullable(new)) => {
                self.add(place, "the field can be null, which it never was");
                self.kind(place, old, new);
            }
            (Type::Enum(old), Type::Enum(new)) => {
                for value in new.iter().filter(|value| !old.contains(value)) {
                    self.add(&place.key("values"), format!("{value:?} is a new value"));
                }
            }
            (Type::List(old), Type::List(new)) => self.kind(&place.key("items"), old, new),
            (Type::Object(old), Type::Object(new)) => self.fields(&place.key("fields"), old, new),
            (Type::String, Type::String | Type::Enum(_)) | (Type::Bool, Type::Bool) => {}
            (old, new) => match (range(old), range(new)) {
                (Some(was), Some(is)) if is.integers || !was.integers => {
                    if is.min < was.min || is.max > was.max {
                        self.add(
                            place,
                            format!("was {}, became {}", old.in_prose(), new.in_prose()),
                        );
                    }
                }
                _ => self.add(place, format!("was {}, became {}", old.in_prose(), new.in_prose())),
            },
        }
    }
}

/// The range of a numeric type.
struct Range {
    min: f64,
    max: f64,
    integers: bool,
}

#[expect(clippy::cast_precision_loss, reason = "bounds are integers that a double knows exactly")]
fn range(kind: &Type) -> Option<Range> {
    let (min, max, integers) = match *kind {
        Type::Number { min, max } => (min, max, false),
        Type::Integer { min, max } => (min.map(|min| min as f64), max.map(|max| max as f64), true),
        _ => return None,
    };
    Some(Range {
        min: min.unwrap_or(f64::NEG_INFINITY),
        max: max.unwrap_or(f64::INFINITY),
        integers,
    })
}
