//! The envelope in which events leave the widget.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::json::SyntaxError;
use crate::{CUSTOM_PREFIX, CustomName, Event, Refused, Validator, read_json};

/// One event as the parent page and integrations receive it, with the events of the
/// [reference catalogue](crate::Catalogue::reference). (Those of another one are checked by a
/// [`Validator`], and have no types here.)
///
/// On the wire: `{"name", "data": {…fields, "context"}, "timestamp", "id", "seq"}`. An envelope is
/// printed in one way only: keys in this order, those of `data` in alphabetical order, the time in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    body: Body,
    context: BTreeMap<String, String>,
    timestamp: Timestamp,
    id: Uuid,
    seq: u64,
}

/// What an [`Envelope`] carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// An event of the widget.
    Widget(Event),
    /// An event that custom code emitted, with its data under the names that it chose.
    Custom(CustomName, Map<String, Value>),
}

/// Why a text is not an [`Envelope`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The text is not JSON that can be read in one way only.
    #[error("not an envelope: {0}")]
    Syntax(#[from] SyntaxError),
    /// The catalogue refuses it.
    #[error("not an envelope:\n{0}")]
    Refused(#[from] Refused),
    /// The catalogue accepts it, but it does not fit into the types: a time at the end of the year 9999.
    #[error("not an envelope: {0}")]
    Form(#[from] serde_json::Error),
}

impl Envelope {
    /// What happened.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The name on the wire: the widget event's, or `custom:<name>`.
    pub fn name(&self) -> String {
        match &self.body {
            Body::Widget(event) => event.name().to_owned(),
            Body::Custom(name, _) => name.prefixed(),
        }
    }

    /// The context that the widget was opened with.
    pub fn context(&self) -> &BTreeMap<String, String> {
        &self.context
    }

    /// When it happened, by the visitor's clock ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) on the wire).
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// A UUID of version 7 ([RFC 9562, §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)), for a
    /// receiver that must not count an event twice.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The position among the events of one mounted widget, from 0 to 2^53 − 1.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl FromStr for Envelope {
    type Err = EnvelopeError;

    fn from_str(json: &str) -> Result<Self, EnvelopeError> {
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
        Validator::reference().envelope(&value)?;
        let wire: Wire = serde_json::from_value(value)?;
        let body = if let Some(name) = wire.name.strip_prefix(CUSTOM_PREFIX) {
            Body::Custom(serde_json::from_value(name.into())?, wire.data.fields)
        } else {
            let tagged = serde_json::json!({"name": wire.name, "data": wire.data.fields});
            Body::Widget(serde_json::from_value(tagged)?)
        };
        Ok(Self {
            body,
            context: wire.data.context,
            timestamp: wire.timestamp,
            id: wire.id,
            seq: wire.seq,
        })
    }
}

/// JSON writes 5 as `5.0`, too.
fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the catalogue lets through integers that a double knows exactly, from 0"
    )]
    let whole = number.as_u64().or_else(|| number.as_f64().map(|float| float as u64));
    whole.ok_or_else(|| serde::de::Error::custom("/seq: not an integer"))
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;

        let mut data = match &self.body {
            Body::Custom(_, data) => data.clone(),
            Body::Widget(event) => match serde_json::to_value(event).map_err(S::Error::custom)? {
                Value::Object(mut tagged) => match tagged.remove("data") {
                    Some(Value::Object(fields)) => fields,
                    _ => Map::new(),
                },
                _ => Map::new(),
            },
        };
        data.insert("context".to_owned(), serde_json::json!(self.context));
        let mut data = Value::Object(data);
        data.sort_all_objects();

        let mut wire = serializer.serialize_struct("Envelope", 5)?;
        wire.serialize_field("name", &self.name())?;
        wire.serialize_field("data", &data)?;
        wire.serialize_field("timestamp", &self.timestamp)?;
        wire.serialize_field("id", &self.id)?;
        wire.serialize_field("seq", &self.seq)?;
        wire.end()
    }
}

impl fmt::Display for Envelope {
    /// Prints the envelope as JSON, so that it parses back to an equal one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&json)
    }
}
