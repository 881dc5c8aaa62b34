//! Catalogue files: TOML, which people write, and JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::json::{Entries, Strict, SyntaxError, TOO_DEEP, Table, from_json};
use crate::model::SAFE_MAX;
use crate::problem::{Place, Problem};
use crate::{Catalogue, CatalogueError, EventDef, Field, Privacy, Type, Version};
use c2c_names::EventName;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCatalogue {
    name: String,
    version: Version,
    events: Entries<Table<FileEvent>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEvent {
    since: Version,
    summary: String,
    when: String,
    #[serde(default = "no_fields")]
    fields: Entries<Table<FileType>>,
}

/// A field, or the type of a list's items, which has no summary, example or privacy.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileType {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    nullable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Table<FileType>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Entries<Table<FileType>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(default, deserialize_with = "example", skip_serializing_if = "Option::is_none")]
    example: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy: Option<Privacy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    String,
    Bool,
    Integer,
    Number,
    Enum,
    List,
    Object,
}

fn no_fields() -> Entries<Table<FileType>> {
    Entries(Vec::new())
}

/// Reads an example; `null` is an example too.
fn example<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Strict::deserialize(deserializer).map(|Strict(value)| Some(value))
}

impl Catalogue {
    /// Reads a [TOML](https://toml.io/en/v1.1.0) file. A syntax error names its line and column;
    /// inconsistencies are reported all at once, with their places in the file. Types are nested at most 8
    /// levels deep.
    ///
    /// ```
    /// let catalogue = c2c_catalogue::Catalogue::from_toml(r#"
    ///     name = "chat"
    ///     version = "1.0.0"
    ///
    ///     [events.chat_closed]
    ///     since = "1.0.0"
    ///     summary = "A chat is over."
    ///     when = "The visitor closed the chat."
    ///
    ///     [events.chat_closed.fields.messages]
    ///     type = "integer"      # string, bool, integer, number, enum, list, object
    ///     min = 0               # of integer and number; max likewise
    ///     nullable = true       # null is a value, too; false if it is left out
    ///     summary = "How many messages there were; null if not counted."
    ///     example = 12
    ///     privacy = "none"      # none, pseudonymous, personal
    ///
    ///     [events.chat_closed.fields.agent]
    ///     type = "object"       # its fields have examples, so it needs none
    ///     summary = "Who answered."
    ///     privacy = "none"
    ///
    ///     [events.chat_closed.fields.agent.fields.skills]
    ///     type = "list"
    ///     items = { type = "enum", values = ["sales", "support"] }
    ///     summary = "What the agent can help with."
    ///     example = ["support"]
    ///     privacy = "none"
    /// "#)?;
    /// assert_eq!(catalogue.events()[0].fields[0].kind.to_string(), "integer ≥ 0 | null");
    /// # Ok::<(), c2c_catalogue::CatalogueError>(())
    /// ```
    pub fn from_toml(toml: &str) -> Result<Self, CatalogueError> {
        let Table(file) = toml::from_str(toml).map_err(|error: toml::de::Error| {
            let (line, column) = position(toml, error.span().map_or(0, |span| span.start));
            let message = match error.message() {
                // The second message is about tables and comes without a place.
                "cannot recurse further; max recursion depth met" | "recursion limit" => TOO_DEEP,
                other => other,
            };
            SyntaxError { line, column, message: message.to_owned() }
        })?;
        read(file)
    }

    /// Reads a JSON file of the same structure, by the rules of [`read_json`](crate::read_json).
    pub fn from_json(json: &str) -> Result<Self, CatalogueError> {
        from_json(json).map_err(Into::into).and_then(|Table(file)| read(file))
    }

    /// The catalogue as a JSON file.
    #[expect(clippy::missing_panics_doc, reason = "there is nothing in it that JSON cannot say")]
    pub fn to_json(&self) -> String {
        let file = FileCatalogue {
            name: self.name().to_owned(),
            version: self.version(),
            events: Entries(self.events().iter().map(written_event).collect()),
        };
        let json = serde_json::to_string_pretty(&file);
        json.expect("texts, numbers and keys that are texts") + "\n"
    }
}

/// Line and column of a byte, both from 1; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn read(file: FileCatalogue) -> Result<Catalogue, CatalogueError> {
    let mut reader = Reader { problems: Vec::new() };
    let root = Place::Root;
    let place = root.key("events");
    let events = file.events.0.into_iter();
    let events =
        events.filter_map(|(name, Table(event))| reader.event(&place, &name, event)).collect();
    if reader.problems.is_empty() {
        Catalogue::new(file.name, file.version, events)
    } else {
        Err(CatalogueError::Inconsistent(reader.problems))
    }
}

