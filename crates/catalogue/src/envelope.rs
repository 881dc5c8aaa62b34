//! The envelope in which events leave the widget.

use std::collections::BTreeMap;
use std::fmt;

use c2c_names::{CUSTOM_PREFIX, CustomName, EventName};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::json::SyntaxError;
use crate::{ValidationError, Validator, read_json};

/// One event as the parent page and integrations receive it.
///
/// The catalogue of the [`Validator`] that read it ([`Validator::read_envelope`]) has accepted it.
///
/// On the wire: `{"name", "data": {…fields, "context"}, "timestamp", "id", "seq"}`. An envelope has
/// one printed form: keys in this order, those of `data` sorted, the time in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    name: Name,
    data: Map<String, Value>,
    context: BTreeMap<String, String>,
    timestamp: Timestamp,
    id: Uuid,
    seq: u64,
}

/// The name of an event in an [`Envelope`]. Its printed form is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A widget event of the catalogue.
    Widget(EventName),
    /// A custom event: `custom:<name>` on the wire.
    Custom(CustomName),
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Widget(name) => name.fmt(formatter),
            Self::Custom(name) => write!(formatter, "{CUSTOM_PREFIX}{name}"),
        }
    }
}

/// The reason why a text is not an [`Envelope`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The text is not JSON, or has more than one reading.
    #[error("not an envelope: {0}")]
    Syntax(#[from] SyntaxError),
    /// The catalogue rejects it.
    #[error("not an envelope:\n{0}")]
    ValidationError(#[from] ValidationError),
    /// The catalogue accepts it, but the types cannot hold it: a time at the end of the year 9999.
    #[error("not an envelope: {0}")]
    Form(#[from] serde_json::Error),
}

impl Envelope {
    /// The name of the event.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The fields of the event, without the context.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// The event as the caller's own type, read from `{"name": …, "data": {…}}`: typically an enum with
    /// `#[serde(tag = "name", content = "data")]`.
    ///
    /// ```
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
    /// # "#)?;
    /// use c2c_catalogue::{Catalogue, UnknownFields, Validator};
    /// use serde::Deserialize;
    ///
    /// #[derive(Debug, PartialEq, Deserialize)]
    /// #[serde(tag = "name", content = "data")]
    /// enum ChatEvent {
    ///     #[serde(rename = "chat.closed")]
    ///     Closed { seconds: f64 },
    /// }
    ///
    /// let validator = Validator::new(&catalogue, UnknownFields::Reject);
    /// let envelope = validator.read_envelope(r#"{
    ///     "name": "chat.closed",
    ///     "data": {"seconds": 31, "context": {}},
    ///     "timestamp": "2026-03-01T12:00:00Z",
    ///     "id": "01956b4e-3c00-7000-8000-000000000000",
    ///     "seq": 3
    /// }"#)?;
    /// assert_eq!(envelope.event::<ChatEvent>()?, ChatEvent::Closed { seconds: 31.0 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the type does not accept the event.
    pub fn event<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(json!({"name": self.name.to_string(), "data": self.data}))
    }

    /// The context that the widget was opened with.
    pub fn context(&self) -> &BTreeMap<String, String> {
        &self.context
    }

    /// The time of the event by the visitor's clock ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) on the wire).
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// A UUID of version 7 ([RFC 9562, §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)), by which a
    /// receiver recognizes duplicates.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The position among the events of one mounted widget, from 0 to 2^53 − 1.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl Validator {
    /// Reads an envelope that the catalogue accepts.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON or has more than one reading, or if the catalogue rejects the
    /// envelope.
    pub fn read_envelope(&self, json: &str) -> Result<Envelope, EnvelopeError> {
        #[derive(Deserialize)]
        struct Wire {
            name: String,
            data: Data,
            timestamp: Timestamp,
            id: Uuid,
            #[serde(deserialize_with = "whole")]
            seq: u64,
        }
        #[derive(Deserialize)]
        struct Data {
            context: BTreeMap<String, String>,
            #[serde(flatten)]
            fields: Map<String, Value>,
        }

        let value = read_json(json)?;
        self.check_envelope(&value)?;
        let Wire { name, data, timestamp, id, seq } = serde_json::from_value(value)?;
        let name = match name.strip_prefix(CUSTOM_PREFIX) {
            Some(custom) => Name::Custom(serde_json::from_value(custom.into())?),
            None => Name::Widget(serde_json::from_value(name.into())?),
        };
        Ok(Envelope { name, data: data.fields, context: data.context, timestamp, id, seq })
    }
}

/// Reads an integer, also if it is written as `5.0`.
fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the catalogue accepts integers that a double knows exactly, from 0"
    )]
    let whole = number.as_u64().or_else(|| number.as_f64().map(|float| float as u64));
    whole.ok_or_else(|| serde::de::Error::custom("/seq: not an integer"))
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = self.data.clone();
        data.insert("context".to_owned(), json!(self.context));
        let mut data = Value::Object(data);
        data.sort_all_objects();

        let mut wire = serializer.serialize_struct("Envelope", 5)?;
        wire.serialize_field("name", &self.name.to_string())?;
        wire.serialize_field("data", &data)?;
        wire.serialize_field("timestamp", &self.timestamp)?;
        wire.serialize_field("id", &self.id)?;
        wire.serialize_field("seq", &self.seq)?;
        wire.end()
    }
}

impl fmt::Display for Envelope {
    /// Prints the envelope as JSON that parses back to an equal one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&json)
    }
}
