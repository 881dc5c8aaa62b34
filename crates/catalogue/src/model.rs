//! What a catalogue consists of.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CatalogueError, EventName, Version, consistency};

/// The largest integer up to which a double, and so JavaScript, knows each: 2^53 − 1.
pub(crate) const SAFE_MAX: i64 = (1 << 53) - 1;

/// A list of widget events with their fields: what a widget promises to those who listen.
///
/// A value of this type is consistent: names are unique and not to be confused, bounds leave room for
/// values, examples are values of their types. It is read from a file ([`Catalogue::from_toml`],
/// [`Catalogue::from_json`]) or built in code.
///
/// ```
/// use c2c_catalogue::{Catalogue, EventDef, Field, Privacy, Type, Version};
///
/// let version = Version::new(1, 0, 0);
/// let catalogue = Catalogue::new("chat", version, vec![EventDef {
///     name: "chat_closed".parse()?,
///     since: version,
///     summary: "A chat is over.".to_owned(),
///     when: "The visitor closed the chat.".to_owned(),
///     fields: vec![Field {
///         name: "messages".to_owned(),
///         kind: Type::Integer { min: Some(0), max: None },
///         summary: "How many messages there were.".to_owned(),
///         example: 12.into(),
///         privacy: Privacy::None,
///     }],
/// }])?;
/// assert_eq!(Catalogue::from_json(&catalogue.to_json())?, catalogue);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    name: String,
    version: Version,
    events: Vec<EventDef>,
}

/// The definition of a widget event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDef {
    /// The name on the wire.
    pub name: EventName,
    /// The version of the catalogue in which it appeared.
    pub since: Version,
    /// What it is: a short sentence.
    pub summary: String,
    /// When it happens: a sentence or two.
    pub when: String,
    /// The fields of its data, besides `context`, which every event has.
    pub fields: Vec<Field>,
}

/// The definition of a field. It is always there; what may be unknown is [`Type::Nullable`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name on the wire: 1 to 64 letters, digits and `_`, beginning with a letter.
    pub name: String,
    /// Its values.
    pub kind: Type,
    /// What it tells: a short sentence.
    pub summary: String,
    /// One of its values.
    pub example: Value,
    /// What it says of the visitor.
    pub privacy: Privacy,
}

/// The values of a field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// Any text.
    String,
    /// `true` or `false`.
    Bool,
    /// A number without a fraction, within ±(2^53 − 1), and within these bounds if there are any.
    Integer {
        /// The smallest.
        min: Option<i64>,
        /// The largest.
        max: Option<i64>,
    },
    /// Any number, or one within these bounds.
    Number {
        /// The smallest.
        min: Option<f64>,
        /// The largest.
        max: Option<f64>,
    },
    /// One of these texts.
    Enum(Vec<String>),
    /// The type inside, or `null`.
    Nullable(Box<Type>),
    /// Any number of values of the type inside.
    List(Box<Type>),
    /// Fields of its own.
    Object(Vec<Field>),
}

/// What the value of a field says of the visitor, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Nothing about a person.
    None,
    /// It may lead to a person, together with what somebody else knows.
    Pseudonymous,
    /// It names a person, or is a person's own words.
    Personal,
}

impl Catalogue {
    /// The catalogue with these events, if they are consistent.
    pub fn new(
        name: impl Into<String>,
        version: Version,
        events: Vec<EventDef>,
    ) -> Result<Self, CatalogueError> {
        let catalogue = Self { name: name.into(), version, events };
        let problems = consistency::problems(&catalogue);
        if problems.is_empty() {
            Ok(catalogue)
        } else {
            Err(CatalogueError::Inconsistent(problems))
        }
    }

    /// The catalogue of the reference widget, `reference/catalogue.toml` of this crate. Its events are
    /// the variants of [`Event`](crate::Event).
    pub fn reference() -> &'static Self {
        static REFERENCE: LazyLock<Catalogue> = LazyLock::new(|| {
            Catalogue::from_toml(include_str!("../reference/catalogue.toml"))
                .expect("a test reads the same file")
        });
        &REFERENCE
    }

    /// What it is the catalogue of.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The events, in their order in the file.
    pub fn events(&self) -> &[EventDef] {
        &self.events
    }

    /// The event of this name.
    pub fn event(&self, name: &str) -> Option<&EventDef> {
        self.events.iter().find(|event| event.name.as_str() == name)
    }

    pub(crate) fn event_names(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| event.name.as_str())
    }
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

    /// As part of a sentence: `a number ≥ 0 or null`.
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
    /// The type in words, as in a table: `number ≥ 0 | null`.
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

/// Texts in quotes, as JSON has them.
fn joined(values: &[String], separator: &str) -> String {
    let quoted = values.iter().map(|value| Value::from(value.as_str()).to_string());
    quoted.collect::<Vec<_>>().join(separator)
}