/// Converts the entries of a file to definitions, and collects the problems.
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn wrong(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.problems.push(place.problem(message));
    }

    fn event(&mut self, place: &Place<'_>, name: &str, event: FileEvent) -> Option<EventDef> {
        let place = place.key(name);
        let fields = self.fields(&place.key("fields"), event.fields);
        match name.parse::<EventName>() {
            Ok(name) => {
                let FileEvent { since, summary, when, .. } = event;
                Some(EventDef { name, since, summary, when, fields })
            }
            Err(error) => {
                self.wrong(&place, error.to_string());
                None
            }
        }
    }

    fn fields(&mut self, place: &Place<'_>, fields: Entries<Table<FileType>>) -> Vec<Field> {
        let fields = fields.0.into_iter();
        fields
            .filter_map(|(name, Table(field))| self.field(&place.key(&name), &name, field))
            .collect()
    }

    fn field(&mut self, place: &Place<'_>, name: &str, mut field: FileType) -> Option<Field> {
        let (summary, example, privacy) =
            (field.summary.take(), field.example.take(), field.privacy.take());
        let kind = self.kind(place, field)?;
        let example = example.or_else(|| example_of(&kind));
        for (key, missing) in [
            ("summary", summary.is_none()),
            ("privacy", privacy.is_none()),
            ("example", example.is_none()),
        ] {
            if missing {
                self.wrong(place, format!("needs `{key}`"));
            }
        }
        Some(Field {
            name: name.to_owned(),
            kind,
            summary: summary?,
            example: example?,
            privacy: privacy?,
        })
    }

    fn kind(&mut self, place: &Place<'_>, file: FileType) -> Option<Type> {
        for (key, given, owners) in [
            ("min", file.min.is_some(), [Kind::Integer, Kind::Number]),
            ("max", file.max.is_some(), [Kind::Integer, Kind::Number]),
            ("values", file.values.is_some(), [Kind::Enum; 2]),
            ("items", file.items.is_some(), [Kind::List; 2]),
            ("fields", file.fields.is_some(), [Kind::Object; 2]),
        ] {
            if given && !owners.contains(&file.kind) {
                self.wrong(&place.key(key), "this type has no such setting; take it out");
            }
        }
        let kind = match file.kind {
            Kind::String => Type::String,
            Kind::Bool => Type::Bool,
            Kind::Integer => Type::Integer {
                min: self.integer(&place.key("min"), file.min),
                max: self.integer(&place.key("max"), file.max),
            },
            Kind::Number => Type::Number {
                min: file.min.and_then(|bound| bound.as_f64()),
                max: file.max.and_then(|bound| bound.as_f64()),
            },
            Kind::Enum => Type::Enum(self.needed(place, "values", file.values)?),
            Kind::List => {
                let Table(items) = *self.needed(place, "items", file.items)?;
                let place = place.key("items");
                if items.summary.is_some() || items.example.is_some() || items.privacy.is_some() {
                    self.wrong(
                        &place,
                        "has no `summary`, `example` or `privacy` of its own: the field has",
                    );
                }
                Type::List(Box::new(self.kind(&place, items)?))
            }
            Kind::Object => {
                let fields = self.needed(place, "fields", file.fields)?;
                Type::Object(self.fields(&place.key("fields"), fields))
            }
        };
        Some(if file.nullable { kind.nullable() } else { kind })
    }

    fn needed<T>(&mut self, place: &Place<'_>, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.wrong(place, format!("this type needs `{key}`"));
        }
        value
    }

    fn integer(&mut self, place: &Place<'_>, bound: Option<Number>) -> Option<i64> {
        let bound = bound?;
        let integer = integer(&bound);
        if integer.is_none() {
            self.wrong(place, format!("expected an integer within ±{SAFE_MAX}, got {bound}"));
        }
        integer
    }
}

/// The integer value of a number, whether written as `5` or as `5.0`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "within the integers that a double knows exactly"
)]
fn integer(number: &Number) -> Option<i64> {
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= SAFE_MAX as f64).then_some(float as i64)
}

/// Builds an object's example from the examples of its fields.
fn example_of(kind: &Type) -> Option<Value> {
    match kind {
        Type::Object(fields) => {
            let examples = fields.iter().map(|field| (field.name.clone(), field.example.clone()));
            Some(Value::Object(examples.collect()))
        }
        Type::List(item) => example_of(item).map(|example| Value::Array(vec![example])),
        Type::Nullable(inner) => example_of(inner),
        _ => None,
    }
}

fn written_event(event: &EventDef) -> (String, Table<FileEvent>) {
    let file = FileEvent {
        since: event.since,
        summary: event.summary.clone(),
        when: event.when.clone(),
        fields: written_fields(&event.fields),
    };
    (event.name.to_string(), Table(file))
}

fn written_fields(fields: &[Field]) -> Entries<Table<FileType>> {
    let written = |field: &Field| {
        let file = FileType {
            summary: Some(field.summary.clone()),
            example: Some(field.example.clone()),
            privacy: Some(field.privacy),
            ..written(&field.kind)
        };
        (field.name.clone(), Table(file))
    };
    Entries(fields.iter().map(written).collect())
}

fn written(kind: &Type) -> FileType {
    let plain = |kind| FileType {
        kind,
        nullable: false,
        min: None,
        max: None,
        values: None,
        items: None,
        fields: None,
        summary: None,
        example: None,
        privacy: None,
    };
    match kind {
        Type::String => plain(Kind::String),
        Type::Bool => plain(Kind::Bool),
        Type::Integer { min, max } => FileType {
            min: min.map(Number::from),
            max: max.map(Number::from),
            ..plain(Kind::Integer)
        },
        Type::Number { min, max } => {
            FileType { min: min.map(number), max: max.map(number), ..plain(Kind::Number) }
        }
        Type::Enum(values) => FileType { values: Some(values.clone()), ..plain(Kind::Enum) },
        Type::Nullable(inner) => FileType { nullable: true, ..written(inner) },
        Type::List(item) => {
            FileType { items: Some(Box::new(Table(written(item)))), ..plain(Kind::List) }
        }
        Type::Object(fields) => {
            FileType { fields: Some(written_fields(fields)), ..plain(Kind::Object) }
        }
    }
}

/// A bound as a JSON number: an integer if it has no fraction.
pub(crate) fn number(bound: f64) -> Number {
    let float = Number::from_f64(bound).expect("bounds are finite");
    integer(&float).map_or(float, Number::from)
}
