//! Validation of events against a catalogue.

use std::cmp::Ordering;
use std::sync::LazyLock;

use c2c_names::{CUSTOM_PREFIX, is_custom_name};
use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::findings::{
    CONTEXT, Findings, UnknownFields, ValidationError, accepts_context, mismatch, shown,
};
use crate::formats::{is_id, is_timestamp};
use crate::model::{EventDef, Type};
use crate::problem::{Place, Problem};
use crate::shape::{Context, Node, Shape};

/// Checks events against a catalogue.
///
/// The catalogue is compiled once. Accepting an event allocates nothing; a rejection lists all
/// problems.
///
/// ```
/// use c2c_catalogue::{Catalogue, UnknownFields, Validator};
/// use serde_json::json;
///
/// # let catalogue = Catalogue::from_toml(r#"
/// #     name = "chat"
/// #     version = "1.0.0"
/// #     [events."chat.closed"]
/// #     since = "1.0.0"
/// #     summary = "The chat is over."
/// #     when = "The visitor or the agent closed it."
/// #     [events."chat.closed".fields.seconds]
/// #     type = "number"
/// #     min = 0
/// #     summary = "The length of the chat."
/// #     example = 90
/// #     privacy = "none"
/// #     [events."chat.closed".fields.by]
/// #     type = "enum"
/// #     values = ["visitor", "agent"]
/// #     summary = "The side that closed it."
/// #     example = "agent"
/// #     privacy = "none"
/// # "#)?;
/// let validator = Validator::new(&catalogue, UnknownFields::Reject);
/// let good = json!({"seconds": 42.5, "by": "visitor"});
/// assert_eq!(validator.check_data("chat.closed", &good), Ok(vec![]));
///
/// let bad = json!({"by": "robot", "seconds": "42"});
/// assert_eq!(
///     validator.check_data("chat.closed", &bad).unwrap_err().to_string(),
///     "/by: expected \"visitor\" or \"agent\", got \"robot\"\n\
///      /seconds: expected a number ≥ 0, got string",
/// );
/// # Ok::<(), c2c_catalogue::CatalogueError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    unknown: UnknownFields,
    /// Sorted by [`by_length`].
    events: Box<[(Box<str>, Shape)]>,
    seq: Node,
}

impl Validator {
    /// Creates a validator for all events of a catalogue.
    pub fn new(catalogue: &Catalogue, unknown: UnknownFields) -> Self {
        let shape = |event: &EventDef| (event.name.as_str().into(), Shape::new(&event.fields));
        let mut events: Vec<(Box<str>, _)> = catalogue.events().iter().map(shape).collect();
        events.sort_by(|(one, _), (other, _)| by_length(one, other));
        let seq = Node::new(&Type::Integer { min: Some(0), max: None });
        Self { unknown, events: events.into(), seq }
    }

