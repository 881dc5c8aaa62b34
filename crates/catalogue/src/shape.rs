//! Types compiled for checking values.

use serde_json::{Map, Number, Value};

use crate::findings::{CONTEXT, Findings, UnknownFields, accepts_context, mismatch, shown};
use crate::model::{Field, SAFE_MAX, Type};
use crate::problem::{Place, Problem};

/// Returns the problems of a value as a value of this type.
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

/// A compiled type.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    kind: Kind,
    nullable: bool,
    /// The type as part of a sentence.
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
    pub(crate) fn new(kind: &Type) -> Self {
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

    pub(crate) fn accepts(&self, value: &Value, unknown: UnknownFields) -> bool {
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

    /// Collects all problems of a value.
    pub(crate) fn check(&self, value: &Value, place: &Place<'_>, found: &mut Findings) {
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

    /// Describes a mismatch. If the kind is right and only the value is wrong, the message shows the value.
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

/// Whether a number is an integer within bounds. `5.0` is the integer 5, as in JSON Schema.
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
pub(crate) struct Shape(Box<[(Box<str>, Node)]>);

/// The role of the key `context` in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// A field like any other.
    Unknown,
    Possible,
    Required,
}

impl Shape {
    pub(crate) fn new(fields: &[Field]) -> Self {
        let node = |field: &Field| (field.name.as_str().into(), Node::new(&field.kind));
        let mut nodes: Vec<(Box<str>, _)> = fields.iter().map(node).collect();
        nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(nodes.into())
    }

    pub(crate) fn accepts_data(
        &self,
        data: &Value,
        context: Context,
        unknown: UnknownFields,
    ) -> bool {
        matches!(data, Value::Object(fields) if self.accepts(fields, context, unknown))
    }

    fn accepts(
        &self,
        object: &Map<String, Value>,
        context: Context,
        unknown: UnknownFields,
    ) -> bool {
        // Objects usually list their keys in order; then each key is the next one here.
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

    /// Collects all problems of an event's data.
    pub(crate) fn check_data(
        &self,
        data: &Value,
        place: &Place<'_>,
        found: &mut Findings,
        context: Context,
    ) {
        match data {
            Value::Object(fields) => self.check(fields, place, found, context),
            other => found.refuse(place, || mismatch("an object", other)),
        }
    }

    /// Collects all problems of an object.
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

    /// Returns the index of the field with this name; `next` is its probable index.
    fn find(&self, key: &str, next: usize) -> Option<usize> {
        if self.0.get(next).is_some_and(|(name, _)| **name == *key) {
            return Some(next);
        }
        self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()
    }
}
