//! The widget events that a check knows, and the name that was meant by a wrong one.

use std::sync::Arc;

use c2c_names::{EventName, is_custom_name, reads_like};

/// Names that the data of every event has: the context, and what every object has.
const OF_EVERY_EVENT: [&str; 8] = [
    "context",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// A widget event as custom code sees it: its name and, if known, the names of its fields.
///
/// For [`Template::with_events`](crate::Template::with_events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSignature {
    name: EventName,
    fields: Option<Vec<String>>,
}

impl EventSignature {
    /// An event whose fields are not checked.
    pub fn new(name: EventName) -> Self {
        Self { name, fields: None }
    }

    /// Sets the names of all fields of the event's data, so that a check can warn about others. Every event
    /// also has `context`.
    #[must_use]
    pub fn with_fields(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { fields: Some(fields.into_iter().map(Into::into).collect()), ..self }
    }
}

impl From<EventName> for EventSignature {
    fn from(name: EventName) -> Self {
        Self::new(name)
    }
}

/// All events of a template. Cloning costs one reference count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Arc<[EventSignature]>);

impl Events {
    pub(crate) fn new(events: impl IntoIterator<Item: Into<EventSignature>>) -> Self {
        Self(events.into_iter().map(Into::into).collect())
    }

    /// Whether nothing is known about events, so that no name can be wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|event| event.name.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// Whether custom code may emit an event of this name.
    pub(crate) fn allow_custom(&self, name: &str) -> bool {
        is_custom_name(self.names(), name)
    }

    /// The event that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.names())
    }

    /// The names of the event's fields, if they are known.
    pub(crate) fn fields(&self, name: &str) -> Option<&[String]> {
        let event = self.0.iter().find(|event| event.name.as_str() == name)?;
        event.fields.as_deref()
    }
}

/// Whether the data of an event with these fields has nothing of this name.
pub(crate) fn is_missing(fields: &[String], name: &str) -> bool {
    !fields.iter().any(|field| field == name) && !OF_EVERY_EVENT.contains(&name)
}

/// Returns the name that was probably intended: one that reads the same, or else the nearest within two
/// edits.
pub(crate) fn nearest<'n>(
    name: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<&'n str> {
    if let Some(same) = names.clone().find(|known| reads_like(known, name)) {
        return Some(same);
    }
    // Two edits turn a name of a few letters into almost any other.
    let edits_max = (name.chars().count() / 3).min(2);
    let distances = names.map(|known| (distance(name, known), known));
    let (edits, known) = distances.min_by_key(|&(edits, _)| edits)?;
    (edits <= edits_max).then_some(known)
}

/// The number of characters to insert, remove or replace (Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    // Skips names that are far too different: the cost is the product of both lengths.
    if one.len().abs_diff(other.len()) > 8 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, character) in one.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, &wanted) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(character != wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn what_was_meant() {
        let nearest =
            |name| nearest(name, ["page_loaded", "chat_started", "chat_ended"].into_iter());
        assert_eq!(nearest("chat_end"), Some("chat_ended"));
        assert_eq!(nearest("chatEnded"), Some("chat_ended"));
        assert_eq!(nearest("CHAT-STARTED"), Some("chat_started"));
        assert_eq!(nearest("chat_strated"), Some("chat_started"));
        assert_eq!(nearest("chat"), None);
        assert_eq!(nearest("ended"), None);
        assert_eq!(nearest(""), None);
        assert_eq!(super::nearest("x", ["y"].into_iter()), None);
        assert_eq!(super::nearest("chat_end", [].into_iter()), None);
    }

    #[test]
    fn distances() {
        for (one, other, edits) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("ä", "a", 1)]
        {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }
}