    /// The validator of the types in [`reference`](crate::reference).
    pub(crate) fn reference() -> &'static Self {
        static REFERENCE: LazyLock<Validator> =
            LazyLock::new(|| Validator::new(Catalogue::reference(), UnknownFields::Reject));
        &REFERENCE
    }

    /// Checks the data of a widget event, with or without its context: the widget reports it without,
    /// and handlers get it with the context. Returns the warnings.
    pub fn check_data(&self, event: &str, data: &Value) -> Result<Vec<Problem>, ValidationError> {
        let shape = self.shape(event);
        if shape.is_some_and(|shape| shape.accepts_data(data, Context::Possible, self.unknown)) {
            return Ok(Vec::new());
        }
        let mut found = Findings::new(self.unknown);
        match shape {
            Some(shape) => shape.check_data(data, &Place::Root, &mut found, Context::Possible),
            None => found.refuse(&Place::Root, || no_event(event)),
        }
        found.verdict()
    }

    /// Checks an envelope of a widget event or a custom event. Returns the warnings.
    pub fn check_envelope(&self, envelope: &Value) -> Result<Vec<Problem>, ValidationError> {
        // Checked first, because most envelopes are valid.
        if self.accepts(envelope) {
            return Ok(Vec::new());
        }
        let mut found = Findings::new(self.unknown);
        let root = Place::Root;
        match envelope {
            Value::Object(fields) => self.fields(fields, &mut found),
            other => found.refuse(&root, || mismatch("an object", other)),
        }
        found.verdict()
    }

    /// Whether an envelope has neither problems nor warnings. Never allocates.
    ///
    /// ```
    /// use c2c_catalogue::{Catalogue, UnknownFields, Validator};
    ///
    /// let validator = Validator::new(Catalogue::reference(), UnknownFields::Reject);
    /// assert!(!validator.accepts(&serde_json::json!({"name": "nothing else"})));
    /// ```
    pub fn accepts(&self, envelope: &Value) -> bool {
        let Value::Object(fields) = envelope else { return false };
        let (mut name, mut data, mut seen) = (None, None, 0);
        for (key, value) in fields {
            seen += 1;
            let accepted = match (key.as_str(), value) {
                ("name", Value::String(text)) => {
                    name = Some(text);
                    true
                }
                ("data", _) => {
                    data = Some(value);
                    true
                }
                ("timestamp", Value::String(text)) => is_timestamp(text),
                ("id", Value::String(text)) => is_id(text),
                ("seq", _) => self.seq.accepts(value, self.unknown),
                ("name" | "timestamp" | "id", _) => false,
                _ => {
                    seen -= 1;
                    self.unknown == UnknownFields::Keep
                }
            };
            if !accepted {
                return false;
            }
        }
        let (Some(name), Some(data)) = (name, data) else { return false };
        seen == ENVELOPE.len()
            && match (self.shape(name), name.strip_prefix(CUSTOM_PREFIX)) {
                (Some(shape), _) => shape.accepts_data(data, Context::Required, self.unknown),
                (None, Some(custom)) => self.is_custom(custom) && accepts_custom_data(data),
                (None, None) => false,
            }
    }

    fn is_custom(&self, name: &str) -> bool {
        is_custom_name(self.events.iter().map(|(event, _)| &**event), name)
    }

    /// Collects all problems of an envelope.
    fn fields(&self, envelope: &Map<String, Value>, found: &mut Findings) {
        let root = Place::Root;
        for (key, value) in envelope {
            let place = root.key(key);
            match key.as_str() {
                "name" | "data" => {}
                "timestamp" => found.text(value, &place, TIMESTAMP, is_timestamp),
                "id" => found.text(value, &place, ID, is_id),
                "seq" => self.seq.check(value, &place, found),
                _ => found.unknown(&place),
            }
        }
        for (key, expected) in ENVELOPE {
            if !envelope.contains_key(key) {
                found.missing(&root.key(key), expected);
            }
        }
        if let Some(name) = envelope.get("name") {
            self.named(name, envelope.get("data"), found);
        }
    }

    /// Checks an envelope's name, and the data that the name calls for.
    fn named(&self, name: &Value, data: Option<&Value>, found: &mut Findings) {
        let root = Place::Root;
        let Value::String(name) = name else {
            return found.refuse(&root.key("name"), || mismatch("a string", name));
        };
        let place = root.key("data");
        if let Some(shape) = self.shape(name) {
            if let Some(data) = data {
                shape.check_data(data, &place, found, Context::Required);
            }
        } else if let Some(custom) = name.strip_prefix(CUSTOM_PREFIX) {
            if !self.is_custom(custom) {
                found.refuse(&root.key("name"), || {
                    format!("{} is not a custom event's name", shown(custom))
                });
            }
            if let Some(data) = data {
                custom_data(data, &place, found);
            }
        } else {
            found.refuse(&root.key("name"), || no_event(name));
        }
    }

    fn shape(&self, event: &str) -> Option<&Shape> {
        let found = self.events.binary_search_by(|(name, _)| by_length(name, event));
        found.ok().map(|index| &self.events[index].1)
    }
}

/// Orders names by length first: comparing lengths tells most names apart.
fn by_length(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

const TIMESTAMP: &str = "a time as 2026-03-01T12:00:00.125Z";
const ID: &str = "a UUID of version 7, in small letters";

/// The fields of an envelope, in words.
const ENVELOPE: [(&str, &str); 5] = [
    ("name", "a string"),
    ("data", "an object"),
    ("timestamp", TIMESTAMP),
    ("id", ID),
    ("seq", "an integer ≥ 0"),
];

/// Checks a custom event's data: it needs a context; the emitter chooses the other keys.
fn custom_data(data: &Value, place: &Place<'_>, found: &mut Findings) {
    let Value::Object(fields) = data else {
        return found.refuse(place, || mismatch("an object", data));
    };
    let place = place.key("context");
    match fields.get("context") {
        Some(context) => found.context(context, &place),
        None => found.missing(&place, CONTEXT),
    }
}

fn accepts_custom_data(data: &Value) -> bool {
    matches!(data, Value::Object(fields) if fields.get("context").is_some_and(accepts_context))
}

fn no_event(name: &str) -> String {
    format!("there is no event {}", shown(name))
}
