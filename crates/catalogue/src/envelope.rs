//! The envelope in which events leave the widget.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{CUSTOM_PREFIX, CustomName, CustomNameError, Event};

/// One event as the parent page and integrations receive it.
///
/// On the wire: `{"name", "data": {…fields, "context"}, "timestamp", "id", "seq"}`.
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
    /// The text is not JSON of an envelope's form.
    #[error("not an envelope: {0}")]
    Form(#[source] serde_json::Error),
    /// The name after `custom:` is not a custom event's name.
    #[error("/name: {0}")]
    CustomName(#[from] CustomNameError),
    /// `id` is a UUID, but not of version 7.
    #[error("/id: expected a UUID of version 7, got {0}")]
    Id(Uuid),
    /// The name or the fields are not those of a widget event.
    #[error("/data of {name:?}: {source}")]
    Event {
        /// The envelope's name.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
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

    /// When it happened, by the visitor's clock.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// A UUID of version 7, for a receiver that must not count an event twice.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The position among the events of one mounted widget, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl FromStr for Envelope {
    type Err = EnvelopeError;

    fn from_str(json: &str) -> Result<Self, EnvelopeError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            name: String,
            data: Data,
            timestamp: Timestamp,
            id: Uuid,
            seq: u64,
        }
        #[derive(Deserialize)]
        struct Data {
            context: BTreeMap<String, String>,
            #[serde(flatten)]
            fields: Map<String, Value>,
        }

        let wire: Wire = serde_json::from_str(json).map_err(EnvelopeError::Form)?;
        if wire.id.get_version_num() != 7 {
            return Err(EnvelopeError::Id(wire.id));
        }
        let body = if let Some(name) = wire.name.strip_prefix(CUSTOM_PREFIX) {
            Body::Custom(name.parse()?, wire.data.fields)
        } else {
            let tagged = serde_json::json!({"name": &wire.name, "data": wire.data.fields});
            let event = serde_json::from_value(tagged);
            Body::Widget(event.map_err(|source| EnvelopeError::Event { name: wire.name, source })?)
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
