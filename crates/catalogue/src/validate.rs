//! Whether an event is as the catalogue says.

use std::cmp::Ordering;
use std::sync::LazyLock;

use serde_json::{Map, Number, Value};

use crate::model::SAFE_MAX;
use crate::name::{CUSTOM_PREFIX, is_custom};
use crate::problem::{Place, Problem, lines};
use crate::{Catalogue, EventDef, Field, Type};

/// What to make of a field that the catalogue does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownFields {
    /// Take it: for receivers, which may be older than the widget.
    Keep,
    /// Take it, and say so.
    Warn,
    /// Refuse the event: for the widget itself, and for tests.
    Refuse,
}

/// Checks events against a catalogue.
///
/// What it needs is worked out once. Accepting an event allocates nothing; what is refused is refused
/// with all that is wrong with it.
///
/// ```
/// use c2c_catalogue::{Catalogue, UnknownFields, Validator};
/// use serde_json::json;
///
/// let validator = Validator::new(Catalogue::reference(), UnknownFields::Refuse);
/// let good = json!({"duration": 42.5, "reason": "user_hangup"});
/// assert_eq!(validator.data("call_ended", &good), Ok(vec![]));
///
/// let bad = json!({"duration": "42", "reason": "bored"});
/// assert_eq!(
///     validator.data("call_ended", &bad).unwrap_err().to_string(),
///     "/duration: expected a number ≥ 0, got string\n\
///      /reason: expected \"user_hangup\" or \"remote_hangup\", got \"bored\"",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    unknown: UnknownFields,
    /// In the order of [`by_length`].
    events: Box<[(Box<str>, Shape)]>,
    seq: Node,
}

/// Why an event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.problems))]
#[non_exhaustive]
pub struct Refused {
    /// All that is wrong with it; at least one problem.
    pub problems: Vec<Problem>,
    /// The unknown fields, if they are only warned of.
    pub warnings: Vec<Problem>,
}

impl Validator {
    /// A validator for all events of a catalogue.
    pub fn new(catalogue: &Catalogue, unknown: UnknownFields) -> Self {
        let shape = |event: &EventDef| (event.name.as_str().into(), Shape::new(&event.fields));
        let mut events: Vec<(Box<str>, _)> = catalogue.events().iter().map(shape).collect();
        events.sort_by(|(one, _), (other, _)| by_length(one, other));
        let seq = Node::new(&Type::Integer { min: Some(0), max: None });
        Self { unknown, events: events.into(), seq }
    }

