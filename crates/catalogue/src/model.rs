//! The definitions in a catalogue.

use std::fmt;

use c2c_names::EventName;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::version::Version;

/// The largest integer up to which a double, and so JavaScript, represents every integer: 2^53 − 1.
pub(crate) const SAFE_MAX: i64 = (1 << 53) - 1;

/// The definition of a widget event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDef {
    /// The name on the wire.
    pub name: EventName,
    /// The version of the catalogue in which it first appeared.
    pub since: Version,
    /// The event's meaning: a short sentence.
    pub summary: String,
    /// The moment when it happens: a sentence or two.
    pub when: String,
    /// The fields of its data, besides `context`, which every event has.
    pub fields: Vec<Field>,
}

/// The definition of a field. A field is always present; one whose value may be unknown is
/// [`Type::Nullable`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name on the wire: 1 to 64 letters, digits and `_`, beginning with a letter.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
    /// The field's meaning: a short sentence.
    pub summary: String,
    /// An example value.
    pub example: Value,
    /// How much it reveals about the visitor.
    pub privacy: Privacy,
}

/// The type of a field's values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// Any text.
    String,
    /// `true` or `false`.
    Bool,
    /// A number without a fraction, within ±(2^53 − 1), and within these bounds if there are any.
    Integer {
        /// The smallest value.
        min: Option<i64>,
        /// The largest value.
        max: Option<i64>,
    },
    /// Any number, or one within these bounds.
    Number {
        /// The smallest value.
        min: Option<f64>,
        /// The largest value.
        max: Option<f64>,
    },
    /// One of these texts.
    Enum(Vec<String>),
    /// A value of the inner type, or `null`.
    Nullable(Box<Type>),
    /// Any number of values of the inner type.
    List(Box<Type>),
    /// An object with these fields.
    Object(Vec<Field>),
}

/// How much the value of a field reveals about the visitor, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Nothing about a person.
    None,
    /// It may identify a person in combination with other data.
    Pseudonymous,
    /// It names a person, or is a person's own words.
    Personal,
}

impl Type {
    /// The same type, or `null`.
    #[must_use]
    pub fn nullable(self) -> Self {
        match self {
            Self::Nullable(_) => self,
            other => Self::Nullable(Box::new(other)),
        }
    }

    /// The type as part of a sentence: `a number ≥ 0 or null`.
    pub(crate) fn in_prose(&self) -> String {
        match self {
            Self::Enum(values) => joined(values, " or "),
            Self::Nullable(inner) => inner.in_prose() + " or null",
            Self::Integer { min: Some(min), max: Some(max) } => {
                format!("an integer from {min} to {max}")
            }
            Self::Number { min: Some(min), max: Some(max) } => {
                format!("a number from {min} to {max}")
            }
            Self::Integer { .. } | Self::Object(_) => format!("an {self}"),
            _ => format!("a {self}"),
        }
    }
}

impl fmt::Display for Type {
    /// Writes the type as in a table: `number ≥ 0 | null`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => formatter.write_str("string"),
            Self::Bool => formatter.write_str("bool"),
            Self::Integer { min, max } => bounded(formatter, "integer", *min, *max),
            Self::Number { min, max } => bounded(formatter, "number", *min, *max),
            Self::Enum(values) => formatter.write_str(&joined(values, " | ")),
            Self::Nullable(inner) => write!(formatter, "{inner} | null"),
            Self::List(item) => write!(formatter, "list of ({item})"),
            Self::Object(_) => formatter.write_str("object"),
        }
    }
}

fn bounded<N: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    min: Option<N>,
    max: Option<N>,
) -> fmt::Result {
    match (min, max) {
        (None, None) => formatter.write_str(name),
        (Some(min), None) => write!(formatter, "{name} ≥ {min}"),
        (None, Some(max)) => write!(formatter, "{name} ≤ {max}"),
        (Some(min), Some(max)) => write!(formatter, "{name} {min}–{max}"),
    }
}

/// Joins texts, each in JSON quotes.
fn joined(values: &[String], separator: &str) -> String {
    let quoted = values.iter().map(|value| Value::from(value.as_str()).to_string());
    quoted.collect::<Vec<_>>().join(separator)
}