    /// What the types of this crate go by.
    pub(crate) fn reference() -> &'static Self {
        static REFERENCE: LazyLock<Validator> =
            LazyLock::new(|| Validator::new(Catalogue::reference(), UnknownFields::Refuse));
        &REFERENCE
    }

    /// Checks the data of a widget event, as the widget reports it and as handlers get it: its
    /// context may be there or not. Gives what there is to warn of.
    pub fn data(&self, event: &str, data: &Value) -> Result<Vec<Problem>, Refused> {
        let shape = self.shape(event);
        if shape.is_some_and(|shape| shape.accepts_data(data, Context::Possible, self.unknown)) {
            return Ok(Vec::new());
        }
        let mut found = Findings::new(self.unknown);
        match shape {
            Some(shape) => found.data(shape, data, &Place::Root, Context::Possible),
            None => found.refuse(&Place::Root, || no_event(event)),
        }
        found.verdict()
    }

    /// Checks an envelope, of a widget event or of a custom event. Gives what there is to warn of.
    pub fn envelope(&self, envelope: &Value) -> Result<Vec<Problem>, Refused> {
        // Asked first, because most are in order.
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

    /// Whether there is nothing to say of an envelope: no problem, and nothing to warn of. Allocates
    /// nothing, whatever the answer.
    ///
    /// ```
    /// use c2c_catalogue::{Catalogue, UnknownFields, Validator};
    ///
    /// let validator = Validator::new(Catalogue::reference(), UnknownFields::Refuse);
    /// assert!(!validator.accepts(&serde_json::json!({"name": "call_ended"})));
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
        is_custom(name, self.events.iter().map(|(event, _)| &**event))
    }

    /// Says all that is wrong with an envelope.
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

    /// What is in the envelope goes by its name.
    fn named(&self, name: &Value, data: Option<&Value>, found: &mut Findings) {
        let root = Place::Root;
        let Value::String(name) = name else {
            return found.refuse(&root.key("name"), || mismatch("a string", name));
        };
        let place = root.key("data");
        if let Some(shape) = self.shape(name) {
            if let Some(data) = data {
                found.data(shape, data, &place, Context::Required);
            }
        } else if let Some(custom) = name.strip_prefix(CUSTOM_PREFIX) {
            if !self.is_custom(custom) {
                found.refuse(&root.key("name"), || {
                    format!("{} is not a custom event's name", shown(custom))
                });
            }
            if let Some(data) = data {
                found.custom_data(data, &place);
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

/// An order in which lengths tell most names apart.
fn by_length(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

const TIMESTAMP: &str = "a time as 2026-03-01T12:00:00.125Z";
const ID: &str = "a UUID of version 7, in small letters";
const CONTEXT: &str = "an object with texts";

/// The fields of an envelope, in words.
const ENVELOPE: [(&str, &str); 5] = [
    ("name", "a string"),
    ("data", "an object"),
    ("timestamp", TIMESTAMP),
    ("id", ID),
    ("seq", "an integer ≥ 0"),
];

/// Problems of a value as one of this type.
pub(crate) fn value(
    kind: &Type,
    value: &Value,
    place: &Place<'_>,
    unknown: UnknownFields,
) -> Vec<Problem> {
    let mut found = Findings::new(unknown);
    Node::new(kind).check(value, place, &mut found);
    found.problems
}

/// A type, worked out.
#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    nullable: bool,
    /// The type in a sentence.
    expected: Box<str>,
}

#[derive(Clone, Debug)]
enum Kind {
    String,
    Bool,
    Integer { min: i64, max: i64 },
    Number { min: f64, max: f64 },
    Enum(Box<[Box<str>]>),
    List(Box<Node>),
    Object(Shape),
}

impl Node {
    fn new(kind: &Type) -> Self {
        let expected = kind.in_prose().into();
        let (kind, nullable) = match kind {
            Type::Nullable(inner) => (&**inner, true),
            other => (other, false),
        };
        let kind = match kind {
            Type::String => Kind::String,
            Type::Bool => Kind::Bool,
            Type::Integer { min, max } => {
                Kind::Integer { min: min.unwrap_or(-SAFE_MAX), max: max.unwrap_or(SAFE_MAX) }
            }
            Type::Number { min, max } => Kind::Number {
                min: min.unwrap_or(f64::NEG_INFINITY),
                max: max.unwrap_or(f64::INFINITY),
            },
            Type::Enum(values) => Kind::Enum(values.iter().map(|value| (**value).into()).collect()),
            // A catalogue has no type that is nullable twice.
            Type::Nullable(inner) => return Self::new(inner),
            Type::List(item) => Kind::List(Box::new(Self::new(item))),
            Type::Object(fields) => Kind::Object(Shape::new(fields)),
        };
        Self { kind, nullable, expected }
    }

    fn accepts(&self, value: &Value, unknown: UnknownFields) -> bool {
        match (&self.kind, value) {
            (Kind::String, Value::String(_)) | (Kind::Bool, Value::Bool(_)) => true,
            (Kind::Number { min, max }, Value::Number(number)) => {
                number.as_f64().is_some_and(|number| *min <= number && number <= *max)
            }
            (Kind::Integer { min, max }, Value::Number(number)) => {
                is_integer_within(number, *min, *max)
            }
            (Kind::Enum(values), Value::String(text)) => {
                values.iter().any(|value| **value == **text)
            }
            (Kind::List(item), Value::Array(items)) => {
                items.iter().all(|value| item.accepts(value, unknown))
            }
            (Kind::Object(shape), Value::Object(fields)) => {
                shape.accepts(fields, Context::Unknown, unknown)
            }
            (_, Value::Null) => self.nullable,
            _ => false,
        }
    }

    /// Says all that is wrong with a value.
    fn check(&self, value: &Value, place: &Place<'_>, found: &mut Findings) {
        match (&self.kind, value) {
            (Kind::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    item.check(value, &place.item(index), found);
                }
            }
            (Kind::Object(shape), Value::Object(fields)) => {
                shape.check(fields, place, found, Context::Unknown);
            }
            _ if self.accepts(value, found.unknown) => {}
            _ => found.refuse(place, || self.mismatch(value)),
        }
    }

    /// Of the right kind but not the right value: then the value says more than its kind.
    fn mismatch(&self, value: &Value) -> String {
        match (&self.kind, value) {
            (Kind::Enum(_), Value::String(text)) => {
                format!("expected {}, got {}", self.expected, shown(text))
            }
            (Kind::Integer { .. } | Kind::Number { .. }, Value::Number(number)) => {
                format!("expected {}, got {number}", self.expected)
            }
            _ => mismatch(&self.expected, value),
        }
    }
}

/// As JSON Schema has it: `5.0` is the integer 5.
#[expect(clippy::cast_precision_loss, reason = "bounds are integers that a double knows exactly")]
fn is_integer_within(number: &Number, min: i64, max: i64) -> bool {
    if let Some(integer) = number.as_i64() {
        return min <= integer && integer <= max;
    }
    let float = number.as_f64();
    float.is_some_and(|float| float.fract() == 0.0 && min as f64 <= float && float <= max as f64)
}

/// The fields of an object, by name.
#[derive(Clone, Debug)]
struct Shape(Box<[(Box<str>, Node)]>);

/// What `context` is in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    /// A field like any other.
    Unknown,
    Possible,
    Required,
}

impl Shape {
    fn new(fields: &[Field]) -> Self {
        let node = |field: &Field| (field.name.as_str().into(), Node::new(&field.kind));
        let mut nodes: Vec<(Box<str>, _)> = fields.iter().map(node).collect();
        nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(nodes.into())
    }

    fn accepts_data(&self, data: &Value, context: Context, unknown: UnknownFields) -> bool {
        matches!(data, Value::Object(fields) if self.accepts(fields, context, unknown))
    }

    fn accepts(
        &self,
        object: &Map<String, Value>,
        context: Context,
        unknown: UnknownFields,
    ) -> bool {
        // An object lists its keys in order, as a rule; then each is the next one here.
        let (mut next, mut seen, mut has_context) = (0, 0, false);
        for (key, value) in object {
            let accepted = if let Some(index) = self.find(key, next) {
                next = index + 1;
                seen += 1;
                self.0[index].1.accepts(value, unknown)
            } else if context != Context::Unknown && key == "context" {
                has_context = true;
                accepts_context(value)
            } else {
                unknown == UnknownFields::Keep
            };
            if !accepted {
                return false;
            }
        }
        seen == self.0.len() && (has_context || context != Context::Required)
    }

    /// Says all that is wrong with an object.
    fn check(
        &self,
        object: &Map<String, Value>,
        place: &Place<'_>,
        found: &mut Findings,
        context: Context,
    ) {
        let mut has_context = false;
        for (key, value) in object {
            let place = place.key(key);
            if let Some(index) = self.find(key, 0) {
                self.0[index].1.check(value, &place, found);
            } else if context != Context::Unknown && key == "context" {
                has_context = true;
                found.context(value, &place);
            } else {
                found.unknown(&place);
            }
        }
        for (name, node) in &self.0 {
            if !object.contains_key(&**name) {
                found.missing(&place.key(name), &node.expected);
            }
        }
        if context == Context::Required && !has_context {
            found.missing(&place.key("context"), CONTEXT);
        }
    }

    /// The field of this name; `next` is where it probably is.
    fn find(&self, key: &str, next: usize) -> Option<usize> {
        if self.0.get(next).is_some_and(|(name, _)| **name == *key) {
            return Some(next);
        }
        self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()
    }
}

/// What was found so far. Empty lists allocate nothing.
#[derive(Debug)]
struct Findings {
    unknown: UnknownFields,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Findings {
    fn new(unknown: UnknownFields) -> Self {
        Self { unknown, problems: Vec::new(), warnings: Vec::new() }
    }

    fn verdict(self) -> Result<Vec<Problem>, Refused> {
        let Self { problems, warnings, .. } = self;
        if problems.is_empty() { Ok(warnings) } else { Err(Refused { problems, warnings }) }
    }

    #[cold]
    fn refuse(&mut self, place: &Place<'_>, message: impl FnOnce() -> String) {
        self.problems.push(place.problem(message()));
    }

    #[cold]
    fn missing(&mut self, place: &Place<'_>, expected: &str) {
        self.problems.push(place.problem(format!("is missing; expected {expected}")));
    }

    fn unknown(&mut self, place: &Place<'_>) {
        let list = match self.unknown {
            UnknownFields::Keep => return,
            UnknownFields::Warn => &mut self.warnings,
            UnknownFields::Refuse => &mut self.problems,
        };
        list.push(place.problem("is not a field that the catalogue knows"));
    }

    fn text(&mut self, value: &Value, place: &Place<'_>, expected: &str, holds: fn(&str) -> bool) {
        match value {
            Value::String(text) if holds(text) => {}
            Value::String(text) => {
                self.refuse(place, || format!("expected {expected}, got {}", shown(text)));
            }
            other => self.refuse(place, || mismatch(expected, other)),
        }
    }

    fn data(&mut self, shape: &Shape, data: &Value, place: &Place<'_>, context: Context) {
        match data {
            Value::Object(fields) => shape.check(fields, place, self, context),
            other => self.refuse(place, || mismatch("an object", other)),
        }
    }

    /// The keys of a custom event's data are nobody else's business.
    fn custom_data(&mut self, data: &Value, place: &Place<'_>) {
        let Value::Object(fields) = data else {
            return self.refuse(place, || mismatch("an object", data));
        };
        let place = place.key("context");
        match fields.get("context") {
            Some(context) => self.context(context, &place),
            None => self.missing(&place, CONTEXT),
        }
    }

    fn context(&mut self, value: &Value, place: &Place<'_>) {
        let Value::Object(entries) = value else {
            return self.refuse(place, || mismatch(CONTEXT, value));
        };
        for (key, value) in entries {
            if !value.is_string() {
                self.refuse(&place.key(key), || mismatch("a string", value));
            }
        }
    }
}

fn accepts_custom_data(data: &Value) -> bool {
    matches!(data, Value::Object(fields) if fields.get("context").is_some_and(accepts_context))
}

fn accepts_context(context: &Value) -> bool {
    matches!(context, Value::Object(entries) if entries.values().all(Value::is_string))
}

fn no_event(name: &str) -> String {
    format!("there is no event {}", shown(name))
}

fn mismatch(expected: &str, value: &Value) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    format!("expected {expected}, got {kind}")
}

/// What a stranger wrote, in quotes: not too much of it, and nothing that steers a terminal.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

/// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), with capital letters, at most 9 digits of a
/// second and no leap seconds, which JavaScript does not know.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((date, rest)) = bytes.split_at_checked(20) else { return false };
    let digits = |range: std::ops::Range<usize>| number(&bytes[range]);
    let punctuation = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !punctuation.iter().all(|&(at, expected)| date[at] == expected) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) = (digits(11..13), digits(14..16), digits(17..19))
    else {
        return false;
    };
    let zone = if date[19] == b'.' {
        let fraction = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&fraction) {
            return false;
        }
        &rest[fraction..]
    } else {
        &bytes[19..]
    };
    (1..=days(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && is_zone(zone)
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            number(&[*h1, *h2]).is_some_and(|hours| hours < 24)
                && number(&[*m1, *m2]).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// The days of a month; none if there is no such month.
fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// [RFC 9562, §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7), as it is printed.
fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'7',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}
